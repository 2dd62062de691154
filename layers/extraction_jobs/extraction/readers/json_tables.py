"""Tables that JSON holds in other forms than a list of records: what databases and their tools export.

An array of arrays whose first row are names; columns beside rows (SQL engines, pandas, BigQuery, Google Sheets); lists
by column; records by key. Values in boxes that name their type (DynamoDB, BigQuery, Athena, RDS, MongoDB) come out of
them. The same values become lists of records, which the reader of JSON writes as tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any


class Members(list[tuple[str, Any]]):
    """An object's members in their order, those of the same name too. `inside`: it is one of a list."""

    inside: bool = False


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
    if isinstance(value, Members):
        return _of_object(value)
    if isinstance(value, list):
        inner = _unwrapped([tabular(each) for each in value])
        return _of_arrays(inner) or inner
    return value


def _of_object(members: Members) -> Any:
    boxed, found = _unboxed(members)
    if boxed:
        return tabular(found)
    if (records := _columns_and_rows(members)) is not None:
        return records
    inner = Members((name, tabular(value)) for name, value in members)
    return _by_column(inner) or _by_key(inner) or inner


def _unboxed(members: Members) -> tuple[bool, Any]:
    """Return whether an object is only a box around a value, and that value."""
    if len(members) != 1:
        return False, None
    name, value = members[0]
    if name in ("NULL", "isNull", "nullValue"):
        return True, None
    if name in _DYNAMO:
        kinds: dict[str, Any] = {"M": Members, "L": list, "S": str}
        return isinstance(value, kinds.get(name, str | bool | list)), value
    return bool(_BOXES.fullmatch(name)) and not (name == "v" and isinstance(value, list)), value


def _columns_and_rows(members: Members) -> Any:
    """Return the records of an object that says its columns and its rows apart, with what else it says."""
    for place, names in _columns_in(members, 0):
        for at, (rows_name, rows) in enumerate(members):
            records = _rows_of(names, rows) if at != place and _is_list(rows) else None
            if records:
                rest = Members(
                    (name, tabular(value))
                    for number, (name, value) in enumerate(members)
                    if number not in (at, place) and not _is_list(value)
                )
                return Members([*rest, (rows_name, records)]) if rest else records
    return None


def _columns_in(members: Members, depth: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the names of columns that an object or one inside it lists, and in which of its members."""
    for at, (name, value) in enumerate(members):
        if isinstance(value, Members):
            if depth < _DEEPEST_COLUMNS:
                yield from ((at, names) for _, names in _columns_in(value, depth + 1))
        elif isinstance(value, list) and _COLUMNS.match(name):
            names = [_name(column) for column in value]
            if all(names):
                yield at, [str(each) for each in names]


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and not isinstance(value, Members)


def _name(column: Any) -> str | None:
    if isinstance(column, Members):
        named = (value for key, value in column if _NAME.fullmatch(key))
        column = next(named, None)
    return column if isinstance(column, str) else None


def _rows_of(names: list[str], rows: list[Any]) -> list[Any] | None:
    """Return rows as records, None if they are neither."""
    cells = [_cells(row) for row in rows]
    if not any(cells):  # with their names already
        named = all(isinstance(row, Members) and set(names) & set(dict(row)) for row in rows)
        return [tabular(row) for row in rows] if named else None
    whole = [row for row in cells if row is not None and len(row) <= len(names)]
    if len(whole) < len(rows):
        return None
    # Athena repeats the names.
    return _records(names, whole[1:] if list(map(str, whole[0])) == names else whole)


def _cells(row: Any) -> list[Any] | None:
    """Return the cells of a row, in or out of boxes; None if it is none."""
    if isinstance(row, Members) and len(row) == 1:
        row = row[0][1]
    return [tabular(cell) for cell in row] if _is_list(row) else None


def _unwrapped(values: list[Any]) -> list[Any]:
    """Return the records of a list in which each stands alone under the same name, such as `Item` or `node`."""
    names = {
        value[0][0] if isinstance(value, Members) and len(value) == 1 else None for value in values
    }
    if len(names) != 1 or None in names or not all(isinstance(v[0][1], Members) for v in values):
        return values
    return [value[0][1] for value in values]


def _of_arrays(rows: Sequence[Any]) -> list[Members] | None:
    """Return the records of an array of arrays whose first row are names."""
    if len(rows) < _LEAST or not all(map(_is_list, rows)):
        return None
    names, *body = rows
    if any(len(row) > len(names) or any(isinstance(cell, list) for cell in row) for row in body):
        return None
    return _records(names, body) if _are_names(names, body) else None


def _are_names(names: Sequence[Any], body: Sequence[Sequence[Any]]) -> bool:
    """Tell names of columns: words, each its own, above what is not only words, or written as programs write names."""
    if len(names) < _LEAST or not all(isinstance(n, str) and n.strip() for n in names):
        return False
    if len(set(names)) != len(names) or any(map(_FIGURE.fullmatch, names)):
        return False
    if any(map(_AS_IN_CODE.fullmatch, names)):
        return True
    return any(
        not isinstance(cell, str) or _FIGURE.fullmatch(cell.strip()) for row in body for cell in row
    )


def _by_column(members: Members) -> list[Members] | None:
    """Return the records of an object that has a list, or an object by the same keys, for each column."""
    columns = [value for _, value in members if isinstance(value, list)]
    if len(members) < _LEAST or len(columns) != len(members):
        return None
    if all(isinstance(column, Members) for column in columns):
        keys = [[key for key, _ in column] for column in columns]
        if any(each != keys[0] for each in keys) or not all(map(str.isdecimal, keys[0])):
            return None
        columns = [[value for _, value in column] for column in columns]
    elif any(isinstance(column, Members) for column in columns):
        return None
    sizes = set(map(len, columns))
    cells = [cell for column in columns for cell in column]
    if len(sizes) != 1 or max(sizes) < _LEAST or any(isinstance(cell, list) for cell in cells):
        return None
    # Two lists of words in an object are two lists.
    figures = any(
        all(isinstance(cell, str) and _FIGURE.fullmatch(cell) for cell in column)
        for column in columns
    )
    rows = list(zip(*columns, strict=True))
    return _records([name for name, _ in members], rows) if figures else None


def _by_key(members: Members) -> list[Members] | None:
    """Return the records of an object whose members are records of one kind, each with its key."""
    records = [value for _, value in members if isinstance(value, Members) and value]
    if len(records) < _LEAST or len(records) != len(members):
        return None
    # `buyer` and `seller` are no ids, and both have a name.
    if not all(_KEY.match(key) for key, _ in members):
        return None
    counts: dict[str, int] = {}
    for record in records:
        for name in {name for name, _ in record}:
            counts[name] = counts.get(name, 0) + 1
    shared = [name for name, count in counts.items() if count * 2 > len(records)]
    if not shared or len(shared) < _LEAST_SHARED * len(counts):
        return None
    known = next((name for name in ("id", "key") if name not in counts), "record key")
    return [
        Members([(known, key), *record]) for (key, _), record in zip(members, records, strict=True)
    ]


def _records(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[Members]:
    return [Members(zip(names, row, strict=False)) for row in rows]
