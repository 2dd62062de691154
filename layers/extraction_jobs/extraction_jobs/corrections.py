"""What a reviewer changes in a result: values of its objects, checked against the types that the job asked for."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from extraction import Fault

if TYPE_CHECKING:
    from extraction import ObjectType, Property

Scalar = str | int | float | bool
_BASIS = "corrected by a person"


@dataclass(frozen=True, slots=True)
class Correction:
    """A value that is right instead of what was found.

    Attributes:
        object_id: of the job's result.
        path: the property, such as `total`, `seller.name`, `tags.0` or `line_items.2.amount`. The number behind the
            last row adds one.
        value: what is right; None takes the property, the item or the row away.
    """

    object_id: UUID
    path: str
    value: Scalar | None


class CorrectionRefusedError(Exception):
    """Corrections that cannot be made. `faults` names for each its place in the request and the rule."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults[0].rule)
        self.faults = tuple(faults)


@dataclass(slots=True)
class CorrectedObject:
    """An object of a result, as a reviewer leaves it."""

    ordinal: int
    type: str
    properties: dict[str, Any]
    evidence: dict[str, Any]

    @property
    def confidence(self) -> float:
        """The mean of its values', as of any object."""
        found = list(_confidences(self.evidence))
        return round(sum(found) / len(found), 4) if found else 1.0


def corrected(
    rows: Sequence[Mapping[str, Any]],
    corrections: Sequence[Correction],
    types: Sequence[ObjectType],
    caller: str,
) -> list[CorrectedObject]:
    """Returns the objects that the corrections change, made in their order.

    The evidence of a corrected value says who corrected it, and what stood there before with its evidence.

    Args:
        rows: the job's objects: ordinal, id, type, properties, evidence.
        corrections: at least one.
        types: those that the job asked for.
        caller: who corrects.

    Raises:
        CorrectionRefusedError: see there.
    """
    by_id = {row["id"]: row for row in rows}
    properties_of = {each.name: each.properties for each in types}
    changed: dict[UUID, CorrectedObject] = {}
    faults: list[Fault] = []
    for number, correction in enumerate(corrections):
        row = by_id.get(correction.object_id)
        if row is None:
            faults.append(Fault(f"{number}.object", "must be the id of an object of this job"))
            continue
        target = changed.setdefault(
            correction.object_id,
            CorrectedObject(
                row["ordinal"],
                row["type"],
                copy.deepcopy(row["properties"]),
                copy.deepcopy(row["evidence"]),
            ),
        )
        change = _Change(correction.value, caller)
        fault = change.in_object(
            properties_of.get(target.type, ()),
            target.properties,
            target.evidence,
            correction.path.split("."),
        )
        if fault:
            faults.append(Fault(f"{number}.{fault.path}", fault.rule))
    if faults:
        raise CorrectionRefusedError(faults)
    return list(changed.values())


@dataclass(frozen=True, slots=True)
class _Change:
    """One correction on its way down the trees of values and of evidence."""

    value: Scalar | None
    caller: str

    def in_object(
        self,
        properties: Sequence[Property],
        values: dict[str, Any],
        proofs: dict[str, Any],
        path: Sequence[str],
    ) -> Fault | None:
        name, *rest = path
        prop = next((each for each in properties if each.name == name), None)
        if prop is None:
            return Fault("property", "must be a property of the object's type")
        if rest and (prop.many or prop.children):
            if name not in values:
                values[name], proofs[name] = ([], []) if prop.many else ({}, {})
            if prop.many:
                return self._in_array(prop, values[name], proofs[name], rest)
            return self.in_object(prop.children, values[name], proofs[name], rest)
        if self.value is None and name not in values:
            return Fault("property", "must have a value that can be removed")
        if rest or ((prop.many or prop.children) and self.value is not None):
            return Fault("property", "must lead to one value: text, a number, true or false")
        if fault := self._broken(prop):
            return fault
        proofs[name] = self._proof(values.pop(name, None), proofs.get(name))
        if self.value is not None:
            values[name] = self.value
        return None

    def _in_array(
        self, prop: Property, values: list[Any], proofs: list[Any], path: Sequence[str]
    ) -> Fault | None:
        place, *rest = path
        last = len(values) - (self.value is None)
        if not place.isdecimal() or int(place) > last:
            return Fault("property", f"must have a number from 0 to {last} in the array")
        index = int(place)
        if self.value is None and not rest:
            del values[index : index + 1], proofs[index : index + 1]
            return None
        if bool(rest) != bool(prop.children):
            return Fault("property", "must lead to one value: text, a number, true or false")
        if rest:
            row, proof = (values[index], proofs[index]) if index < len(values) else ({}, {})
            if fault := self.in_object(prop.children, row, proof, rest):
                return fault
            values[index : index + 1], proofs[index : index + 1] = [row], [proof]
            return None
        if fault := self._broken(prop):
            return fault
        before = values[index : index + 1]
        proofs[index : index + 1] = [
            self._proof(before[0], proofs[index]) if before else self._proof(None, None)
        ]
        values[index : index + 1] = [self.value]
        return None

    def _broken(self, prop: Property) -> Fault | None:
        # Only who corrects pays for the recognisers' import.
        from extraction import broken_rule

        rule = None if self.value is None else broken_rule(prop, self.value)
        return Fault("value", rule) if rule else None

    def _proof(self, before: object, proof: object) -> dict[str, Any]:
        return {
            "confidence": 1.0,
            "confidence_basis": _BASIS,
            "method": "corrected",
            "citations": [],
            "corrected_by": self.caller,
            "previous": None if before is None else {"value": before, "evidence": proof},
        }


def _confidences(evidence: object) -> Iterator[float]:
    if isinstance(evidence, list):
        for each in evidence:
            yield from _confidences(each)
    elif isinstance(evidence, dict):
        if isinstance(evidence.get("citations"), list) and "confidence" in evidence:
            yield evidence["confidence"]
        else:
            for each in evidence.values():
                yield from _confidences(each)
