"""Tables that JSON holds in other forms than a list of records: what databases and their tools export.

An array of arrays whose first row are names; columns beside rows (SQL engines, pandas, BigQuery, Google Sheets); lists
by column; records by key. Values in boxes that name their type (DynamoDB, BigQuery, Athena, RDS, MongoDB) come out of
them. The same values become lists of records, which the reader of JSON writes as tables.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

Record = dict[str, Any]


# Members that list the columns, and what names one of them.
_COLUMNS = re.compile(r"columns?|fields|headers?|row_?type|meta", re.IGNORECASE)
_NAME = re.compile(r"(?:column|field)?_?name|label|column|field|title|text", re.IGNORECASE)
_DEEPEST_COLUMNS = 2  # objects around the list of columns, beside the rows
# Boxes of one value, by the name of its type.
_DYNAMO = frozenset("S N B BOOL NULL M L SS NS BS".split())
_BOXES = re.compile(
    r"VarCharValue|(?:string|long|double|boolean|blob|timestamp|date|integer|float)Value|nullValue|isNull|"
    r"\$(?:oid|date|numberInt|numberLong|numberDouble|numberDecimal|uuid)|v"
)
# Keys that name a record, not a part of one: codes, dates, ids that programs make, e-mail addresses.
_KEY = re.compile(
    r"[A-Za-z]{0,20}[-_#:/.]?\d|-[\w-]{15,}$|[0-9a-f]{8}-|[0-9a-f]{16,}$|[\w.+-]{1,60}@",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"[+-]?\d[\d.,eE+-]*|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}.*")
_AS_IN_CODE = re.compile(
    r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]*)+|[A-Z0-9]+(?:_[A-Z0-9]+)+"
)
_LEAST = 2  # records, and names of a record
_LEAST_SHARED = 0.6  # of the names of records by key that most of them have


def tabular(value: Any) -> Any:
    """Return a parsed value with its tables as lists of records. Its depth is bounded before."""
    if isinstance(value, dict):
        return _of_object(value)
    if isinstance(value, list):
        inner = _unwrapped([tabular(each) for each in value])
        return _of_arrays(inner) or inner
    return value


def _of_object(members: Record) -> Any:
    boxed, found = _unboxed(members)
    if boxed:
        return tabular(found)
    if (records := _columns_and_rows(members)) is not None:
        return records
    inner = {name: tabular(value) for name, value in members.items()}
    return _by_column(inner) or _by_key(inner) or inner


def _unboxed(members: Record) -> tuple[bool, Any]:
    """Return whether an object is only a box around a value, and that value."""
    if len(members) != 1:
        return False, None
    ((name, value),) = members.items()
    if name in ("NULL", "isNull", "nullValue"):
        return True, None
    if name in _DYNAMO:
        kinds: dict[str, Any] = {"M": dict, "L": list, "S": str}
        return isinstance(value, kinds.get(name, str | bool | list)), value
    return bool(_BOXES.fullmatch(name)) and not (name == "v" and isinstance(value, list)), value


def _columns_and_rows(members: Record) -> Any:
    """Return the records of an object that says its columns and its rows apart, with what else it says."""
    for place, names in _columns_in(members, 0):
        for at, rows in members.items():
            records = _rows_of(names, rows) if at != place and isinstance(rows, list) else None
            if records:
                rest = {
                    name: tabular(value)
                    for name, value in members.items()
                    if name not in (at, place) and not isinstance(value, list)
                }
                return rest | {at: records} if rest else records
    return None


def _columns_in(members: Record, depth: int) -> Iterator[tuple[str, list[str]]]:
    """Yield the names of columns that an object or one inside it lists, and in which of its members."""
    for at, value in members.items():
        if isinstance(value, dict):
            if depth < _DEEPEST_COLUMNS:
                yield from ((at, names) for _, names in _columns_in(value, depth + 1))
        elif isinstance(value, list) and _COLUMNS.match(at):
            names = [_name(column) for column in value]
            if all(names):
                yield at, [str(each) for each in names]


def _name(column: Any) -> str | None:
    if isinstance(column, dict):
        column = next((value for key, value in column.items() if _NAME.fullmatch(key)), None)
    return column if isinstance(column, str) else None


def _rows_of(names: list[str], rows: list[Any]) -> list[Any] | None:
    """Return rows as records, None if they are neither."""
    cells = [_cells(row) for row in rows]
    if not any(cells):  # with their names already
        named = all(isinstance(row, dict) and row.keys() & set(names) for row in rows)
        return [tabular(row) for row in rows] if named else None
    whole = [row for row in cells if row is not None and len(row) <= len(names)]
    if len(whole) < len(rows):
        return None
    # Athena repeats the names.
    return _records(names, whole[1:] if list(map(str, whole[0])) == names else whole)


def _cells(row: Any) -> list[Any] | None:
    """Return the cells of a row, in or out of boxes; None if it is none."""
    if isinstance(row, dict) and len(row) == 1:
        (row,) = row.values()
    return [tabular(cell) for cell in row] if isinstance(row, list) else None


def _unwrapped(values: list[Any]) -> list[Any]:
    """Return the records of a list in which each stands alone under the same name, such as `Item` or `node`."""
    first = values[0] if values else None
    if not isinstance(first, dict) or len(first) != 1:
        return values
    (name,) = first
    alone = all(isinstance(each, dict) and list(each) == [name] for each in values)
    inner = [each[name] for each in values] if alone else []
    return inner if inner and all(isinstance(each, dict) for each in inner) else values


def _of_arrays(rows: Sequence[Any]) -> list[Record] | None:
    """Return the records of an array of arrays whose first row are names."""
    if len(rows) < _LEAST or not all(isinstance(row, list) for row in rows):
        return None
    names, *body = rows
    if any(len(row) > len(names) or any(map(_is_inner, row)) for row in body):
        return None
    return _records(names, body) if _are_names(names, body) else None


def _is_inner(value: Any) -> bool:
    return isinstance(value, list | dict)


def _is_figure(value: Any) -> bool:
    return isinstance(value, str) and bool(_FIGURE.fullmatch(value.strip()))


def _are_names(names: Sequence[Any], body: Sequence[Sequence[Any]]) -> bool:
    """Tell names of columns: words, each its own, above what is not only words, or written as programs write names."""
    if len(names) < _LEAST or not all(isinstance(n, str) and n.strip() for n in names):
        return False
    if len(set(names)) != len(names) or any(map(_FIGURE.fullmatch, names)):
        return False
    if any(map(_AS_IN_CODE.fullmatch, names)):
        return True
    return any(not isinstance(cell, str) or _is_figure(cell) for row in body for cell in row)


def _by_column(members: Record) -> list[Record] | None:
    """Return the records of an object that has a list, or an object by the same numbers, for each column."""
    columns = list(members.values())
    if len(columns) < _LEAST:
        return None
    if all(isinstance(column, dict) for column in columns):
        keys = list(columns[0])
        if any(list(column) != keys for column in columns) or not all(map(str.isdecimal, keys)):
            return None
        columns = [list(column.values()) for column in columns]
    elif not all(isinstance(column, list) for column in columns):
        return None
    rows = len(columns[0])
    if rows < _LEAST or any(
        len(column) != rows or any(map(_is_inner, column)) for column in columns
    ):
        return None
    # Two lists of words in an object are two lists.
    figures = any(all(map(_is_figure, column)) for column in columns)
    return _records(list(members), list(zip(*columns, strict=True))) if figures else None


def _by_key(members: Record) -> list[Record] | None:
    """Return the records of an object whose members are records of one kind, each with its key."""
    records = [value for value in members.values() if isinstance(value, dict) and value]
    if len(records) < _LEAST or len(records) != len(members):
        return None
    # `buyer` and `seller` are no ids, and both have a name.
    if not all(map(_KEY.match, members)):
        return None
    counts = Counter(name for record in records for name in record)
    shared = [name for name, count in counts.items() if count * 2 > len(records)]
    if not shared or len(shared) < _LEAST_SHARED * len(counts):
        return None
    known = next((name for name in ("id", "key") if name not in counts), "record key")
    return [{known: key, **record} for key, record in members.items()]


def _records(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[Record]:
    return [dict(zip(names, row, strict=False)) for row in rows]
