"""Paging cursors: where the next page starts, in a form that callers have no reason to look into."""

from __future__ import annotations

import base64
import binascii
from uuid import UUID

from problems import InvalidRequestError

_RULE = "must be a next_cursor that this list returned"


def encode(position: UUID | int | None) -> str | None:
    """The cursor for a position; None for None (no further page)."""
    if position is None:
        return None
    return base64.urlsafe_b64encode(str(position).encode()).decode().rstrip("=")


def decode_id(cursor: str | None) -> UUID | None:
    """The id in a cursor; raises InvalidRequestError."""
    if cursor is None:
        return None
    try:
        return UUID(_decoded(cursor))
    except ValueError:
        raise InvalidRequestError.of("cursor", _RULE) from None


def decode_number(cursor: str | None) -> int:
    """The number in a cursor, 0 for none; raises InvalidRequestError."""
    if cursor is None:
        return 0
    text = _decoded(cursor)
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidRequestError.of("cursor", _RULE)
    return int(text)


def encode_place(lease: int, ordinal: int) -> str:
    """The cursor for a place in a result."""
    return base64.urlsafe_b64encode(f"{lease}.{ordinal}".encode()).decode().rstrip("=")


def decode_place(cursor: str | None) -> tuple[int, int] | None:
    """The lease and ordinal in a cursor; raises InvalidRequestError."""
    if cursor is None:
        return None
    parts = _decoded(cursor).split(".")
    if len(parts) != 2 or not all(p.isascii() and p.isdigit() and len(p) < 10 for p in parts):
        raise InvalidRequestError.of("cursor", _RULE)
    return int(parts[0]), int(parts[1])


def _decoded(cursor: str) -> str:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise InvalidRequestError.of("cursor", _RULE) from None
