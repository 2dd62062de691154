"""Compare objects with gold, what a careful person would write: one point for each value, counted within its object.

Strict, and the headline: a value is right if it is the gold's, in the object it belongs to. Case, white space, commas,
a full stop at the end and a title before a name do not count; everything else does. Objects of a type without gold are
wrong throughout. Lenient, shown beside it: a text that shares four fifths of its words with the gold's is right too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

NEAR = 0.8

_TITLES = re.compile(
    r"(?:(?:mr|mrs|ms|miss|messrs|dr|prof|sir|dame|cllr|canon|rev|herr|herrn|frau|don|doña|sr|sra|mme|monsieur|"
    r"madame|sig|signor|signora|mevrouw|dhr)\b\.?\s+)+(?=\w)"
)

Item = tuple[str, Mapping[str, Any], Mapping[str, Any]]
Link = tuple[str, int, int]
Spelling = Callable[[str], str]
Agreement = Callable[[Sequence["Judged"], Sequence["Judged"]], int]


@dataclass(slots=True)
class Judged:
    """One value, of what was found or of the gold.

    Attributes:
        path: the type and the property, such as `Invoice.line_items[].amount`.
        value: in the form in which values are compared.
        given: as it was given.
        proof: the evidence of a value that was found.
        right: whether the other side has it, in the object that this one's was paired with.
        near: the same, or nearly.
    """

    path: str
    value: str
    given: object
    proof: Mapping[str, Any]
    right: bool = False
    near: bool = False

    def __str__(self) -> str:
        return f"{self.path}={self.value}"


@dataclass(frozen=True, slots=True)
class Score:
    """Every value of both sides, judged; and how many relationships were right, found and expected."""

    found: Sequence[Judged]
    expected: Sequence[Judged]
    links_right: int = 0
    links_found: int = 0
    links_expected: int = 0

    @property
    def right(self) -> int:
        """How many values are right."""
        return sum(value.right for value in self.found)

    @property
    def extra(self) -> tuple[str, ...]:
        """What was found and is not in the gold."""
        return tuple(str(value) for value in self.found if not value.right)

    @property
    def missed(self) -> tuple[str, ...]:
        """What is in the gold and was not found."""
        return tuple(str(value) for value in self.expected if not value.right)


@dataclass(slots=True)
class Tally:
    """Counts of values, and what follows from them."""

    right: int = 0
    found: int = 0
    expected: int = 0
    near_found: int = 0
    near_expected: int = 0

    def add(self, found: Iterable[Judged], expected: Iterable[Judged]) -> None:
        """Count more values."""
        for value in found:
            self.right += value.right
            self.found += 1
            self.near_found += value.near
        for value in expected:
            self.expected += 1
            self.near_expected += value.near

    @property
    def precision(self) -> float:
        """How much of what was found is right."""
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """How much of the gold was found."""
        return self.right / self.expected if self.expected else 0.0

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        both = self.found + self.expected
        return 2 * self.right / both if both else 0.0

    @property
    def lenient_f1(self) -> float:
        """The same, with texts that are nearly right."""
        both = self.found + self.expected
        return (self.near_found + self.near_expected) / both if both else 0.0


@dataclass(slots=True)
class _Object:
    """An object taken apart: its own values, and the rows of its arrays of objects."""

    type: str
    spelled: Spelling
    own: list[Judged] = field(default_factory=list)
    rows: dict[str, list[list[Judged]]] = field(default_factory=dict)

    @classmethod
    def of(cls, item: Item, spelled: Spelling) -> _Object:
        kind, properties, evidence = item
        made = cls(kind, spelled)
        made._take(made.own, kind, properties, evidence)
        return made

    def _take(self, into: list[Judged], path: str, value: Any, proof: Any) -> None:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                self._take(into, f"{path}.{key}", inner, _inside(proof, key))
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                if isinstance(inner, Mapping):
                    # Arrays within a row belong to the row.
                    row: list[Judged] = []
                    self._take(row, f"{path}[]", inner, _inside(proof, index))
                    self.rows.setdefault(path, []).append(row)
                else:
                    self._take(into, f"{path}[]", inner, _inside(proof, index))
        else:
            into.append(Judged(path, comparable(value, self.spelled), value, proof))

    def all(self) -> list[Judged]:
        return [
            *self.own,
            *(value for rows in self.rows.values() for row in rows for value in row),
        ]


def compare(
    found: Iterable[Item],
    expected: Iterable[Item],
    found_links: Iterable[Link] = (),
    expected_links: Iterable[Link] = (),
    *,
    spelled: Spelling = str,
) -> Score:
    """Pair the objects of each type so that most values agree, rows of their arrays likewise, and judge the values.

    An item is a type's name, properties, and the evidence of what was found (empty for gold). A link is a
    relationship's type and the positions of its two ends. `spelled`: see `comparable`.
    """
    left = [_Object.of(item, spelled) for item in found]
    right = [_Object.of(item, spelled) for item in expected]
    pairs: dict[int, int] = {}
    for agreement in (_agreement, _near_agreement):
        for i, j in _pairs(
            [(n, x.type, x.all()) for n, x in enumerate(left) if n not in pairs],
            [(n, x.type, x.all()) for n, x in enumerate(right) if n not in pairs.values()],
            agreement,
        ):
            pairs[i] = j
            _judge_objects(left[i], right[j])
    links = Counter((kind, pairs.get(a, -1), pairs.get(b, -1)) for kind, a, b in found_links)
    wanted = Counter(expected_links)
    return Score(
        [value for item in left for value in item.all()],
        [value for item in right for value in item.all()],
        sum((links & wanted).values()),
        sum(links.values()),
        sum(wanted.values()),
    )


def _pairs(
    left: Iterable[tuple[int, str, Sequence[Judged]]],
    right: Iterable[tuple[int, str, Sequence[Judged]]],
    agreement: Agreement,
) -> Iterator[tuple[int, int]]:
    """The best pairs first, each side once; what agrees in nothing stays alone."""
    others = list(right)
    rated = [
        (-agreement(values, wanted), i, j)
        for i, kind, values in left
        for j, other, wanted in others
        if kind == other
    ]
    used_left: set[int] = set()
    used_right: set[int] = set()
    for rating, i, j in sorted(rated):
        if rating and i not in used_left and j not in used_right:
            used_left.add(i)
            used_right.add(j)
            yield i, j


def _agreement(found: Sequence[Judged], expected: Sequence[Judged]) -> int:
    return (_counted(found) & _counted(expected)).total()


def _near_agreement(found: Sequence[Judged], expected: Sequence[Judged]) -> int:
    return sum(any(_is_near(value, other) for other in expected) for value in found)


def _counted(values: Iterable[Judged]) -> Counter[tuple[str, str]]:
    return Counter((value.path, value.value) for value in values)


def _judge_objects(found: _Object, expected: _Object) -> None:
    _judge(found.own, expected.own)
    for path, rows in found.rows.items():
        wanted = expected.rows.get(path, [])
        free_rows, free_wanted = set(range(len(rows))), set(range(len(wanted)))
        for agreement in (_agreement, _near_agreement):
            for i, j in _pairs(
                [(n, path, rows[n]) for n in sorted(free_rows)],
                [(n, path, wanted[n]) for n in sorted(free_wanted)],
                agreement,
            ):
                free_rows.discard(i)
                free_wanted.discard(j)
                _judge(rows[i], wanted[j])


def _judge(found: Sequence[Judged], expected: Sequence[Judged]) -> None:
    """Mark what both sides have; each value of one side answers for one of the other."""
    for value in found:
        for other in expected:
            if not other.near and (other.path, other.value) == (value.path, value.value):
                value.right = value.near = other.right = other.near = True
                break
    for value in found:
        for other in expected:
            if not value.near and not other.near and _is_near(value, other):
                value.near = other.near = True


def _is_near(one: Judged, other: Judged) -> bool:
    if one.path != other.path or not (isinstance(one.given, str) and isinstance(other.given, str)):
        return False
    a, b = Counter(one.value.split()), Counter(other.value.split())
    return 2 * (a & b).total() >= NEAR * (a.total() + b.total())


def _inside(proof: Any, key: str | int) -> Any:
    return proof[key] if proof else {}


def comparable(value: Any, spelled: Spelling = str) -> str:
    """A value in the form in which it is compared; `spelled` gives a text, in small letters, its one spelling."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        text = " ".join(str(value).casefold().replace(",", " ").split()).rstrip(".")
        return spelled(_TITLES.sub("", text, count=1) if _TITLES.match(text) else text)
    return f"{value:.4f}"
