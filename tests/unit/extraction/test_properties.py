"""Promises that hold for any document: exact spans, one result however cut, no crash, no hang."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extraction import (
    ChunkResult,
    Control,
    Extraction,
    Limits,
    OfflineExtractor,
    Options,
    PermanentError,
    StoppedError,
    parse_object_types,
    read_document,
    ready_made_object_types,
)

EXTRACTOR = OfflineExtractor()
READY_MADE = parse_object_types(ready_made_object_types())
OWN = parse_object_types(
    {
        "Thing": {
            "properties": {
                "citations": {"type": "array", "items": {"type": "string"}},
                "confidence": {"type": "number"},
                "code": {"type": "string", "pattern": "^[A-Z]+-[0-9]+$"},
                "owner": {
                    "type": "object",
                    "properties": {"name": {"type": "string"}, "email": {"format": "email"}},
                },
                "lines": {
                    "type": "array",
                    "items": {"properties": {"item": {}, "qty": {"type": "number"}}},
                },
            }
        }
    }
)

WORDS = st.sampled_from(
    "Invoice Number Total Date Owner Jane Doe Acme Ltd shall must Decision D-17 A-3 EUR 12.50 2026-03-04 "
    "3 March 2026 Qty Description Price Amount code owner name item by the agreed Present Chair".split()
)
GLUE = st.sampled_from(
    ["", " ", " ", ": ", "\n", "\n\n", " | ", "  ", "\t", "- ", "# ", "**", " (", ") ", ". ", "; "]
)
DOCUMENTS = st.lists(st.tuples(WORDS, GLUE), min_size=1, max_size=120).map(
    lambda parts: "".join(word + glue for word, glue in parts)
)


def extract(content: bytes, size: int = 8000, **options: Any) -> tuple[str, Extraction]:
    document = read_document(content, media_type=None, name=None, limits=Limits())
    types = options.pop("types", READY_MADE)
    run = EXTRACTOR.start(document, types, Options(chunk_characters=size, **options))
    results = []
    for chunk in run.chunks:
        result = run.chunk(chunk.index, control=Control())
        stored = json.loads(json.dumps(result.to_json(), sort_keys=True))
        assert ChunkResult.from_json(stored) == result
        results.append(ChunkResult.from_json(stored))
    return document.text, run.result(results)


def leaves(properties: Any, evidence: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Walk the two trees together; they must have the same shape."""
    if isinstance(properties, dict):
        assert set(properties) == set(evidence)
        for key, value in properties.items():
            yield from leaves(value, evidence[key])
    elif isinstance(properties, list):
        assert len(properties) == len(evidence)
        for value, proof in zip(properties, evidence, strict=True):
            yield from leaves(value, proof)
    else:
        yield properties, evidence


def check(text: str, extraction: Extraction) -> None:
    for item in extraction.objects:
        assert 0 < item.confidence <= 1
        assert 0 <= item.start < item.end <= len(text)
        found = list(leaves(item.properties, item.evidence))
        assert found
        for value, proof in found:
            assert value not in ("", None)
            assert proof["confidence_basis"].startswith("calibrated on ")
            for citation in proof["citations"]:
                assert text[citation["start"] : citation["end"]] == citation["quote"]
                assert citation["quote"]
                assert item.start <= citation["start"] < citation["end"] <= item.end
    for link in extraction.relationships:
        assert 0 <= link.from_index < len(extraction.objects)
        assert 0 <= link.to_index < len(extraction.objects)
        assert link.from_index != link.to_index
    assert 0 <= extraction.coverage <= 1


@settings(max_examples=150)
@given(DOCUMENTS)
def test_spans_quote_the_source_and_chunks_change_nothing(source: str) -> None:
    content = source.encode()
    try:
        text, whole = extract(content, types=READY_MADE)
    except PermanentError:
        return
    check(text, whole)
    for size in (1, 40, 300):
        _, cut = extract(content, size)
        assert cut.objects == whole.objects
        assert cut.relationships == whole.relationships
        assert cut.coverage == whole.coverage


@settings(max_examples=100)
@given(DOCUMENTS)
def test_types_of_ones_own_hold_the_same_promises(source: str) -> None:
    try:
        text, extraction = extract(source.encode(), 60, types=OWN)
    except PermanentError:
        return
    check(text, extraction)


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_any_bytes_give_objects_or_a_refusal(content: bytes) -> None:
    try:
        text, extraction = extract(content, 50)
    except PermanentError as refusal:
        refused = str(refusal)
    else:
        refused = "."
        check(text, extraction)
    assert refused.endswith(".")


@settings(max_examples=100)
@given(st.text(alphabet="<>/abdtrhliup=\"' !-\n&;#0", max_size=200))
def test_any_html_gives_objects_or_a_refusal(inner: str) -> None:
    try:
        text, extraction = extract(f"<html><body>{inner}</body></html>".encode())
    except PermanentError:
        return
    check(text, extraction)


def test_chunks_cover_the_text_without_gaps() -> None:
    document = read_document(b"a: b\n\n" * 500, media_type=None, name=None, limits=Limits())
    run = EXTRACTOR.start(document, READY_MADE, Options(chunk_characters=100))
    assert len(run.chunks) > 20
    assert [c.index for c in run.chunks] == list(range(len(run.chunks)))
    assert [c.start for c in run.chunks] == [0, *(c.end for c in run.chunks[:-1])]
    assert run.chunks[-1].end == len(document.text)


def test_a_plan_is_known_by_its_digest() -> None:
    document = read_document(b"Total: 5", media_type=None, name=None, limits=Limits())
    other = read_document(b"Total: 6", media_type=None, name=None, limits=Limits())
    same = EXTRACTOR.start(document, READY_MADE, Options()).digest
    assert EXTRACTOR.start(document, tuple(reversed(READY_MADE)), Options()).digest == same
    assert EXTRACTOR.start(other, READY_MADE, Options()).digest != same
    assert EXTRACTOR.start(document, OWN, Options()).digest != same
    assert EXTRACTOR.start(document, READY_MADE, Options(chunk_characters=9)).digest != same


def test_a_chunk_stops_when_told() -> None:
    document = read_document(b"Total: 5\n" * 50, media_type=None, name=None, limits=Limits())
    run = EXTRACTOR.start(document, READY_MADE, Options())
    asked = []

    def after_three() -> bool:
        asked.append(1)
        return len(asked) > 3

    with pytest.raises(StoppedError):
        run.chunk(0, control=Control(should_stop=after_three))
    assert len(asked) == 4


def test_a_missing_chunk_is_told_and_the_rest_kept() -> None:
    content = b"Decision D-1: The first.\n\n" + b"Decision D-2: The second.\n\n"
    document = read_document(content, media_type=None, name=None, limits=Limits())
    run = EXTRACTOR.start(document, READY_MADE, Options(chunk_characters=10))
    results = [run.chunk(c.index, control=Control()) for c in run.chunks]
    kept = [r for r in results if not any("object" in f and "D-2" in str(f) for f in r.findings)]
    assert len(kept) == len(results) - 1
    extraction = run.result(kept)
    assert [o.properties["id"] for o in extraction.objects] == ["D-1"]
    assert any("no result" in warning for warning in extraction.warnings)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"index": 0},
        {"index": "0", "object_count": 0, "findings": [], "warnings": [], "usage": {}},
        {"index": 0, "object_count": 0, "findings": [3], "warnings": [], "usage": {}},
    ],
)
def test_what_is_no_checkpoint_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a chunk result"):
        ChunkResult.from_json(broken)


HOSTILE = {
    "one long word": "a" * 150_000,
    "colons": ":" * 100_000,
    "pairs": "a: b\n" * 7_500,
    "numbered lines": "".join(f"{i}. Item\n" for i in range(4_000)),
    "pipes": "|" * 100_000,
    "a table of one column each": "| a | b |\n" * 5_000,
    "brackets": "(" * 100_000,
    "spaces": " " * 150_000 + "x",
    "names": "Jane Doe " * 12_500,
    "digits": "1," * 50_000,
    "stars": "**" * 50_000,
    "gaps": "a  " * 30_000,
    "dots": ". " * 50_000,
    "labels": "Owner:\n" * 7_500,
    "legal forms": "Acme Foo Bar Ltd, " * 5_000,
    "quotes": '("a") ' * 15_000,
    "mail": "a." * 50_000 + "@x",
    "boxes": "[x] a [ ] b  " * 4_000,
    "bill lines": "2 x Soup @ 1.50   3.00\n" * 4_000,
    "names without a price": "Soup\n" * 10_000,
    "rows of columns": "Name      Qty    Price    Amount\n"
    + "Bolt        4     2.50     10.00\n" * 2_500,
    "headers alone": "Name      Qty    Price    Amount\n" * 3_000,
    "wrapped cells": "| a | b | c |\n|---|---|---|\n| 1 | x | y |\n" + "| | x | |\n" * 5_000,
    "blocks": "Shipper        Consignee      Other\n" * 3_000,
    "labels on one line": "Name: " + "Ab Cd: x " * 7_500,
    "periods": "Period: " + "1 to " * 10_000,
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_text_ends_soon(name: str) -> None:
    begun = time.process_time()
    extract(HOSTILE[name].encode())
    # 100-150 kB take half a second; anything quadratic would take a minute.
    assert time.process_time() - begun < 10


def test_cost_follows_length() -> None:
    page = "1.1 The Supplier shall pay EUR 5 by 3 May 2026.\nOwner: Jane Doe\n\n| A | B |\n|---|---|\n| 1 | 2 |\n\n"

    def seconds(copies: int) -> float:
        begun = time.perf_counter()
        extract(page.encode() * copies)
        return time.perf_counter() - begun

    seconds(50)
    small = min(seconds(200) for _ in range(3))
    large = min(seconds(1600) for _ in range(2))
    assert large < small * 8 * 4
