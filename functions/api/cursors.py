"""Paging cursors: where the next page starts, in a form that callers have no reason to look into."""

from __future__ import annotations

import base64
import binascii
from uuid import UUID

from extraction_jobs.listing import AfterJob
from extraction_jobs.model import JobId
from problems import InvalidRequestError

_NEWEST = "newest"
_RULE = "must be a next_cursor that this list returned"


def encode(position: int | None) -> str | None:
    """The cursor for a position; None for None (no further page)."""
    return None if position is None else _encoded(str(position))


def encode_job(after: AfterJob | None) -> str | None:
    """The cursor for a place in a list of jobs; None for None (no further page)."""
    if after is None:
        return None
    return _encoded(("=" if after.exact else "") + str(after.id or _NEWEST))


def decode_job(cursor: str | None) -> AfterJob | None:
    """The place in a list of jobs that a cursor stands for; raises InvalidRequestError."""
    if cursor is None:
        return None
    text = _decoded(cursor)
    job_id = text.removeprefix("=")
    try:
        return AfterJob(None if job_id == _NEWEST else JobId(UUID(job_id)), exact=text != job_id)
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


def encode_place(revision: int, ordinal: int) -> str:
    """The cursor for a place in a result."""
    return _encoded(f"{revision}.{ordinal}")


def decode_place(cursor: str | None) -> tuple[int, int] | None:
    """The revision and ordinal in a cursor; raises InvalidRequestError."""
    if cursor is None:
        return None
    parts = _decoded(cursor).split(".")
    if len(parts) != 2 or not all(p.isascii() and p.isdigit() and len(p) < 10 for p in parts):
        raise InvalidRequestError.of("cursor", _RULE)
    return int(parts[0]), int(parts[1])


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decoded(cursor: str) -> str:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise InvalidRequestError.of("cursor", _RULE) from None
