"""What JSON can say and Postgres cannot keep: refused at the door, with the place named."""

from __future__ import annotations

import json
import math
from typing import Annotated, Any

from pydantic import AfterValidator

from extraction_jobs.names import identifying_text, storable_text

MAX_DEPTH = 20
MAX_CHARACTERS = 200_000


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
        raise ValueError(f"must not contain NaN or Infinity (at {path.lstrip('.')})")
    elif isinstance(value, int) and abs(value) >= 10**1000:
        raise ValueError(f"must not contain a number with over 1000 digits (at {path.lstrip('.')})")


Text = Annotated[str, AfterValidator(storable_text)]
Name = Annotated[str, AfterValidator(identifying_text)]
JsonObject = Annotated[dict[str, Any], AfterValidator(storable_object)]
