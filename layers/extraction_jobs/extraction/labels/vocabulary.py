"""The words of business documents: which mean the same, which mean nearly the same.

The vocabulary is that of documents at large, not of any one type. Each language has a file `dictionary/<language>.tsv`
whose lines begin with an English word in the singular (or two) and give what means the same, in lower case:

- a word, such as `nummer`; with `_` between words that mean it together, as in `bill_to`
- `rechnungs-`: the beginning of compounds
- `~state`: a synonym, which may stand for it and often means something else

Words behind a `-` add nothing to a label; those behind a `+` are English words that other languages have for something
else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from extraction.labels.word_lists import all_meanings_of, words_of

# English first: where a word is English too, a name that is not known to be in another language is read as English.
LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
_FILLERS, _ITSELF = "-", "+"  # in place of a meaning
_TOLD = 20_000  # code points that tell a document's language
_OFTEN = 5  # how often at most a word speaks for a language
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(slots=True)
class Vocabulary:
    """What words mean, by the English words that mean the same."""

    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    phrases: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    beginnings: dict[str, str] = field(default_factory=dict)
    fillers: set[str] = field(default_factory=set)

    def add(self, said: str, meaning: tuple[str, ...]) -> None:
        """Add what says a meaning. Where it has one already, that stays."""
        phrase = tuple(said.split("_"))
        if said.endswith("-"):
            self.beginnings.setdefault(said[:-1], " ".join(meaning))
        elif len(phrase) > 1:
            self.phrases.setdefault(phrase, meaning)
        else:
            self.words.setdefault(said, meaning)


@cache
def _lines(language: str) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """The meanings of a language's file, each with what says it."""
    text = files("extraction.labels").joinpath("dictionary", f"{language}.tsv").read_text("utf-8")
    pairs = [line.split("\t") for line in text.splitlines()]
    return tuple((tuple(meaning.split()), tuple(said.split())) for meaning, said in pairs)


def vocabulary(languages: tuple[str, ...], *, synonyms: bool) -> Vocabulary:
    """Return what words mean in some languages, the first of them first.

    Without synonyms a word that is one stands for itself.
    """
    found = Vocabulary()
    for language in languages:
        for meaning, said in _lines(language):
            if meaning == (_FILLERS,):
                found.fillers.update(said)
                continue
            if language == "en":
                for word in said if meaning == (_ITSELF,) else meaning:
                    found.add(word, (word,))
            for each in said if meaning != (_ITSELF,) else ():
                word = each.lstrip("~")
                if synonyms or each == word:
                    found.add(word, meaning)
                elif "_" not in word:
                    found.add(word, (word,))
    return found


def language_of(text: str) -> str:
    """Return the language of a document, by the words that no other language has; English if nothing tells."""
    counts = Counter(word.casefold() for word in _WORD.findall(text[:_TOLD]))
    score = dict.fromkeys(LANGUAGES, 0.0)
    for word, spoken in _speakers().items():
        if word in counts:
            for language in spoken:
                score[language] += min(counts[word], _OFTEN) / len(spoken)
    return max(LANGUAGES, key=lambda language: score[language])


@cache
def _speakers() -> dict[str, list[str]]:
    """The languages that have a word."""
    found: dict[str, list[str]] = {}
    for language in LANGUAGES:
        for word in {word.lstrip("~") for word in _said(language)}:
            found.setdefault(word, []).append(language)
    return found


def _said(language: str) -> Iterator[str]:
    for meaning, said in _lines(language):
        yield from said
        if language == "en":
            yield from meaning


# Words that can stand for each other at a price: each word with the groups it is in.
NEAR = all_meanings_of("near")
# What a figure is counted in; a property's name may hold it where the label does not.
UNITS = words_of("measure")
CURRENCIES = words_of("currency_label")
# Whom a label names that has one: the sender of a paper it does not.
RECEIVERS = words_of("receiver") | {"deliver_to"}  # a token of its own
