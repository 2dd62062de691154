"""Markdown as it is shown: without what its author struck out, and without comments."""

from __future__ import annotations

import re

_CODE = r"(?P<code>^(?:```|~~~).*?(?:^(?:```|~~~)[ \t]*$|\Z)|`[^`\n]{1,500}`)"
# A comment between two rows, such as where a page ended, does not end their table; the next table has a header.
_BETWEEN_ROWS = r"(?P<rows>(?<=\|)[ \t]*\n\s*<!--[^\n]{0,500}?-->\s*\n(?=[ \t]*\|)(?![^\n]*\n[ \t]*\|[ \t]*:?-))"
_COMMENT = r"^[ \t]*<!--.*?-->[ \t]*(?:\n|\Z)|<!--.*?(?:-->|\Z)"
_ELEMENT = (
    r"<(?P<tag>del|s|strike|(?:[a-z]{1,10}(?=[^<>]{0,200}?(?:display\s*:\s*none|visibility\s*:\s*hidden|\shidden\b))))"
    r"\b[^<>]{0,400}>[^<]{0,2000}</(?P=tag)\s*>"
)
_TILDES = r"(?<![~\\])(?P<marks>~~?)(?=[^\s~])[^~]{1,2000}?(?<=[^\s~\\])(?P=marks)(?!~)"
_UNSEEN = re.compile(
    f"{_CODE}|{_BETWEEN_ROWS}|{_COMMENT}|{_ELEMENT}|{_TILDES}",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)


def shown(text: str) -> str:
    """Return a Markdown text without what is struck out or in comments; code stays as it is."""
    return _UNSEEN.sub(lambda found: found["code"] or ("\n" if found["rows"] else ""), text)
