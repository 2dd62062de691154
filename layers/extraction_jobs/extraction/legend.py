"""What a document says its own abbreviations mean: `L = likelihood (1-5), S = severity`."""

from __future__ import annotations

import re

_MEANS = re.compile(
    r"(?<![\w=])(?P<short>[A-Z][A-Za-z]{0,4}|[#*†])\s?=\s?(?P<long>[^\W\d_][^\W_]+(?:[ -][^\W\d_]+){0,4})(?!\w)"
)
_FEWEST = 2  # one alone may be a formula
_MOST = 50


def legend_of(text: str) -> dict[str, str]:
    """Return abbreviations with their meaning, if the text explains two or more."""
    found: dict[str, str] = {}
    if "=" not in text:
        return found
    for match in _MEANS.finditer(text):
        if len(found) < _MOST:
            found.setdefault(match["short"], match["long"])
    return found if len(found) >= _FEWEST else {}
