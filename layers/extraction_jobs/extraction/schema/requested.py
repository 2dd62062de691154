"""What a request may name as its object types: schemas of its own, or ready-made sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from extraction.errors import Fault, ObjectTypeError
from extraction.schema.object_types import ObjectType
from extraction.schema.ready_made import ready_made_object_types, ready_made_sets
from extraction.schema.schemas import parse_object_types


def requested_object_types(
    request: Mapping[str, Any] | Sequence[str] | str | None,
) -> tuple[ObjectType, ...]:
    """Return the object types that a request means.

    Args:
        request: JSON Schemas by type name; or the name of a ready-made set, or a list of such names; or None for
            the sets that are asked for by default.

    Raises:
        ObjectTypeError: a schema cannot be used, or there is no such set.
    """
    if request is None:
        return parse_object_types(ready_made_object_types())
    if isinstance(request, Mapping):
        return parse_object_types(request)
    if isinstance(request, str):
        return parse_object_types(_of_sets({"object_types": request}))
    if not request:
        raise ObjectTypeError([Fault("object_types", "must name at least one ready-made set")])
    return parse_object_types(_of_sets({str(index): name for index, name in enumerate(request)}))


def _of_sets(names: Mapping[str, str]) -> dict[str, Any]:
    """The types of the named sets; `names` by their place in the request."""
    sets = ready_made_sets()
    rule = f"must be one of the ready-made sets: {', '.join(sorted(sets))}"
    unknown = [Fault(place, rule) for place, name in names.items() if name not in sets]
    if unknown:
        raise ObjectTypeError(unknown)
    return {
        type_name: schema for name in names.values() for type_name, schema in sets[name].items()
    }
