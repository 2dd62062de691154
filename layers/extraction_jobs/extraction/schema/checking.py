"""Whether a value that a person gives is one that a property's schema allows, and else which rule it breaks."""

from __future__ import annotations

from extraction.schema.kinds import Kind
from extraction.schema.object_types import Property, Scalar
from extraction.values import values_of
from extraction.values.pattern import compile_pattern
from extraction.values.value import Conventions

MAX_CHARACTERS = 20_000
# Stated kinds whose values have one form: what a recogniser makes of the value must be the value itself.
_OF_ONE_FORM = frozenset(
    (Kind.DATE, Kind.DATE_TIME, Kind.TIME, Kind.EMAIL, Kind.URL, Kind.IBAN, Kind.CURRENCY)
)


def broken_rule(prop: Property, value: Scalar) -> str | None:
    """Return the rule that a value of a property breaks, or None if it breaks none.

    Of an array it is one item.
    """
    if prop.enum:
        allowed = any(type(each) is type(value) and each == value for each in prop.enum)
        return None if allowed else f"must be one of {', '.join(map(str, prop.enum[:20]))}"
    if prop.json_type == "boolean":
        return None if isinstance(value, bool) else "must be true or false"
    if prop.json_type in ("number", "integer"):
        return _broken_by_number(prop, value)
    return _broken_by_text(prop, value)


def _broken_by_number(prop: Property, value: Scalar) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "must be a number"
    if prop.json_type == "integer" and value != int(value):
        return "must be a whole number"
    bound = prop.broken_bound(value)
    return f"must be {bound}" if bound else None


def _broken_by_text(prop: Property, value: Scalar) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return "must be a text that is not empty"
    longest = MAX_CHARACTERS if prop.max_length is None else min(prop.max_length, MAX_CHARACTERS)
    if len(value) > longest:
        return f"must be at most {longest} characters"
    if len(value) < prop.min_length:
        return f"must be at least {prop.min_length} characters"
    if prop.pattern is not None and not compile_pattern(prop.pattern).search(value):
        return "must match the property's pattern"
    if prop.kind_stated and prop.kind in _OF_ONE_FORM:
        read = [found.value for found in values_of(prop, value, 0, len(value), Conventions())]
        if read != [value]:
            written = f", written as {read[0]}" if len(read) == 1 else ""
            return f"must be of the format {prop.kind}{written}"
    return None
