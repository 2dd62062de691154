"""The templates, read once: reading YAML is what most of these tests would spend their time on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from local import transform
from local.transform import Template

ROOT = Path(__file__).resolve().parents[2]


@cache
def _text(path: Path) -> str:
    return json.dumps(transform.load(path))


def load(path: Path | str) -> Template:
    """The template in a file, by its path from the root; the caller may change it."""
    template: Template = json.loads(_text(ROOT / path))
    return template


TEMPLATE = load("template.yaml")
PARAMETERS: dict[str, Any] = TEMPLATE["Parameters"]
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]


def of_type(kind: str, resources: dict[str, Any] = RESOURCES) -> dict[str, dict[str, Any]]:
    """The properties of each resource of a type."""
    return {name: r["Properties"] for name, r in resources.items() if r["Type"] == kind}


def within(node: Any) -> Iterator[Any]:
    """A part of a template, and all that it is made of."""
    yield node
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from within(each)


def statements(node: Any) -> Iterator[dict[str, Any]]:
    """The statements of its policies."""
    return (each for each in within(node) if isinstance(each, dict) and "Effect" in each)
