"""What JSON can say and Postgres cannot keep: refused at the door, with the place named."""

from __future__ import annotations

import json
import math
import re
from typing import Annotated, Any

from pydantic import AfterValidator

MAX_DEPTH = 20
MAX_CHARACTERS = 200_000
_NOT_SEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def storable_text(text: str) -> str:
    """The text itself.

    Raises:
        ValueError: it holds a NUL character or half of a surrogate pair.
    """
    if "\x00" in text:
        raise ValueError("must not hold a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must be valid Unicode (it holds a lone surrogate)") from None
    return text


def identifying_text(text: str) -> str:
    """The text itself.

    Raises:
        ValueError: as `storable_text`; or it holds what is not seen: a control character, or one that changes the
            direction or the line, so that one name could look like another's.
    """
    if _NOT_SEEN.search(storable_text(text)):
        raise ValueError("must not hold control characters, nor such that change direction or line")
    return text


def storable_object(value: dict[str, Any]) -> dict[str, Any]:
    """The object itself.

    Raises:
        ValueError: too deep, too large, or something in it is not storable; the message says where.
    """
    # First how long it is: to look at what is in it takes much longer.
    try:
        length = len(json.dumps(value))
    except RecursionError:
        length = 0  # so deep that the check below ends at once
    if length > MAX_CHARACTERS:
        raise ValueError(f"must be at most {MAX_CHARACTERS} characters of JSON")
    _check(value, "", 0)
    return value


def _check(value: Any, path: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ValueError(f"must not be nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        for key, item in value.items():
            _check(key, f"{path} (a name)", depth + 1)
            _check(item, f"{path}.{key}"[:200], depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check(item, f"{path}[{index}]", depth + 1)
    elif isinstance(value, str):
        try:
            storable_text(value)
        except ValueError as error:
            raise ValueError(
                f"{error} (at {path.lstrip('.') or 'the top'})".replace("\x00", "")
            ) from None
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"must not hold NaN or Infinity (at {path.lstrip('.')})")
    elif isinstance(value, int) and abs(value) >= 10**1000:
        raise ValueError(f"must not hold a number of over 1000 digits (at {path.lstrip('.')})")


Text = Annotated[str, AfterValidator(storable_text)]
Name = Annotated[str, AfterValidator(identifying_text)]
JsonObject = Annotated[dict[str, Any], AfterValidator(storable_object)]
