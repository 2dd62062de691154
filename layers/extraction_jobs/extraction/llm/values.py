"""From what a model gave as a value to a value that the schema allows, or to none."""

from __future__ import annotations

from typing import Any

from extraction.schema.kinds import Kind
from extraction.schema.object_types import Property
from extraction.values import accept, values_of
from extraction.values.value import Conventions, Value

MAX_CHARACTERS = 20_000
# Beyond this a float no longer holds every unit, and its spelling changes in storage.
_MAX_NUMBER = 1e15
# A stated kind whose values have one form: what is not of that form is no such value.
_STRICT = frozenset(
    (Kind.DATE, Kind.DATE_TIME, Kind.TIME, Kind.EMAIL, Kind.URL, Kind.IBAN, Kind.CURRENCY)
)
_FREE = frozenset((Kind.TEXT, Kind.PERSON, Kind.ORGANISATION, Kind.PARTY, Kind.ADDRESS))
_TRUE = frozenset(("true", "yes", "ja", "oui", "sí", "si", "1"))
_FALSE = frozenset(("false", "no", "nein", "non", "0"))


def storable(text: str) -> str:
    """Return a text as Postgres and UTF-8 can hold it: without NUL and lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


def coerced(prop: Property, given: Any, ways: Conventions) -> Any:
    """Return a value as the property's schema wants it, or None if it rules it out."""
    if isinstance(given, str):
        given = storable(given[:MAX_CHARACTERS]).strip()
        if not given:
            return None
    if prop.enum:
        return _chosen(prop, given)
    if prop.json_type == "boolean":
        return _truth(given)
    if prop.json_type in ("number", "integer"):
        return _number(prop, given, ways)
    return _text(prop, given, ways)


def is_supported(
    prop: Property, value: Any, text: str, start: int, end: int, ways: Conventions
) -> bool | None:
    """Tell whether the quoted text, read by rules, says this value; None if rules cannot tell."""
    if prop.json_type == "boolean":
        return None
    if prop.json_type == "string" and prop.kind in _FREE and not prop.enum:
        return _key(str(value)) in _key(text[start:end])
    read = [found.value for found in values_of(_single(prop), text, start, end, ways)]
    if any(found == value or _key(str(found)) == _key(str(value)) for found in read):
        return True
    if prop.json_type == "string" and _key(str(value)) in _key(text[start:end]):
        return True
    # Rules that read nothing there cannot contradict it; rules that read another value do.
    return False if read else None


def same_value(one: Any, other: Any) -> bool:
    """Tell whether two values are the same but for case, white space and the spelling of numbers."""
    return value_key(one) == value_key(other)


def value_key(value: Any) -> str:
    """Return a value in the form that its spellings share."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:.6g}" if abs(value) < 1e-3 else f"{round(value, 4):.15g}"
    return _key(str(value))


def _key(text: str) -> str:
    return (
        " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())
        or text.strip()
    )


def _single(prop: Property) -> Property:
    from dataclasses import replace

    return replace(prop, many=False) if prop.many else prop


def _chosen(prop: Property, given: Any) -> Any:
    for choice in prop.enum:
        if type(choice) is type(given) and choice == given:
            return choice
    folded = _key(str(given))
    return next((choice for choice in prop.enum if _key(str(choice)) == folded), None)


def _truth(given: Any) -> bool | None:
    if isinstance(given, bool):
        return given
    word = str(given).casefold()
    if word in _TRUE:
        return True
    return False if word in _FALSE else None


def _number(prop: Property, given: Any, ways: Conventions) -> Any:
    if isinstance(given, str):
        read = values_of(_single(prop), given, 0, len(given), ways)
        plain = _plain_number(given)
        given = plain if plain is not None else read[0].value if len(read) == 1 else None
    if isinstance(given, bool) or not isinstance(given, int | float):
        return None
    if given != given or abs(given) >= _MAX_NUMBER:
        return None
    whole = int(given) if given == int(given) else given
    kept = accept(prop, Value(whole, 0, 0, 1.0))
    return None if kept is None else kept.value


def _plain_number(text: str) -> float | None:
    """Read a number as JSON writes it: what a model was asked for comes before the document's way of writing."""
    import re

    return float(text) if re.fullmatch(r"-?\d{1,15}(?:\.\d{1,10})?", text) else None


def _text(prop: Property, given: Any, ways: Conventions) -> str | None:
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return None
    text = str(given)
    if prop.kind in _STRICT:
        text = _of_its_form(prop, text, ways) or ("" if prop.kind_stated else text)
    if not text or (prop.pattern is not None and not _matches(prop.pattern, text)):
        return None
    kept = accept(prop, Value(text, 0, 0, 1.0))
    return None if kept is None else str(kept.value)


def _of_its_form(prop: Property, text: str, ways: Conventions) -> str | None:
    read = values_of(_single(prop), text, 0, len(text), ways)
    return str(read[0].value) if len(read) == 1 else None


def _matches(pattern: str, text: str) -> bool:
    from extraction.values.pattern import compile_pattern
    from extraction.values.phrases import MAX_PATTERN_INPUT

    return bool(compile_pattern(pattern).search(text[:MAX_PATTERN_INPUT]))
