"""Which texts Postgres can keep, and which can name an organisation or a project."""

from __future__ import annotations

import re

# Of the id of an organisation or a project, in characters.
MAX_IDENTIFIER = 200
_NOT_SEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def storable_text(text: str) -> str:
    """The text itself.

    Raises:
        ValueError: it holds a NUL character or half of a surrogate pair.
    """
    if "\x00" in text:
        raise ValueError("must not contain a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must be valid Unicode (it contains a lone surrogate)") from None
    return text


def identifying_text(text: str) -> str:
    """The text itself.

    Raises:
        ValueError: as `storable_text`; or it holds what is not seen: a control character, or one that changes the
            direction or the line, so that one name could look like another's.
    """
    if _NOT_SEEN.search(storable_text(text)):
        raise ValueError(
            "must not contain control characters, or characters that change direction or line"
        )
    return text
