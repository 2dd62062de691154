"""The state of an alarm at one point in time: the part of metric math that the alarms use, and missing data.

It follows https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html. That page does not say
whether FILL fills a metric that has no data at all, so `fill_empty` allows both: no alarm may depend on it.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
}
_WITHOUT_DATA = {
    "breaching": "ALARM",
    "notBreaching": "OK",
    "missing": "INSUFFICIENT_DATA",
    "ignore": "unchanged",
}


def state(
    alarm: Mapping[str, Any], data: Mapping[str, float], *, quota: float, fill_empty: bool
) -> str:
    """The state that an alarm goes to, or "unchanged".

    Args:
        alarm: its properties.
        data: the value of each metric that has one, by its id; "value" for an alarm on a single metric.
        quota: what SERVICE_QUOTA answers.
        fill_empty: whether FILL makes something of a metric without data.
    """
    if "Metrics" in alarm:
        [result] = [each for each in alarm["Metrics"] if each.get("ReturnData", True)]
        ids = {each["Id"]: each.get("Expression", "") for each in alarm["Metrics"]}
        value = _Point(ids, data, quota, fill_empty).value(result["Id"])
    else:
        value = data.get("value")
    if value is None:
        return _WITHOUT_DATA[alarm["TreatMissingData"]]
    compare = _COMPARISONS[alarm["ComparisonOperator"]]
    return "ALARM" if compare(value, float(alarm["Threshold"])) else "OK"


@dataclass(frozen=True)
class _Point:
    """One point in time. An id without an expression is a metric."""

    ids: Mapping[str, str]
    data: Mapping[str, float]
    quota: float
    fill_empty: bool

    def value(self, name: str) -> float | None:
        assert set(self.data) <= set(self.ids)
        if expression := self.ids[name]:
            return self._evaluated(ast.parse(expression, mode="eval").body)
        return self.data.get(name)

    def _evaluated(self, node: ast.expr) -> float | None:
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Name(id=name):
                return self.value(name)
            case ast.BinOp(left=left, op=kind, right=right):
                return self._combined(_ARITHMETIC[type(kind)], left, right)
            case ast.Compare(left=left, ops=[ast.GtE()], comparators=[right]):
                return self._combined(operator.ge, left, right)
            case ast.Call(func=ast.Name(id=function), args=arguments):
                return self._called(function, [self._evaluated(each) for each in arguments])
        raise ValueError(f"not among what the alarms use: {ast.unparse(node)}")

    def _called(self, function: str, values: list[float | None]) -> float | None:
        match function, values:
            case "IF", [condition, then, otherwise]:
                if condition is None:
                    return None
                return (then or 0.0) if condition else otherwise
            case "FILL", [value, filler]:
                return filler if value is None and self.fill_empty else value
            case "SERVICE_QUOTA", [usage]:
                return None if usage is None else self.quota
        raise ValueError(f"not among what the alarms use: {function}")

    def _combined(
        self, combine: Callable[[float, float], float], left: ast.expr, right: ast.expr
    ) -> float | None:
        """Combines two values: if one of two series has none, it counts as 0. A division by 0 gives no value."""
        values = self._evaluated(left), self._evaluated(right)
        series = [
            value
            for node, value in zip((left, right), values, strict=True)
            if any(isinstance(each, ast.Name) for each in ast.walk(node))
        ]
        if series and all(value is None for value in series):
            return None
        try:
            return float(combine(values[0] or 0.0, values[1] or 0.0))
        except ZeroDivisionError:
            return None
