"""Quotes and where they stand: whatever a model quotes, a citation is the text's own words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extraction.llm.aligning import Aligner, Place

TEXT = (
    "# Framework agreement\n\n"
    "The “Supplier” shall deliver the goods within 30 days of the\norder — at its own cost.\n"
    "The fee is EUR 1,250.00 per month; a late fee of EUR 12 applies. It shall not exceed EUR 21,250.00.\n"
    "| Item | Price |\n| Widget | 10.00 |\n| Widget | 12.00 |\n"
    "Signed in the pres-\nence of the notary, Frau Müller-Lüdenscheidt, of\u00a0Ko\u0308ln.\n"
)


def found(quote: str, text: str = TEXT) -> list[tuple[str, str]]:
    aligner = Aligner(text, 0, len(text))
    return [(text[p.start : p.end], p.alignment) for p in aligner.places(quote)]


@pytest.mark.parametrize(
    ("quote", "source", "alignment"),
    [
        ("within 30 days", "within 30 days", "exact"),
        ('the "supplier" shall', "The “Supplier” shall", "exact"),
        ("30 days of the order - at its own cost", "30 days of the\norder — at its own cost", "exact"),
        ("Widget 12.00", "Widget | 12.00", "exact"),
        ("in the presence of", "in the pres-\nence of", "exact"),
        ("of Köln", "of\u00a0Ko\u0308ln", "exact"),
        ("Supplier must deliver the goods within 30 days", "Supplier” shall deliver the goods within 30 days", "fuzzy"),
        ("within 30 days ... at its own cost", "within 30 days of the\norder — at its own cost", "fuzzy"),
        ("The fee amounts to EUR 1,250.00 per month", "The fee is EUR 1,250.00 per month", "fuzzy"),
    ],
)  # fmt: skip
def test_a_quote_is_found_though_it_is_not_to_the_letter(
    quote: str, source: str, alignment: str
) -> None:
    assert found(quote) == [(source, alignment)]


@pytest.mark.parametrize(
    "quote",
    [
        "",
        "  \n",
        "the customer may terminate at any time",
        "The fee is EUR 1,350.00 per month",
        "The fee is EUR 1,250.00 per 12 months",
        "It shall exceed EUR 21,250.00",
        "Widgit",
    ],
)
def test_what_the_text_does_not_say_is_found_nowhere(quote: str) -> None:
    assert found(quote) == []


def test_a_number_is_not_found_inside_another_number() -> None:
    starts = [p.start for p in Aligner(TEXT, 0, len(TEXT)).places("1,250.00")]
    assert starts == [TEXT.index("1,250.00")]
    assert [p.start for p in Aligner(TEXT, 0, len(TEXT)).places("12")] == [
        TEXT.index("EUR 12 ") + 4
    ]


def test_every_occurrence_is_given() -> None:
    assert [source for source, _ in found("Widget")] == ["Widget", "Widget"]


WORDS = st.lists(
    st.text(alphabet="abcdeéfß üÄ019.,-–'\"“”|*_\n\t\u00a0\u00adﬁ\u0308", min_size=1, max_size=9),
    min_size=1,
    max_size=60,
).map(" ".join)


def _sound(text: str, start: int, end: int, places: tuple[Place, ...]) -> bool:
    return all(start <= p.start < p.end <= end for p in places) and all(
        p.alignment in ("exact", "fuzzy") and text[p.start : p.end].strip() for p in places
    )


@given(WORDS, st.data())
def test_a_verbatim_quote_is_always_found_where_it_stands(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    quote = text[start:end].strip()
    places = Aligner(text, 0, len(text)).places(text[start:end])
    assert _sound(text, 0, len(text), places)
    if quote:
        assert places
        assert all(text[p.start : p.end] == quote and p.alignment == "exact" for p in places)


@given(WORDS, WORDS, st.data())
def test_whatever_is_quoted_is_nowhere_or_in_the_stretch(
    text: str, quote: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    assert _sound(text, start, end, Aligner(text, start, end).places(quote))


PROSE = " ".join(
    f"Clause {n}: the {who} shall {what} the {thing} within {n + 3} days of {when}."
    for n, (who, what, thing, when) in enumerate(
        zip(
            ("buyer", "seller", "carrier", "insurer", "agent", "notary"),
            ("inspect", "deliver", "collect", "cover", "report", "certify"),
            ("merchandise", "documents", "container", "damage", "commission", "signature"),
            ("arrival", "payment", "notice", "the event", "closing", "request"),
            strict=True,
        )
    )
)


@given(st.data())
def test_a_quote_with_slips_is_found_near_where_it_came_from_or_nowhere(
    data: st.DataObject,
) -> None:
    start = data.draw(st.integers(0, len(PROSE) - 60))
    end = data.draw(st.integers(start + 40, min(len(PROSE), start + 160)))
    letters = list(PROSE[start:end])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(letters) - 1))
        letters[at] = data.draw(st.sampled_from(["", "x", letters[at] + "e", letters[at].upper()]))
    for place in Aligner(PROSE, 0, len(PROSE)).places("".join(letters)):
        overlap = min(end, place.end) - max(start, place.start)
        assert overlap >= 0.6 * (end - start)
