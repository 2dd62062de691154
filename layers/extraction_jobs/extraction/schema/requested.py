"""What a request may name as its object types: schemas of its own, or ready-made sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from extraction.errors import Fault, ObjectTypeError
from extraction.schema.object_types import ObjectType
from extraction.schema.ready_made import ready_made_object_types, ready_made_sets
from extraction.schema.schemas import parse_object_types


def requested_object_types(
    request: Mapping[str, object] | Sequence[str] | str | None,
) -> tuple[ObjectType, ...]:
    """Return the object types that a request means.

    Args:
        request: JSON Schemas by type name; or the name of a ready-made set, or a list of such names; or None for
            the sets that are asked for by default.

    Raises:
        ObjectTypeError: a schema cannot be used, or there is no such set.
    """
    if request is None:
        return _by_default()
    if isinstance(request, Mapping):
        return parse_object_types(request)
    names = {"object_types": request} if isinstance(request, str) else dict(enumerate(request))
    if not names:
        raise ObjectTypeError([Fault("object_types", "must name at least one ready-made set")])
    sets = _sets()
    rule = f"must be one of the ready-made sets: {', '.join(sets)}"
    unknown = [Fault(str(place), rule) for place, name in names.items() if name not in sets]
    if unknown:
        raise ObjectTypeError(unknown)
    types = {each.name: each for name in names.values() for each in sets[name]}
    return tuple(types[name] for name in sorted(types))


@cache
def _sets() -> Mapping[str, tuple[ObjectType, ...]]:
    return {name: parse_object_types(types) for name, types in sorted(ready_made_sets().items())}


@cache
def _by_default() -> tuple[ObjectType, ...]:
    return parse_object_types(ready_made_object_types())
