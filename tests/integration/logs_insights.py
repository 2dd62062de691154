"""Runs queries of CloudWatch Logs Insights over lines of JSON: the part of the language that the runbook uses.

It follows https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html. A bar separates commands.
A field inside nested JSON is named by its path. Text that is a number counts as a number in functions. Anything else is
an error; so is `!=` on a line without the field, because that page does not say what happens then.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

Value = str | float | bool | None
Row = Mapping[str, Value]
Condition = Callable[[Row], bool]
Expression = Callable[[Row], Value]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'[^']*')|(?P<regex>(?<=like )/(?:[^/\\]|\\.)+/)|(?P<number>\d+(?:\.\d+)?\b(?![a-z]))"
    r"|(?P<span>\d+[smhd]\b)|(?P<name>@?[A-Za-z_][\w.]*)|(?P<sign>!=|[=,()|\[\]*/]))"
)
_COMMANDS = {"fields", "filter", "stats", "sort", "limit"}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class QueryError(ValueError):
    """The query is not one that Logs Insights is known to take."""


def run(query: str, lines: Sequence[str], *, seconds: Sequence[float]) -> list[dict[str, Value]]:
    """The rows that a query finds.

    Args:
        query: in the language of Logs Insights.
        lines: log events, each a JSON object.
        seconds: when each was logged.
    """
    rows: list[dict[str, Value]] = [
        {"@timestamp": at, "@message": line, **dict(_flat(json.loads(line)))}
        for line, at in zip(lines, seconds, strict=True)
    ]
    parser = _Parser(_tokens(query))
    shown: list[tuple[str, Expression]] = []
    while parser.left:
        command = parser.take("name")
        if command not in _COMMANDS:
            raise QueryError(f"no command: {command}")
        match command:
            case "fields":
                shown += parser.names()
            case "filter":
                condition = parser.condition()
                rows = [row for row in rows if condition(row)]
            case "stats":
                aggregates, groups = parser.stats()
                rows = _grouped(rows, aggregates, groups)
            case "sort":
                key, descending = parser.order()
                rows.sort(key=lambda row: _sortable(key(row)), reverse=descending)
            case "limit":
                rows = rows[: int(parser.take("number"))]
        parser.end_of_command()
    return [{name: get(row) for name, get in shown} for row in rows] if shown else rows


def _flat(node: object, path: str = "") -> Iterator[tuple[str, Value]]:
    match node:
        case dict():
            for name, each in node.items():
                yield from _flat(each, f"{path}.{name}" if path else str(name))
        case list():
            for number, each in enumerate(node):
                yield from _flat(each, f"{path}.{number}")
        case str() | int() | float() | bool() | None:
            yield path, node


def _tokens(query: str) -> list[tuple[str, str]]:
    found, position = [], 0
    while position < len(query.rstrip()):
        match = _TOKEN.match(query, position)
        if match is None or match.lastgroup is None:
            raise QueryError(f"not understood: {query[position:]}")
        found.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return found


def _number(value: Value) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        return None


def _sortable(value: Value) -> tuple[bool, float, str]:
    number = _number(value)
    return (number is not None, number or 0.0, str(value))


@dataclass
class _Aggregate:
    name: str
    function: str
    arguments: list[Expression] = field(default_factory=list)

    def __call__(self, rows: Sequence[Row]) -> Value:
        if self.function == "count":
            return float(len(rows))
        numbers = sorted(n for row in rows if (n := _number(self.arguments[0](row))) is not None)
        if not numbers:
            return None
        if self.function == "max":
            return numbers[-1]
        percent = _number(self.arguments[1]({})) or 0.0
        return numbers[min(len(numbers) - 1, int(len(numbers) * percent / 100))]


def _grouped(
    rows: Sequence[Row],
    aggregates: Sequence[_Aggregate],
    groups: Sequence[tuple[str, Expression]],
) -> list[dict[str, Value]]:
    together: dict[tuple[Value, ...], list[Row]] = defaultdict(list)
    for row in rows:
        together[tuple(get(row) for _, get in groups)].append(row)
    return [
        {name: value for (name, _), value in zip(groups, key, strict=True)}
        | {each.name: each(members) for each in aggregates}
        for key, members in together.items()
    ]


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.left = tokens

    def peek(self) -> str:
        return self.left[0][1] if self.left else ""

    def take(self, kind: str, *expected: str) -> str:
        if not self.left or self.left[0][0] != kind or (expected and self.peek() not in expected):
            raise QueryError(f"expected {expected or kind} before: {self.left}")
        return self.left.pop(0)[1]

    def accept(self, *words: str) -> str:
        return self.left.pop(0)[1] if self.peek() in words else ""

    def end_of_command(self) -> None:
        if self.left:
            self.take("sign", "|")

    def names(self) -> list[tuple[str, Expression]]:
        found = [self.named()]
        while self.accept(","):
            found.append(self.named())
        return found

    def named(self) -> tuple[str, Expression]:
        name, expression = self.peek(), self.expression()
        return (self.take("name") if self.accept("as") else name), expression

    def expression(self) -> Expression:
        left = self.operand()
        if not self.accept("/"):
            return left
        right = self.operand()

        def divided(row: Row) -> Value:
            number, by = _number(left(row)), _number(right(row))
            return number / by if number is not None and by else None

        return divided

    def operand(self) -> Expression:
        kind, word = self.left.pop(0) if self.left else ("", "")
        match kind:
            case "text":
                return lambda _: word[1:-1]
            case "number":
                return lambda _: float(word)
            case "name" if word == "bin":
                self.take("sign", "(")
                span = self.take("span")
                self.take("sign", ")")
                width = int(span[:-1]) * _SECONDS[span[-1]]
                return lambda row: (_number(row["@timestamp"]) or 0.0) // width * width
            case "name":
                return lambda row: row.get(word)
        raise QueryError(f"not a value: {word}")

    def condition(self) -> Condition:
        condition = self.comparison()
        while self.accept("and"):
            condition = _both(condition, self.comparison())
        return condition

    def comparison(self) -> Condition:
        if self.accept("ispresent"):
            self.take("sign", "(")
            present = self.operand()
            self.take("sign", ")")
            return lambda row: present(row) is not None
        name, get = self.peek(), self.operand()
        match self.left.pop(0)[1] if self.left else "":
            case "=":
                wanted = self.operand()
                return lambda row: get(row) == wanted(row)
            case "!=":
                unwanted = self.operand()
                return lambda row: _present(name, get(row)) != unwanted(row)
            case "like":
                pattern = re.compile(self.take("regex")[1:-1])
                return lambda row: pattern.search(str(get(row) or "")) is not None
            case "in":
                self.take("sign", "[")
                values = [self.take("text")[1:-1]]
                while self.accept(","):
                    values.append(self.take("text")[1:-1])
                self.take("sign", "]")
                return lambda row: get(row) in values
            case word:
                raise QueryError(f"not a comparison: {word}")

    def stats(self) -> tuple[list[_Aggregate], list[tuple[str, Expression]]]:
        aggregates = [self.aggregate()]
        while self.accept(","):
            aggregates.append(self.aggregate())
        return aggregates, self.names() if self.accept("by") else []

    def aggregate(self) -> _Aggregate:
        function = self.take("name", "count", "max", "pct")
        self.take("sign", "(")
        arguments: list[Expression] = []
        if not self.accept("*"):
            arguments.append(self.expression())
            while self.accept(","):
                arguments.append(self.expression())
        self.take("sign", ")")
        self.take("name", "as")
        return _Aggregate(self.take("name"), function, arguments)

    def order(self) -> tuple[Expression, bool]:
        return self.operand(), self.accept("asc", "desc") == "desc"


def _both(first: Condition, second: Condition) -> Condition:
    return lambda row: first(row) and second(row)


def _present(name: str, value: Value) -> Value:
    if value is None:
        raise QueryError(
            f"{name} != … over a line that has no {name}: filter by its presence first"
        )
    return value
