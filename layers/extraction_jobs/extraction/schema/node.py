"""One schema inside an object type: its keys by their types, and the faults of those that are not of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from extraction.errors import Fault
from extraction.labels.words import tokens
from extraction.schema.object_types import Scalar

MAX_DEPTH = 5
MAX_PATTERN_CHARACTERS = 500
# In all types together. A pattern can cost milliseconds to compile, at create and again in each attempt.
MAX_PATTERNS = 200
MAX_ENUM = 500
MAX_LABELS = 100
MAX_NAME_CHARACTERS = 100
MAX_DESCRIPTION_CHARACTERS = 1_000  # the rest is not shown to a model
_JSON_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_CHOICES = ("anyOf", "oneOf", "allOf")
_REFERRING = frozenset(("$ref", *_CHOICES))


@dataclass(slots=True)
class Tally:
    """What is counted over all types of a request; `properties` over one type."""

    faults: list[Fault] = field(default_factory=list)
    patterns: int = 0
    properties: int = 0

    def fault(self, path: str, rule: str) -> None:
        """Note that what stands at a path breaks a rule."""
        self.faults.append(Fault(path, rule))

    def check_name(self, name: str, path: str) -> None:
        """Note a name that cannot be one."""
        if not name.strip() or len(name) > MAX_NAME_CHARACTERS or not name.isprintable():
            rule = f"must have a printable name of 1 to {MAX_NAME_CHARACTERS} characters"
            self.fault(path[:MAX_NAME_CHARACTERS], rule)


@dataclass(frozen=True, slots=True)
class Node:
    """A schema at its path in a type, whose schema is `root`. What is wrong with a key is noted in the tally."""

    schema: Mapping[str, object]
    path: str
    root: Mapping[str, object]
    tally: Tally

    def fault(self, key: str, rule: str) -> None:
        """Note that a key breaks a rule."""
        self.tally.fault(f"{self.path}.{key}", rule)

    def text(self, key: str) -> str | None:
        """Return a string, None if there is none."""
        value = self.schema.get(key)
        if value is None or isinstance(value, str):
            return value
        self.fault(key, "must be a string")
        return None

    def number(self, key: str) -> float | None:
        """Return a number, None if there is none."""
        value = self.schema.get(key)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        self.fault(key, "must be a number")
        return None

    def strings(self, key: str, limit: int) -> tuple[str, ...]:
        """Return a list of at most `limit` strings, empty if there is none."""
        value = self.schema.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            self.fault(key, "must be a list of strings")
            return ()
        if len(value) > limit:
            self.fault(key, f"must not hold more than {limit} strings")
            return ()
        return tuple(value)

    @property
    def description(self) -> str:
        """What a model is told of it, in one line."""
        value = self.schema.get("description")
        text = value if isinstance(value, str) else ""
        return " ".join(text.split())[:MAX_DESCRIPTION_CHARACTERS]

    def labels(self, name: str) -> tuple[str, ...]:
        """Return its name, title and further labels, without those that say nothing."""
        labels = (name, self.text("title") or "", *self.strings("x-labels", MAX_LABELS))
        return tuple(dict.fromkeys(label for label in labels if tokens(label)))

    def json_type(self) -> str | None:
        """Return its one JSON type beside null; without a `type` the one that its keys are of."""
        value = self.schema.get("type")
        if value is None:
            plain = "array" if "items" in self.schema else "string"
            return "object" if "properties" in self.schema else plain
        choices = value if isinstance(value, list) else [value]
        real = [choice for choice in choices if choice != "null"]
        for name in _JSON_TYPES:
            if real == [name]:
                return name
        known = choices and all(choice in _JSON_TYPES for choice in real)
        names = f"must be one of {', '.join(_JSON_TYPES)}, null"
        self.fault("type", "must name one type beside null" if known else names)
        return None

    def enum(self) -> tuple[Scalar, ...] | None:
        """Return the choices without null; None if they are none."""
        value = self.schema.get("enum", [self.schema["const"]] if "const" in self.schema else [])
        if not isinstance(value, list) or len(value) > MAX_ENUM:
            self.fault("enum", f"must be a list of at most {MAX_ENUM} values")
            return None
        choices = tuple(choice for choice in value if choice is not None)
        if not all(isinstance(choice, str | int | float | bool) for choice in choices):
            self.fault("enum", "must have strings, numbers or booleans")
            return None
        return choices

    def pattern(self) -> str | None:
        """Return its pattern if that can be compiled."""
        pattern = self.text("pattern")
        if pattern is None:
            return None
        if len(pattern) > MAX_PATTERN_CHARACTERS:
            self.fault("pattern", f"must not be longer than {MAX_PATTERN_CHARACTERS} characters")
            return None
        self.tally.patterns += 1
        if self.tally.patterns > MAX_PATTERNS:
            self.fault("pattern", f"must be one of at most {MAX_PATTERNS} patterns in all")
            return None
        from extraction.values.pattern import PatternError, compile_pattern

        try:
            compile_pattern(pattern)
        except PatternError as error:
            self.fault("pattern", str(error))
            return None
        return pattern

    def inner(self, schema: object, path: str) -> Node | None:
        """Return a schema inside this one at its own path, or None if it is no schema."""
        return replace(self, schema={}, path=path).resolved(schema)

    def resolved(self, schema: object) -> Node | None:
        """Return this node with a schema after its `$ref`, single `allOf` or optional `anyOf`; the outer keys win."""
        found: dict[str, object] = {}
        for _ in range(MAX_DEPTH * 2):
            if not isinstance(schema, Mapping):
                self.tally.fault(self.path, "must be a JSON Schema object")
                return None
            found = {key: schema[key] for key in schema if key not in _REFERRING} | found
            choice = next((key for key in _CHOICES if key in schema), None)
            if schema.get("$ref") is not None:
                schema = self._referred(schema["$ref"])
            elif choice is not None:
                schema = self._only_choice(choice, schema[choice])
            else:
                return replace(self, schema=found)
            if schema is None:
                return None
        self.tally.fault(self.path, "must not refer to itself")
        return None

    def _referred(self, reference: object) -> object:
        if not isinstance(reference, str) or not reference.startswith("#/"):
            self.fault("$ref", "must point into this type, such as #/$defs/Line")
            return None
        target: object = self.root
        for part in reference[2:].split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            target = target.get(key) if isinstance(target, Mapping) else None
        if target is None:
            self.fault("$ref", "points at nothing")
        return target

    def _only_choice(self, key: str, choices: object) -> object:
        if not isinstance(choices, list):
            self.fault(key, "must be a list")
            return None
        types = [choice.get("type") if isinstance(choice, Mapping) else "" for choice in choices]
        real = [(t, choice) for t, choice in zip(types, choices, strict=True) if t != "null"]
        # A number that may be spelled as text, as generators write decimals, is a number.
        numbers = [choice for t, choice in real if t in ("number", "integer")]
        if len(real) == 2 and len(numbers) == 1 and any(t == "string" for t, _ in real):
            return numbers[0]
        if len(real) != 1:
            rule = "leave one choice beside null" if real else "hold a choice other than null"
            self.fault(key, f"must {rule}")
            return None
        return real[0][1]
