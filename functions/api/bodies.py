"""The body of a request before anyone looks for fields in it: its size, media type, encoding, and JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

# API Gateway takes 10 MB. Lambda takes 6 MB (6,291,456 bytes) of event: the body is one JSON string in it, in which
# quotes and backslashes are escaped, beside headers of at most 10 kB and the authorizer's claims. On a laptop nothing
# else has this limit, so it is here that a body which AWS could not deliver is refused.
MAX_BYTES = 6_000_000


class BodyRefusedError(Exception):
    """The body as a whole cannot be used; the rule that it breaks is told to the caller."""

    def __init__(self, status: HTTPStatus, rule: str) -> None:
        super().__init__(rule)
        self.status = status
        self.rule = rule


def readable(event: dict[str, Any]) -> dict[str, Any]:
    """The event with its body as text, and its media type as the framework compares it: letter for letter.

    Raises:
        BodyRefusedError: too large, another media type than JSON, or not UTF-8.
    """
    body: str = event.get("body") or ""
    headers = event.get("headers") or {}
    kept = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    event = event | {"headers": kept | {"content-type": "application/json"}}
    if not body:
        return event
    if _bytes_in_event(body) > MAX_BYTES:
        raise BodyRefusedError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"must be at most {MAX_BYTES} bytes, in which a quote or a backslash counts as two;"
            " put the document in S3 and send source_uri",
        )
    if _media_type(headers) not in {"", "application/json"}:
        raise BodyRefusedError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "must be sent as Content-Type: application/json"
        )
    if not event.get("isBase64Encoded"):
        return event
    try:
        text = base64.b64decode(body).decode()
    except ValueError:
        raise BodyRefusedError(HTTPStatus.BAD_REQUEST, "must be UTF-8") from None
    return event | {"body": text, "isBase64Encoded": False}


def parse(text: str) -> dict[str, Any]:
    """The JSON object in a body.

    Raises:
        BodyRefusedError: not JSON, not an object, or JSON that no one should be made to hold.
    """
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        rule = f"must be JSON; it stops being JSON at character {error.pos + 1} ({error.msg})"
        raise BodyRefusedError(HTTPStatus.BAD_REQUEST, rule) from None
    except RecursionError:
        raise BodyRefusedError(
            HTTPStatus.BAD_REQUEST, "must not be nested hundreds of levels deep"
        ) from None
    except ValueError:
        # Python reads no integer of over 4300 digits: its cost is quadratic.
        raise BodyRefusedError(
            HTTPStatus.BAD_REQUEST, "must not contain a number with thousands of digits"
        ) from None
    # Without this Powertools would take the first element of a list for the body.
    if not isinstance(value, dict):
        raise BodyRefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "must be a JSON object")
    return value


def _bytes_in_event(body: str) -> int:
    """Bytes that the body takes in the event that Lambda gets, as UTF-8 inside a JSON string."""
    # No other control character can stand in JSON.
    escaped = sum(map(body.count, '"\\\n\r\t'))
    return len(body.encode(errors="replace")) + escaped


def _media_type(headers: Mapping[str, str]) -> str:
    for name, value in headers.items():
        if name.lower() == "content-type":
            return value.partition(";")[0].strip().lower()
    return ""
