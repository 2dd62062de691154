"""The words that rules and recognisers know, in `lists/`: `cldr.tsv` made by `local.cldr`, the others by hand.

Each line: the list, the language (`*` for any), what it means there (or nothing), and the words, `_` for a space.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import NamedTuple

_FILES = ("words.tsv", "properties.tsv", "cldr.tsv", "given_names.tsv")


class Said(NamedTuple):
    """A word or a few, in small letters or as written, and what a list says that it means."""

    language: str
    meaning: str
    words: str


@cache
def _lists() -> dict[str, list[Said]]:
    found: dict[str, list[Said]] = {}
    for name in _FILES:
        for line in (
            files("extraction.labels").joinpath("lists", name).read_text("utf-8").splitlines()
        ):
            key, language, meaning, said = line.split("\t")
            found.setdefault(key, []).extend(
                Said(language, meaning, words.replace("_", " ")) for words in said.split()
            )
    return found


def said_of(name: str) -> list[Said]:
    """Return a list of words with their languages and meanings. Raises KeyError."""
    return _lists()[name]


def words_of(name: str) -> frozenset[str]:
    """Return the words of a list. Raises KeyError."""
    return frozenset(said.words for said in said_of(name))


def meanings_of(name: str) -> dict[str, str]:
    """Return what each word of a list means; where two say it otherwise, the first. Raises KeyError."""
    return {said.words: said.meaning for said in reversed(said_of(name))}


def words_by_meaning(name: str) -> dict[str, frozenset[str]]:
    """Return the words of a list by what they mean. Raises KeyError."""
    return _grouped((said.meaning, said.words) for said in said_of(name))


def all_meanings_of(name: str) -> dict[str, frozenset[str]]:
    """Return everything that each word of a list means. Raises KeyError."""
    return _grouped((said.words, said.meaning) for said in said_of(name))


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for key, each in pairs:
        found[key] = found.get(key, frozenset()) | {each}
    return found


def any_of(words: Iterable[str]) -> str:
    """Return a pattern for any of some words, the longest first; by first letter, so that most cost one look."""
    by_first: dict[str, list[str]] = {}
    for word in sorted(set(words), key=lambda word: (-len(word), word)):
        by_first.setdefault(word[0], []).append(re.escape(word[1:]))
    groups = (f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in by_first.items())
    return f"(?:{'|'.join(groups)})"
