"""JSON, and JSON Lines, to text: a line `name: value` a member, lists of records as tables.

Names are written as words (`invoiceNumber` as `invoice Number`), those of inner objects behind the
name of the object around them, unless that says nothing (`data`, `fields`); numbers stand as they
are written; null is left out. Records inside a record carry its first text, so that a row by itself
tells whose it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from extraction.document.document import Limits
from extraction.document.typed import TypedText
from extraction.errors import PermanentError
from extraction.readers.json_tables import Record, tabular
from extraction.readers.text_builder import TextBuilder

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SEPARATORS = re.compile(r"[_\-./:\s]+")
_SHORT = 60
# Names of objects that say nothing of what is in them.
_WRAPPERS = frozenset(
    "data fields attributes properties details detail info record item body content payload result value values "
    "meta entry object response document source".split()
)
_MOST_COLUMNS = 60
_SPACE = re.compile(r"[ \t\r\n\x1e]*")  # with what separates the values of a JSON text sequence
_LOOKS = re.compile(r"""\s*(?:\[\s*)*(?:\{\s*(?:["'}/]|\w+\s*:|$)|["\]]|-?\d|$)""")
_LONGEST_PIECE = 8  # characters of a name or number that is cut
_CUT = "The JSON is cut short at character {}: its end is missing. Send all of it."
_FAULTY = "The JSON has an error at character {}. Repair it, and send it again."
_LINE_ENDS = re.compile(r"[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def _members(pairs: list[tuple[str, Any]]) -> Record:
    """Return the members of an object; a name that stands several times has a list of its values."""
    found: dict[str, list[Any]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


_DECODER = json.JSONDecoder(
    parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_members, strict=False
)


def parse_json(text: str, limits: Limits, *, said: bool = False) -> Any:
    """Return the value, numbers as they are written; None if the text is not JSON.

    Values one after the other, on lines of their own or not, are a list of records.

    Raises PermanentError if it is nested deeper than the limits allow, is cut short, or is said to be JSON and has a
    fault.
    """
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        value = _parse(text, said=said)
    except RecursionError:
        raise _too_deep(limits) from None
    if value is not None and _deeper(value, limits.max_json_depth):
        raise _too_deep(limits)
    return value


def json_to_text(value: Any) -> TypedText:
    """Return a parsed value as text, lists of records as tables."""
    out = TextBuilder()
    _block(out, "", tabular(value))
    return out.built()


def _parse(text: str, *, said: bool) -> Any:
    values: list[Any] = []
    at = _behind_space(text, 0)
    while at < len(text):
        try:
            value, at = _DECODER.raw_decode(text, at)
        except json.JSONDecodeError as error:
            cut = error.pos > at and _is_cut(text, error)
            if _LOOKS.match(text) and (said or (cut and _are_records(values))):
                fault = _CUT if cut else _FAULTY
                raise PermanentError(fault.format(error.pos + 1)) from None
            return None
        values.append(value)
        at = _behind_space(text, at)
    if len(values) == 1:
        return values[0]
    return values if said or _are_records(values) else None


def _behind_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _are_records(values: Sequence[Any]) -> bool:
    return all(isinstance(value, dict) for value in values)


def _is_cut(text: str, error: json.JSONDecodeError) -> bool:
    """Tell a text that ends in the midst of a value from one with a fault in it."""
    rest = text[error.pos :].rstrip()
    return error.msg.startswith("Unterminated string") or (
        len(rest) <= _LONGEST_PIECE and not any(mark in rest for mark in ']}"')
    )


def _deeper(value: Any, depth: int) -> bool:
    waiting = [(value, 1)]
    while waiting:
        node, level = waiting.pop()
        if level > depth:
            return True
        inside = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        waiting += [(inner, level + 1) for inner in inside]
    return False


def _too_deep(limits: Limits) -> PermanentError:
    return PermanentError(
        f"The JSON is nested more than {limits.max_json_depth} levels deep. Send its inner parts by themselves."
    )


def _block(out: TextBuilder, label: str, value: Any, *, inside: bool = False) -> None:
    """Write a value under the names around it; `inside`: it is one of a list."""
    if isinstance(value, dict):
        _object(out, label, value, inside=inside)
    elif isinstance(value, list):
        _list(out, label, value)
    elif (text := _scalar(value)) is not None:
        out.line(f"{label}: {text}" if label else text)


def _object(out: TextBuilder, label: str, members: Record, *, inside: bool) -> None:
    # What is plain first: below a heading or a table it would seem to belong there.
    for name, value in members.items():
        _member(out, _joined(label, name), value)
    for name, value in members.items():
        if isinstance(value, dict):
            out.gap()
            _object(out, "" if name.casefold() in _WRAPPERS else _words(name), value, inside=False)
        elif isinstance(value, list):
            _list(out, _words(name), _with_owner(members, value) if inside else value)


def _with_owner(members: Record, values: list[Any]) -> list[Any]:
    """Return the records of a record's list, each with the record's first text."""
    owner = next(((n, text) for n, text in members.items() if isinstance(text, str) and text), None)
    if owner is None or not all(isinstance(value, dict) for value in values):
        return values
    return [value if owner[0] in value else dict([owner]) | value for value in values]


def _member(out: TextBuilder, label: str, value: Any) -> None:
    text = _scalar(value)
    if text is None:
        return
    out.line(f"{label}:\n{text}" if "\n" in text else f"{label}: {text}")
    if "\n" in text:
        out.gap()


def _list(out: TextBuilder, label: str, values: Sequence[Any]) -> None:
    if not any(isinstance(value, list | dict) for value in values):
        _texts(out, label, [text for value in values if (text := _scalar(value)) is not None])
        return
    rows = [_flat("", value) if isinstance(value, dict) else None for value in values]
    flat = [row for row in rows if row is not None]
    columns = list(dict.fromkeys(name for row in flat for name in row))
    if len(flat) == len(values) and 1 < len(columns) <= _MOST_COLUMNS:
        _heading(out, label)
        cells = [[row.get(name, "") for name in columns] for row in flat]
        out.table([columns, *cells], header_rows=1)
        out.gap()
        return
    for number, value in enumerate(values, 1):
        _heading(out, f"{label or 'record'} {number}")
        _block(out, "", value, inside=True)


def _texts(out: TextBuilder, label: str, texts: Sequence[str]) -> None:
    """Write short texts on one line behind their label, others as a list."""
    if label and not any("," in text or len(text) > _SHORT or "\n" in text for text in texts):
        if texts:
            out.line(f"{label}: {', '.join(texts)}")
        return
    out.gap()
    if label and texts:
        out.line(f"{label}:")
    for text in texts:
        out.line(f"- {' '.join(text.split())}")
    out.gap()


def _heading(out: TextBuilder, words: str) -> None:
    out.gap()
    if words:
        out.line(f"## {words}")
        out.gap()


def _flat(label: str, members: Record) -> dict[str, str] | None:
    """Return an object as one row, inner objects' members beside its own; None if a list of records is in it."""
    row: dict[str, str] = {}
    for name, value in members.items():
        column = _joined(label, name)
        if isinstance(value, dict):
            inner = _flat(label if name.strip("_").casefold() in _WRAPPERS else column, value)
            if inner is None:
                return None
            row = inner | row
        elif isinstance(value, list):
            if any(isinstance(each, list | dict) for each in value):
                return None
            row[column] = ", ".join(text for each in value if (text := _scalar(each)) is not None)
        elif (text := _scalar(value)) is not None:
            row[column] = text
    return row


def _scalar(value: Any) -> str | None:
    if value is None or isinstance(value, list | dict):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return _LINE_ENDS.sub(" ", str(value)).strip()


def _joined(label: str, name: str) -> str:
    words = _words(name)
    if not label or words.casefold().startswith(f"{label} ".casefold()):
        return words
    return f"{label} {words}"


def _words(name: str) -> str:
    return _SEPARATORS.sub(" ", _CAMEL.sub(" ", name)).strip().replace("|", "/")
