"""Titles that documents say they have, as far as they are titles."""

from __future__ import annotations

import re

_LONGEST = 300
_NONE = re.compile(
    r"untitled.*|microsoft (?:word|excel|powerpoint).*|.*\.[a-z0-9]{2,5}|document\s*\d*|.*[\\/].*|"
    r"\W*|about:blank|data:.*|https?:.*|print(?:ing)?|unbenannt.*|dokument\s*\d*|"
    r"sans (?:nom|titre).*|\(?anonymous\)?|word document|powerpoint presentation",
    re.IGNORECASE,
)


def sane_title(title: str) -> str | None:
    """Return a title, or None if it is a file's name or what a program puts where none was given."""
    title = " ".join(title.split())
    return None if len(title) > _LONGEST or _NONE.fullmatch(title) else title
