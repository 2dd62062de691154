"""From the input of a tool call to findings: what a model says, checked against the schema and the text.

A finding is plain JSON. Its `tree` maps an object's properties to nodes: `{leaf: {value, quote, start, end,
alignment, supported}}`, `{fields: tree}` for a nested object, a list of nodes for an array. What does not fit the
schema is left out and counted; only an answer that is not of the tool's shape at all is refused as a whole.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from extraction.llm.aligning import NONE, Aligner
from extraction.llm.chunking import Piece
from extraction.llm.locating import Locator, Quoted
from extraction.llm.tool import OBJECT_ID, RELATIONSHIPS, aliases, property_aliases
from extraction.llm.values import coerced, is_supported, storable
from extraction.schema.object_types import ObjectType, Property
from extraction.values.value import Conventions

Finding = dict[str, Any]
Tree = dict[str, Any]

_MAX_OBJECTS = 2000  # of a type, in one answer
_MAX_ITEMS = 2000
_MAX_QUOTE = 4000
_MAX_NAME = 100


class MalformedAnswerError(ValueError):
    """The answer is not of the tool's shape. The message tells the model what to mend."""


class AnswerReader:
    """Reads the answers about one piece."""

    def __init__(
        self, text: str, piece: Piece, types: tuple[ObjectType, ...], ways: Conventions, name: str
    ) -> None:
        self._text = text
        self._piece = piece
        self._types = types
        self._ways = ways
        self._name = name
        self._aligner = Aligner(text, piece.shown_from, piece.end)
        self._unfit: Counter[str] = Counter()
        self._locators: dict[tuple[str, ...], Locator] = {}

    def read(self, inputs: Sequence[Any]) -> tuple[list[Finding], list[str]]:
        """Return the findings, and warnings that say what was left out.

        Raises:
            MalformedAnswerError: see there.
        """
        findings: list[Finding] = []
        for number, given in enumerate(_mappings(inputs)):
            findings += self._call(given, f"{self._name}.{number}")
        warnings = [
            f"{count} value(s) that the model gave for {where} do not fit its schema and were left out."
            for where, count in sorted(self._unfit.items())
        ]
        return findings, warnings

    def _call(self, given: Mapping[str, Any], name: str) -> list[Finding]:
        named = aliases(tuple(t.name for t in self._types), (RELATIONSHIPS,))
        known = {*named.values(), *named, RELATIONSHIPS}
        if given and not known.intersection(given):
            raise MalformedAnswerError("the input has none of the keys that the schema names.")
        findings: list[Finding] = []
        refs: set[str] = set()
        for object_type in self._types:
            alias = named[object_type.name]
            items = _listed(given.get(alias, given.get(object_type.name)))
            if items is None:
                raise MalformedAnswerError(f'"{alias}" must be a list of objects.')
            for number, item in enumerate(items[:_MAX_OBJECTS]):
                if not isinstance(item, Mapping):
                    raise MalformedAnswerError(f'"{alias}" must have objects only.')
                tree = self._object(object_type.properties, item, (object_type.name,))
                if not tree or self._was_read_before(tree):
                    continue
                ref = _ref(name, item.get(OBJECT_ID, f"{alias} {number}"))
                refs.add(ref)
                findings.append(
                    {
                        "kind": "object",
                        "type": object_type.name,
                        "ref": ref,
                        "start": self._piece.start,
                        "end": self._piece.end,
                        "tree": tree,
                    }
                )
        findings += self._relationships(_listed(given.get(RELATIONSHIPS)) or [], name, refs)
        return findings

    def _object(
        self, properties: tuple[Property, ...], given: Mapping[str, Any], path: tuple[str, ...]
    ) -> Tree:
        quoted: list[Quoted] = []
        tree = self._fields(properties, given, path, quoted)
        locator = self._locators.get(path)
        if locator is None:
            locator = self._locators[path] = Locator(self._text, self._piece.start)
        locator.settle(quoted)
        return _drop_empty(self._finished(tree))

    def _fields(
        self,
        properties: tuple[Property, ...],
        given: Mapping[str, Any],
        path: tuple[str, ...],
        quoted: list[Quoted],
    ) -> Tree:
        """Return the tree with `Quoted` for leaves: their places are chosen for the whole object at once."""
        named = property_aliases(properties)
        tree: Tree = {}
        for prop in properties:
            raw = given.get(named[prop.name], given.get(prop.name))
            if raw is None:
                continue
            here = (*path, prop.name)
            if prop.many:
                items = _listed(raw) or []
                tree[prop.name] = [
                    made
                    for item in items[:_MAX_ITEMS]
                    if (made := self._item(prop, item, here, quoted)) is not None
                ]
            elif (made := self._item(prop, raw, here, quoted)) is not None:
                tree[prop.name] = made
        return tree

    def _item(self, prop: Property, raw: Any, path: tuple[str, ...], quoted: list[Quoted]) -> Any:
        if not prop.children:
            return self._leaf(prop, raw, path, quoted)
        raw = _unpacked(raw)
        if not isinstance(raw, Mapping):
            self._unfit[".".join(path)] += 1
            return None
        if prop.many:  # an object of its own, with a place of its own
            return {"fields": self._object(prop.children, raw, path), "done": True}
        return {"fields": self._fields(prop.children, raw, path, quoted)}

    def _leaf(
        self, prop: Property, raw: Any, path: tuple[str, ...], quoted: list[Quoted]
    ) -> Quoted | None:
        given = _unpacked(raw)
        if isinstance(given, list) and len(given) == 1:
            given = given[0]
        quote: Any = None
        if isinstance(given, Mapping):
            quote = given.get("quote")
            given = given.get("value")
        if given is None:
            return None
        value = coerced(prop, given, self._ways)
        if value is None:
            self._unfit[".".join(path)] += 1
            return None
        words = storable(quote[:_MAX_QUOTE]) if isinstance(quote, str) else ""
        if not words.strip():
            words = storable(str(given))[:_MAX_QUOTE]
        made = Quoted(prop, value, words, self._aligner.places(words))
        quoted.append(made)
        return made

    def _finished(self, tree: Tree) -> Tree:
        return {name: self._finished_node(node) for name, node in tree.items()}

    def _finished_node(self, node: Any) -> Any:
        if isinstance(node, Quoted):
            return {"leaf": self._proven(node)}
        if isinstance(node, list):
            return [self._finished_node(item) for item in node]
        # What an array holds is finished already: each item is an object with a place of its own.
        return node if "done" in node else {"fields": self._finished(node["fields"])}

    def _proven(self, quoted: Quoted) -> Tree:
        place = quoted.place
        if place is None:
            return {
                "value": quoted.value,
                "quote": quoted.quote,
                "start": None,
                "end": None,
                "alignment": NONE,
                "supported": None,
            }
        supported = is_supported(
            quoted.prop, quoted.value, self._text, place.start, place.end, self._ways
        )
        return {
            "value": quoted.value,
            "quote": self._text[place.start : place.end],
            "start": place.start,
            "end": place.end,
            "alignment": place.alignment,
            "supported": supported,
        }

    def _was_read_before(self, tree: Tree) -> bool:
        """Tell an object that stands in the context: the piece before has it."""
        ends = [leaf["end"] for leaf in leaves_of(tree) if leaf["end"] is not None]
        return bool(ends) and max(ends) <= self._piece.start

    def _relationships(self, given: list[Any], name: str, refs: set[str]) -> list[Finding]:
        findings: list[Finding] = []
        for item in given[:_MAX_OBJECTS]:
            if not isinstance(item, Mapping) or not isinstance(item.get("type"), str):
                continue
            kind = " ".join(storable(item["type"]).split())[:_MAX_NAME]
            ends = [_ref(name, item.get(end)) for end in ("from", "to")]
            if kind and kind.isprintable() and set(ends) <= refs and ends[0] != ends[1]:
                findings.append(
                    {"kind": "relationship", "type": kind, "from": ends[0], "to": ends[1]}
                )
        return findings


def leaves_of(tree: Tree) -> list[Tree]:
    """Return every leaf of a tree."""
    found: list[Tree] = []
    waiting: list[Any] = list(tree.values())
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif "leaf" in node:
            found.append(node["leaf"])
        else:
            waiting += node["fields"].values()
    return found


def _drop_empty(tree: Tree) -> Tree:
    kept: Tree = {}
    for name, node in tree.items():
        if isinstance(node, list):
            full = [kept_item for item in node if (kept_item := _full(item)) is not None]
            if full:
                kept[name] = full
        elif (full_node := _full(node)) is not None:
            kept[name] = full_node
    return kept


def _full(node: Tree) -> Tree | None:
    if "leaf" in node:
        return node
    fields = _drop_empty(node["fields"])
    return {"fields": fields} if fields else None


def _mappings(inputs: Sequence[Any]) -> list[Mapping[str, Any]]:
    if not inputs:
        raise MalformedAnswerError("the tool was not called.")
    found = [_unpacked(given) for given in inputs]
    if not all(isinstance(given, Mapping) for given in found):
        raise MalformedAnswerError("the tool's input must be a JSON object.")
    return found


def _listed(given: Any) -> list[Any] | None:
    """Return a list, also where the model gave one thing without its list, nothing, or JSON in a string."""
    given = _unpacked(given)
    if given is None:
        return []
    if isinstance(given, Mapping):
        return [given] if given else []
    if isinstance(given, list):
        return [_unpacked(item) for item in given]
    return None


def _unpacked(given: Any) -> Any:
    """Undo what models are prone to: an object or a list handed over as a string of JSON."""
    if isinstance(given, str) and given.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(given)
        except (ValueError, RecursionError):
            return given
    return given


def _ref(name: str, given: Any) -> str:
    return f"{name}.{storable(str(given))[:_MAX_NAME]}"
