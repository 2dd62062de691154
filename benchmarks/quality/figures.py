"""Precision, recall and F1, over everything and by type, property, format and document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from benchmarks.quality.extracting import Result
from extraction_jobs_cli.scoring import Judged, Tally


def overall(results: Iterable[Result]) -> Tally:
    """Everything together."""
    tally = Tally()
    for result in results:
        tally.add(result.score.found, result.score.expected)
    return tally


def by_format(results: Sequence[Result]) -> Mapping[str, Tally]:
    """Each kind of file."""
    formats = sorted({result.document.format for result in results})
    return {name: overall(r for r in results if r.document.format == name) for name in formats}


def by_types_asked(results: Sequence[Result]) -> Mapping[str, Tally]:
    """Documents extracted with the ready-made types, and those with types of their own."""
    return {
        "ready-made types": overall(r for r in results if not r.document.has_own_types),
        "types of their own": overall(r for r in results if r.document.has_own_types),
    }


def by_type(results: Sequence[Result]) -> Mapping[str, Tally]:
    """Each ready-made type, over the documents that were extracted with all of them."""
    ready = [result for result in results if not result.document.has_own_types]
    return _grouped(ready, lambda value: value.path.split(".")[0])


def by_property(results: Sequence[Result]) -> Mapping[str, Tally]:
    """Each property of the ready-made types."""
    ready = [result for result in results if not result.document.has_own_types]
    return _grouped(ready, lambda value: value.path)


def relationships(results: Iterable[Result]) -> Tally:
    """Relationships, in the documents where they were labelled."""
    tally = Tally()
    for result in results:
        if "relationships" in result.document.gold:
            tally.right += result.score.links_right
            tally.found += result.score.links_found
            tally.expected += result.score.links_expected
    return tally


def _grouped(results: Iterable[Result], key: Callable[[Judged], str]) -> Mapping[str, Tally]:
    tallies: dict[str, Tally] = {}
    for result in results:
        for value, is_found in _values(result):
            tally = tallies.setdefault(key(value), Tally())
            tally.add([value] if is_found else [], [] if is_found else [value])
    return dict(sorted(tallies.items()))


def _values(result: Result) -> Iterator[tuple[Judged, bool]]:
    yield from ((value, True) for value in result.score.found)
    yield from ((value, False) for value in result.score.expected)
