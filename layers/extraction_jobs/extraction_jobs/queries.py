"""Named SQL statements, read from the files in `sql/`.

Files and not strings in Python: the whole life of a job is read in one place, and an editor colours it. `:name`, or
`:name(words)`, stands for a part that several statements have in common (sql/parts.sql). `:columns`, or `job.:columns`,
stands for the columns of a Job: what `*` is depends on the migrations that have run, and a statement that a session
has prepared with it fails when a column is added.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

from extraction_jobs.model import JOB_COLUMNS

# Replaced as strings: a pattern with something before the colon would be tried at each letter of all files.
_COLUMNS = ", ".join(JOB_COLUMNS)
_COLUMNS_OF_JOB = ", ".join(f"job.{name}" for name in JOB_COLUMNS)
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
# What stands in parentheses, up to three deep.
_WITHIN = r"(?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))"
_WORD = re.compile(r":(\w+)")
# A part's name, the words in it that stand for others, and the comment that follows.
_PART = re.compile(r"^-- part: (\w+)(?:\((.+)\))?\n(?:--.*\n)*", re.MULTILINE)


def load(*file_names: str) -> Mapping[str, bytes]:
    """The statements of files under `sql/` by name, as bytes (what psycopg takes for trusted SQL).

    Raises:
        ValueError: two statements have one name.
    """
    return named(*(_read(name) for name in file_names))


def named(*texts: str) -> Mapping[str, bytes]:
    """The statements of texts, each under its `-- name:`. Raises as `load`."""
    found: dict[str, bytes] = {}
    for text in texts:
        whole = written_out(text).replace("job.:columns", _COLUMNS_OF_JOB)
        parts = _NAME.split(whole.replace(":columns", _COLUMNS))[1:]
        for name, body in zip(parts[::2], parts[1::2], strict=True):
            if name in found:
                raise ValueError(f"a statement's name is used twice: {name}")
            found[name] = body.strip().removesuffix(";").encode()
    return MappingProxyType(found)


def written_out(text: str) -> str:
    """The text with its parts in place."""
    return _PART_USED.sub(_part, text)


def _part(place: re.Match[str]) -> str:
    words, text = _PARTS[place[1]]
    meant = dict(zip(words, _ARGUMENT.findall(place[2] or ""), strict=True))
    return written_out(_WORD.sub(lambda word: meant.get(word[1], word[0]).strip(), text))


def _read(file_name: str) -> str:
    return files(__package__).joinpath("sql", file_name).read_text(encoding="utf-8")


_split = [*_PART.split(_read("parts.sql"))[1:], *_PART.split(_read("parts_of_reads.sql"))[1:]]
_PARTS = {
    name: (words.split(", ") if words else [], text.strip())
    for name, words, text in zip(_split[::3], _split[1::3], _split[2::3], strict=True)
}
_PART_USED = re.compile(rf":({'|'.join(_PARTS)})\b(?:\(({_WITHIN}+)\))?")
_ARGUMENT = re.compile(_WITHIN.replace("[^()]", "[^(),]", 1) + "+")

LIFECYCLE = load(
    "lifecycle/pending.sql", "lifecycle/running.sql", "lifecycle/by_hand.sql", "lifecycle/sweep.sql"
)
READS = load("reads.sql")
ANNOUNCEMENTS = load("announcements.sql")
WEBHOOKS = load("webhooks.sql")
RETENTION = load("retention.sql")
PAUSES = load("pauses.sql")
BOUNDS = load("bounds.sql")
SWEEPS = load("sweeps.sql")
