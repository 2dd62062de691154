"""The alarms and the dashboard as CloudFormation makes them: parameters put in, conditions decided, names resolved."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from local.audit import Deployed
from tests.unit.templates import TEMPLATE, load

_NESTED = load("stacks/watching.yaml")


class Watching:
    """What the nested stack makes for a stack of this name, with these parameters of template.yaml."""

    def __init__(self, stack: str = "extraction-jobs", **parameters: Any) -> None:
        outer = Deployed(TEMPLATE, parameters)
        names = {"AWS::StackName": stack, "AWS::Region": "eu-west-1"}
        environment = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
        self.functions_namespace = _spelled(environment["POWERTOOLS_METRICS_NAMESPACE"], names)
        given = TEMPLATE["Resources"]["Watching"]["Properties"]["Parameters"]
        self._values = names | _spelled(outer.resolved(given), names)
        # Of the nested stack, not of the one that a person names.
        self._values["AWS::StackName"] = f"{stack}-Watching-1ABCDEF"
        self._resources = Deployed(_NESTED, self._values).resources()

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of each resource of a type."""
        return {
            name: _spelled(each["Properties"], self._values)
            for name, each in self._resources.items()
            if each["Type"] == kind
        }

    @property
    def alarms(self) -> dict[str, dict[str, Any]]:
        """The properties of each alarm."""
        return self.of_type("AWS::CloudWatch::Alarm")

    @property
    def widgets(self) -> list[dict[str, Any]]:
        """The widgets of the dashboard."""
        [dashboard] = self.of_type("AWS::CloudWatch::Dashboard").values()
        widgets: list[dict[str, Any]] = json.loads(dashboard["DashboardBody"])["widgets"]
        return widgets

    def metrics(self) -> set[tuple[str, str, tuple[tuple[str, str], ...]]]:
        """Namespace, name and dimensions of each metric that an alarm or a widget looks at."""
        found = {
            (m["Namespace"], m["MetricName"], _pairs(m))
            for m in _metrics(list(self.alarms.values()))
        }
        for widget in self.widgets:
            for row in widget["properties"].get("metrics", []):
                namespace, name, *rest = [part for part in row if isinstance(part, str)]
                found.add((namespace, name, tuple(zip(rest[::2], rest[1::2], strict=True))))
        return found


def _pairs(metric: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((each["Name"], each["Value"]) for each in metric.get("Dimensions", []))


def _metrics(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "MetricName" in node:
            yield node
        for each in node.values():
            yield from _metrics(each)
    elif isinstance(node, list):
        for each in node:
            yield from _metrics(each)


def _spelled(node: Any, values: Mapping[str, Any]) -> Any:
    """The node with its text put together; what another resource will be called stands as that resource's own id."""
    match node:
        case {"Fn::Sub": [text, variables]}:
            return _spelled({"Fn::Sub": text}, {**values, **_spelled(variables, values)})
        case {"Fn::Sub": text}:
            return re.sub(r"\$\{([^}]+)\}", lambda m: str(values.get(m[1], m[1])), text)
        case {"Fn::GetAtt": [resource, attribute]}:
            return f"{resource}.{attribute}"
        case {"Ref": name}:
            return values.get(name, name)
        case dict():
            return {name: _spelled(each, values) for name, each in node.items()}
        case list():
            return [_spelled(each, values) for each in node]
    return node
