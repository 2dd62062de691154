"""Markdown as it is shown: without what its author struck out, and without comments."""

from __future__ import annotations

import re

_CODE = r"(?P<code>^(?:```|~~~).*?(?:^(?:```|~~~)[ \t]*$|\Z)|`[^`\n]{1,500}`)"
_UNSEEN = re.compile(
    rf"{_CODE}|<!--.*?(?:-->|\Z)|<(?P<tag>del|s|strike)\b[^<>]{{0,200}}>[^<]{{0,2000}}</(?P=tag)\s*>"
    r"|(?<![~\\])(?P<marks>~~?)(?=[^\s~])[^~]{1,2000}?(?<=[^\s~\\])(?P=marks)(?!~)",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)


def shown(text: str) -> str:
    """Return a Markdown text without what is struck out or in comments; code stays as it is."""
    return _UNSEEN.sub(lambda found: found["code"] or "", text)
