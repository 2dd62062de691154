"""Object types: what to look for, given as JSON Schema.

Understood: type, properties, required, items, enum, const, format, pattern, minimum, maximum,
exclusiveMinimum, exclusiveMaximum, minLength, maxLength, title, description, local `$ref`,
`anyOf`/`oneOf` with null (an optional value), a single `allOf`. Our own hints:

- `x-labels` (type or property): how documents name it, in any language.
- `x-occurs` (type): `document` (at most one a document) or `many`; guessed if absent.
- `x-cues` (type): words that make a sentence an object of this type, such as `shall`.
- `x-prefixes` (type): letters before a number that mark an object, such as `D` in `D-17`.
- `x-belongs-to` (type): a sentence with a cue counts only in a document that also holds an
  object of that type, if it is asked for too.
- `x-running-text` (property): false if only a label or a place of its own gives the value, and
  not any value of its kind in the sentence.
- `x-text` (property): this property takes the whole sentence or entry.

Anything else is an annotation, as the standard has it, and ignored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from extraction.errors import Fault, ObjectTypeError
from extraction.labels.words import tokens
from extraction.schema.kinds import Kind, guess_kind, kind_of_format
from extraction.schema.object_types import ObjectType, Property

MAX_TYPES = 50
MAX_PROPERTIES = 100
MAX_DEPTH = 5
MAX_PATTERN_CHARACTERS = 500
# In all types together. A pattern can cost milliseconds to compile, at create and again in each attempt.
MAX_PATTERNS = 200
# Past this many faults the rest is not looked at: nobody reads them, and each costs as much as the first.
MAX_FAULTS = 100
MAX_ENUM = 500
MAX_LABELS = 100
MAX_NAME_CHARACTERS = 100
MAX_SCHEMA_CHARACTERS = 200_000
MAX_DESCRIPTION_CHARACTERS = 1_000  # the rest is not shown to a model

_JSON_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")


def parse_object_types(mapping: Mapping[str, object]) -> tuple[ObjectType, ...]:
    """Check object types and make them ready for use, sorted by name.

    Raises ObjectTypeError with every fault found, each with its path.
    """
    faults: list[Fault] = []
    given: object = mapping  # from a request: the type says what it should be
    if not isinstance(given, Mapping) or not mapping:
        raise ObjectTypeError([Fault("object_types", "must be an object with at least one type")])
    if len(mapping) > MAX_TYPES:
        rule = f"must not hold more than {MAX_TYPES} types"
        raise ObjectTypeError([Fault("object_types", rule)])
    types = []
    patterns = _Patterns()
    for name in sorted(mapping, key=str):
        if len(faults) >= MAX_FAULTS:
            break
        parser = _TypeParser(str(name), faults, patterns)
        parsed = parser.parse(mapping[name])
        if parsed is not None:
            types.append(parsed)
    if faults:
        raise ObjectTypeError(faults)
    return tuple(types)


class _Patterns:
    """How many patterns all types have together."""

    def __init__(self) -> None:
        self.count = 0


class _TypeParser:
    def __init__(self, name: str, faults: list[Fault], patterns: _Patterns) -> None:
        self.name = name
        self.patterns = patterns
        self.faults = faults
        self.root: Mapping[str, Any] = {}
        self.count = 0

    def fault(self, path: str, rule: str) -> None:
        self.faults.append(Fault(path, rule))

    def parse(self, schema: object) -> ObjectType | None:
        before = len(self.faults)
        self.check_name(self.name, self.name or "object_types")
        if not isinstance(schema, Mapping):
            self.fault(self.name, "must be a JSON Schema object")
            return None
        try:
            canonical = json.dumps(schema, sort_keys=True, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            self.fault(self.name, "must be plain JSON, not nested without end")
            return None
        if len(canonical) > MAX_SCHEMA_CHARACTERS:
            self.fault(self.name, f"must not be longer than {MAX_SCHEMA_CHARACTERS} characters")
            return None
        self.root = schema
        if schema.get("type", "object") != "object":
            self.fault(f"{self.name}.type", 'must be "object"')
        required = self.strings(schema, "required", self.name, MAX_PROPERTIES)
        properties = self.properties(schema, required, self.name, 1)
        if not properties and len(self.faults) == before:
            self.fault(f"{self.name}.properties", "must hold at least one property")
        occurs = schema.get("x-occurs")
        if occurs not in (None, "document", "many"):
            self.fault(f"{self.name}.x-occurs", 'must be "document" or "many"')
        belongs_to = schema.get("x-belongs-to")
        if belongs_to is not None and not isinstance(belongs_to, str):
            self.fault(f"{self.name}.x-belongs-to", "must be the name of a type")
            belongs_to = None
        labels = self.labels(schema, self.name, self.name)
        cues = self.strings(schema, "x-cues", self.name, MAX_LABELS)
        prefixes = self.strings(schema, "x-prefixes", self.name, MAX_LABELS)
        if len(self.faults) > before:
            return None
        return ObjectType(
            self.name,
            labels,
            properties,
            canonical,
            occurs,
            cues,
            prefixes,
            belongs_to,
            _description(schema),
        )

    def check_name(self, name: str, path: str) -> None:
        if not name.strip() or len(name) > MAX_NAME_CHARACTERS or not name.isprintable():
            rule = f"must have a printable name of 1 to {MAX_NAME_CHARACTERS} characters"
            self.fault(path[:MAX_NAME_CHARACTERS], rule)

    def strings(
        self, schema: Mapping[str, Any], key: str, path: str, limit: int
    ) -> tuple[str, ...]:
        value = schema.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            self.fault(f"{path}.{key}", "must be a list of strings")
            return ()
        if len(value) > limit:
            self.fault(f"{path}.{key}", f"must not hold more than {limit} strings")
            return ()
        return tuple(value)

    def labels(self, schema: Mapping[str, Any], name: str, path: str) -> tuple[str, ...]:
        title = schema.get("title")
        if title is not None and not isinstance(title, str):
            self.fault(f"{path}.title", "must be a string")
            title = None
        own = self.strings(schema, "x-labels", path, MAX_LABELS)
        labels = (name, *((title,) if title else ()), *own)
        return tuple(dict.fromkeys(label for label in labels if tokens(label)))

    def properties(
        self, schema: Mapping[str, Any], required: tuple[str, ...], path: str, depth: int
    ) -> tuple[Property, ...]:
        value = schema.get("properties", {})
        where = f"{path}.properties"
        if not isinstance(value, Mapping):
            self.fault(where, "must be an object")
            return ()
        if depth > MAX_DEPTH:
            self.fault(where, f"must not be nested more than {MAX_DEPTH} deep")
            return ()
        for name in required:
            if name not in value:
                self.fault(f"{path}.required", "names a property that does not exist")
        parsed = []
        for name in sorted(value, key=str):
            self.count += 1
            if self.count == MAX_PROPERTIES + 1:
                self.fault(where, f"must not hold more than {MAX_PROPERTIES} properties in all")
            if self.count > MAX_PROPERTIES:
                break
            here = f"{where}.{str(name)[:MAX_NAME_CHARACTERS]}"
            self.check_name(str(name), here)
            prop = self.property(str(name), value[name], name in required, here, depth)
            if prop is not None:
                parsed.append(prop)
        return tuple(parsed)

    def resolve(self, schema: object, path: str) -> Mapping[str, Any] | None:
        """Follow `$ref`, single `allOf` and optional `anyOf` to the schema that counts."""
        seen: dict[str, Any] = {}
        for _ in range(MAX_DEPTH * 2):
            if not isinstance(schema, Mapping):
                self.fault(path, "must be a JSON Schema object")
                return None
            reference = schema.get("$ref")
            rest = {k: v for k, v in schema.items() if k not in ("$ref", "anyOf", "oneOf", "allOf")}
            seen = {**rest, **seen}
            if reference is not None:
                schema = self.referred(reference, path)
                if schema is None:
                    return None
                continue
            for key in ("anyOf", "oneOf", "allOf"):
                if key in schema:
                    chosen = self.only_choice(schema[key], f"{path}.{key}")
                    if chosen is None:
                        return None
                    schema = chosen
                    break
            else:
                return seen
        self.fault(path, "must not refer to itself")
        return None

    def referred(self, reference: object, path: str) -> Any:
        target: Any = self.root
        if not isinstance(reference, str) or not reference.startswith("#/"):
            self.fault(f"{path}.$ref", "must point into this type, such as #/$defs/Line")
            return None
        for part in reference[2:].split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            target = target.get(key) if isinstance(target, Mapping) else None
        if target is None:
            self.fault(f"{path}.$ref", "points at nothing")
        return target

    def only_choice(self, choices: object, path: str) -> Any:
        if not isinstance(choices, list):
            self.fault(path, "must be a list")
            return None
        real = [c for c in choices if not (isinstance(c, Mapping) and c.get("type") == "null")]
        if len(real) > 1:
            # A number that may be spelled as text, as generators write decimals, is a number.
            # str(): what is given for a type may be anything, a list too.
            kinds = [str(c.get("type")) if isinstance(c, Mapping) else "" for c in real]
            if set(kinds) in ({"number", "string"}, {"integer", "string"}):
                return next(c for c, kind in zip(real, kinds, strict=True) if kind != "string")
            self.fault(path, "must leave one choice beside null")
            return None
        if not real:
            self.fault(path, "must hold a choice other than null")
            return None
        return real[0]

    def json_type(self, schema: Mapping[str, Any], path: str) -> str | None:
        value = schema.get("type")
        if value is None:
            if "properties" in schema:
                return "object"
            return "array" if "items" in schema else "string"
        choices = value if isinstance(value, list) else [value]
        if not choices or any(c not in _JSON_TYPES for c in choices if isinstance(c, str)):
            self.fault(f"{path}.type", f"must be one of {', '.join(_JSON_TYPES)}")
            return None
        real = [c for c in choices if c != "null"]
        if len(real) != 1 or not isinstance(real[0], str):
            self.fault(f"{path}.type", "must name one type beside null")
            return None
        return real[0]

    def property(
        self, name: str, raw: object, required: bool, path: str, depth: int
    ) -> Property | None:
        schema = self.resolve(raw, path)
        json_type = self.json_type(schema, path) if schema is not None else None
        if schema is None or json_type is None:
            return None
        labels = self.labels(schema, name, path)
        if json_type == "array":
            items = schema.get("items", {"type": "string"})
            item = self.property(name, items, required, f"{path}.items", depth)
            if item is None:
                return None
            if item.many:
                self.fault(f"{path}.items", "must not be an array of arrays")
                return None
            merged = tuple(dict.fromkeys((*labels, *item.labels)))
            said = _description(schema) or item.description
            return replace(item, labels=merged, many=True, required=required, description=said)
        if json_type == "object":
            children_required = self.strings(schema, "required", path, MAX_PROPERTIES)
            children = self.properties(schema, children_required, path, depth + 1)
            if not children:
                if not self.faults:
                    self.fault(f"{path}.properties", "must hold at least one property")
                return None
            return Property(
                name,
                "object",
                Kind.TEXT,
                False,
                labels,
                required=required,
                children=children,
                description=_description(schema),
            )
        return self.leaf(name, schema, json_type, labels, required, path)

    def leaf(
        self,
        name: str,
        schema: Mapping[str, Any],
        json_type: str,
        labels: tuple[str, ...],
        required: bool,
        path: str,
    ) -> Property | None:
        if isinstance(schema.get("format", ""), str):
            stated = kind_of_format(schema.get("format"))
        else:
            self.fault(f"{path}.format", "must be a string")
            stated = None
        enum = schema.get("enum", [schema["const"]] if "const" in schema else [])
        if not isinstance(enum, list) or len(enum) > MAX_ENUM:
            self.fault(f"{path}.enum", f"must be a list of at most {MAX_ENUM} values")
            return None
        enum = [value for value in enum if value is not None]
        if not all(isinstance(v, str | int | float | bool) for v in enum):
            self.fault(f"{path}.enum", "must hold strings, numbers or booleans")
            return None
        pattern = self.checked_pattern(schema.get("pattern"), path)
        kind = stated or guess_kind(json_type, name, self.name)
        if json_type in ("number", "integer") and kind not in (
            Kind.NUMBER,
            Kind.INTEGER,
            Kind.MONEY,
            Kind.PERCENT,
        ):
            kind = Kind.INTEGER if json_type == "integer" else Kind.NUMBER
        if enum:
            kind = Kind.ENUM
        elif pattern is not None and stated is None:
            kind = Kind.PATTERN
        return Property(
            name=name,
            json_type=json_type,
            kind=kind,
            kind_stated=bool(enum or pattern or stated or json_type != "string"),
            labels=labels,
            required=required,
            enum=tuple(enum),
            pattern=pattern,
            minimum=self.number(schema, "minimum", path),
            maximum=self.number(schema, "maximum", path),
            exclusive_minimum=self.number(schema, "exclusiveMinimum", path),
            exclusive_maximum=self.number(schema, "exclusiveMaximum", path),
            min_length=int(self.number(schema, "minLength", path) or 0),
            max_length=self.length(schema, path),
            takes_text=schema.get("x-text") is True,
            in_running_text=schema.get("x-running-text") is not False,
            description=_description(schema),
        )

    def number(self, schema: Mapping[str, Any], key: str, path: str) -> float | None:
        value = schema.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fault(f"{path}.{key}", "must be a number")
            return None
        return value

    def length(self, schema: Mapping[str, Any], path: str) -> int | None:
        value = self.number(schema, "maxLength", path)
        return None if value is None else int(value)

    def checked_pattern(self, pattern: object, path: str) -> str | None:
        if pattern is None:
            return None
        if not isinstance(pattern, str):
            self.fault(f"{path}.pattern", "must be a string")
            return None
        if len(pattern) > MAX_PATTERN_CHARACTERS:
            rule = f"must not be longer than {MAX_PATTERN_CHARACTERS} characters"
            self.fault(f"{path}.pattern", rule)
            return None
        self.patterns.count += 1
        if self.patterns.count > MAX_PATTERNS:
            self.fault(f"{path}.pattern", f"must be one of at most {MAX_PATTERNS} patterns in all")
            return None
        from extraction.values.pattern import PatternError, compile_pattern

        try:
            compile_pattern(pattern)
        except PatternError as error:
            self.fault(f"{path}.pattern", str(error))
            return None
        return pattern


def _description(schema: Mapping[str, Any]) -> str:
    value = schema.get("description")
    return " ".join(value.split())[:MAX_DESCRIPTION_CHARACTERS] if isinstance(value, str) else ""
