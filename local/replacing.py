"""Which parameters of the template replace or delete something when they are changed after the first deploy.

CloudFormation replaces a resource when one of its create-only properties changes, and deletes it when its condition
becomes false. Such a parameter has to say so in its description: with a database behind it, it is the difference
between a setting and a disaster.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from local.transform import Template, load

# What a description says of such a parameter.
SENTENCE = re.compile(r"\b(Only at the first deploy|A change (replaces|deletes)|Given later)\b")

# Resources that keep something, unless their DeletionPolicy is Delete; the others are made again without loss.
_KEEPS = {
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolUser",
    "AWS::EC2::Subnet",
    "AWS::EC2::VPC",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
}

# The top-level properties of a resource type that cannot be changed: AWS's own resource schemas know.
CreateOnly = Callable[[str], set[str]]


def replacing(template: Template, folder: Path, create_only: CreateOnly) -> dict[str, set[str]]:
    """Return for each parameter what its change replaces or deletes, such as `Network.Vpc.CidrBlock`.

    Args:
        template: A template before the SAM transform.
        folder: Where the nested stacks' relative locations start.
        create_only: Gives the create-only properties of a resource type.

    """
    found: dict[str, set[str]] = {}

    def note(parameters: set[str], what: str) -> None:
        for name in parameters:
            found.setdefault(name, set()).add(what)

    for name, resource in template["Resources"].items():
        kept = _keeps(resource)
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Application":
            nested = load(folder / properties["Location"])
            kept = any(map(_keeps, nested["Resources"].values()))
            for inner, whats in replacing(nested, folder, create_only).items():
                given = _parameters(properties["Parameters"].get(inner), template)
                for what in whats:
                    note(given, f"{name}.{what}")
        for key in create_only(resource["Type"]) & properties.keys():
            note(_parameters(properties[key], template), f"{name}.{key}")
        if kept and "Condition" in resource:
            note(_parameters({"Condition": resource["Condition"]}, template), name)
    return found


def _keeps(resource: Mapping[str, Any]) -> bool:
    return resource["Type"] in _KEEPS and resource.get("DeletionPolicy") != "Delete"


def _parameters(node: Any, template: Mapping[str, Any]) -> set[str]:
    """Return the template's parameters that a value depends on, by itself or through a condition."""
    return set(_references(node, template)) & set(template.get("Parameters", {}))


def _references(node: Any, template: Mapping[str, Any]) -> Iterator[str]:
    match node:
        case {"Ref": str(name)}:
            yield name
        case {"Condition": str(name)}:
            yield from _references(template["Conditions"][name], template)
        case {"Fn::If": [condition, *branches]}:
            yield from _references({"Condition": condition}, template)
            yield from _references(branches, template)
        case {"Fn::Sub": str(text)}:
            yield from re.findall(r"\$\{(\w+)\}", text)
        case {"Fn::Sub": [str(text), dict(values)]}:
            yield from set(re.findall(r"\$\{(\w+)\}", text)) - values.keys()
            yield from _references(list(values.values()), template)
        case dict():
            yield from _references(list(node.values()), template)
        case list():
            for each in node:
                yield from _references(each, template)
