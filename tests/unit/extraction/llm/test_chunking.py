"""Chunks and halves: together the whole text, cut where something begins."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from extraction import Options, parse_object_types, ready_made_object_types
from extraction.llm import ModelExtractor
from extraction.llm.chunking import chunks_of, halves, piece_of
from tests.unit.extraction.llm.scripted import Scripted, document

TEXTS = st.lists(
    st.one_of(
        st.sampled_from(
            ["# A heading\n", "\n", "| a | b |\n| - | - |\n| 1 | 2 |\n", "- an item\n"]
        ),
        st.text(alphabet="ab .\n", max_size=400),
        st.just("Total: 12.00\n"),
    ),
    max_size=30,
).map("".join)


@given(TEXTS, st.lists(st.integers(1, 3000), max_size=40), st.integers(1, 900))
def test_chunks_are_the_whole_text_and_none_is_much_too_large(
    text: str, places: list[int], size: int
) -> None:
    within = tuple(sorted({p for p in places if p < len(text)}))
    chunks = chunks_of(text, within, size)
    assert [c.index for c in chunks] == list(range(len(chunks)))
    assert "".join(text[c.start : c.end] for c in chunks) == text
    assert all(c.end - c.start <= 1.25 * size + 1 for c in chunks)
    assert all(c.end > c.start for c in chunks) or not text


@given(TEXTS, st.integers(1, 3000), st.integers(0, 3000), st.integers(0, 500))
def test_halves_are_the_whole_stretch_and_well_smaller(
    text: str, place: int, start: int, overlap: int
) -> None:
    start = min(start, len(text))
    cut = halves(text, (place,), start, len(text))
    if cut is None:
        assert len(text) - start < 100
        return
    first, middle, last = cut
    assert (first, last) == (start, len(text))
    assert max(middle - first, last - middle) <= 0.81 * (last - first)
    piece = piece_of((place,), middle, last, overlap)
    assert 0 <= piece.shown_from <= piece.start == middle
    assert piece.start - piece.shown_from <= overlap


def test_a_chunk_ends_between_rows_and_paragraphs() -> None:
    rows = "".join(f"| Item {n} | {n}.00 |\n" for n in range(80))
    text = (
        f"# Prices\n\n| Item | Price |\n| --- | --- |\n{rows}\nA paragraph. " + "More of it. " * 30
    )
    types = parse_object_types(ready_made_object_types())
    run = ModelExtractor(Scripted([])).start(document(text), types, Options(chunk_characters=300))
    for chunk in run.chunks[1:]:
        if chunk.start < text.index("A paragraph"):
            assert text[chunk.start - 1] == "\n"


def test_one_endless_line_is_cut_all_the_same() -> None:
    run = ModelExtractor(Scripted([])).start(
        document("x" * 10_000),
        parse_object_types({"T": {"properties": {"a": {}}}}),
        Options(chunk_characters=1000),
    )
    assert len(run.chunks) == 10
