"""Named SQL statements, read from the files in `sql/`.

Files and not strings in Python: the whole life of a job is read in one place, an editor colours it, and nothing
is assembled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def load(file_name: str) -> Mapping[str, bytes]:
    """The statements of one file under `sql/` by name, as bytes (what psycopg takes for trusted SQL).

    Raises:
        ValueError: two statements have one name.
    """
    return named(files(__package__).joinpath("sql", file_name).read_text(encoding="utf-8"))


def named(text: str) -> Mapping[str, bytes]:
    """The statements of a text, each under its `-- name:`. Raises as `load`."""
    parts = _NAME.split(text)[1:]
    names, bodies = parts[::2], parts[1::2]
    if len(set(names)) != len(names):
        raise ValueError("a statement's name is used twice")
    return MappingProxyType(
        {
            name: body.strip().removesuffix(";").encode()
            for name, body in zip(names, bodies, strict=True)
        }
    )


LIFECYCLE = load("lifecycle.sql")
READS = load("reads.sql")
ANNOUNCEMENTS = load("announcements.sql")
RETENTION = load("retention.sql")
BOUNDS = load("bounds.sql")
