"""Each recogniser: what it reads, and the impossible values that it refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extraction import parse_object_types
from extraction.labels.word_lists import said_of
from extraction.values import (
    currencies,
    dates,
    decide_conventions,
    in_running_text,
    names,
    numbers,
    phrases,
    registered,
    values_of,
)
from extraction.values.value import DOUBTFUL, Conventions

WAYS = Conventions(reference=date(2026, 3, 2))


def read(text: str, schema: dict[str, Any], name: str = "x", ways: Conventions = WAYS) -> list[Any]:
    prop = parse_object_types({"T": {"properties": {name: schema}}})[0].properties[0]
    found = values_of(prop, text, 0, len(text), ways)
    for value in found:
        assert 0 <= value.start < value.end <= len(text)
        assert 0 < value.quality <= 1
    return [value.value for value in found]


DATE: dict[str, Any] = {"format": "date"}
TIME: dict[str, Any] = {"format": "time"}
MONEY: dict[str, Any] = {"type": "number", "format": "money"}
PERCENT: dict[str, Any] = {"type": "number", "format": "percent"}
CURRENCY: dict[str, Any] = {"format": "currency"}
DURATION: dict[str, Any] = {"type": "string", "format": "duration"}
PERSON: dict[str, Any] = {"format": "person-name"}
PERSONS: dict[str, Any] = {"type": "array", "items": {"type": "string", "format": "person-name"}}
BOUNDED: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 10}

# What is read of each text as a value of each kind; None is nothing.
READ: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (DATE, {
        "2026-03-04": "2026-03-04", "4 March 2026": "2026-03-04", "March 4th, 2026": "2026-03-04",
        "the 3rd day of March 2026": "2026-03-03", "Tuesday, 3 March 2026": "2026-03-03", "10-Mar-2026": "2026-03-10",
        "4. März 2026": "2026-03-04", "1er janvier 2026": "2026-01-01", "5 de mayo de 2026": "2026-05-05",
        "12 marzo 2026": "2026-03-12", "7 augustus 2026": "2026-08-07", "12.11.2025": "2025-11-12",
        "30/11/26": "2026-11-30", "29 February 2028": "2028-02-29", "by 14 March": "2026-03-14",
        # As databases and tickets print them.
        **dict.fromkeys(("30-Nov-25", "30 Nov 25", "30NOV2025", "30NOV25", "Nov-30-2025", "20251130", "30.Nov.2025",
                         "30 nov. 25", "30/NOV/25"), "2025-11-30"),
        # Days that no calendar has.
        **dict.fromkeys(("31/02/2026", "29 February 2026", "may 00", "00", "version 1.2.3", "2026-13-01",
                         "99/99/9999"))}),
    (TIME, {
        "10:30": "10:30", "2.30 pm": "14:30", "14h00": "14:00", "9 am": "09:00", "12 am": "00:00",
        **dict.fromkeys(("25:00", "12:75", "13 pm", "7"))}),
    (MONEY, {
        "EUR 1,234.56": 1234.56, "1.234,56 €": 1234.56, "$1,200": 1200, "(123.45)": -123.45, "-5.00": -5,
        "£1.5 million": 1500000, "12 345,67 kr": 12345.67, "1'234.50 CHF": 1234.5, "1,50,000.00": 150000,
        "€ 45.-": 45, "USD 4,800.00 per month": 4800,
        **dict.fromkeys(("20 %", "INV-001", "1.2.3.4", "abc", "9" * 40))}),
    (PERCENT, {"20 %": 20, "EUR 5": None}),
    (CURRENCY, {"12 US dollars": "USD", "payable in CHF": "CHF", "1 234,50 schwedische Kronen": "SEK"}),
    (BOUNDED, {"7": 7, "11": None, "0": None, "2.5": None}),
    ({"type": "string", "maxLength": 5}, {"abcdef": None}),
    ({"type": "string", "minLength": 3}, {"ab": None}),
    ({"type": "number", "exclusiveMinimum": 5}, {"5": None}),
    ({"format": "email"}, {"write to jane@x.example.": "jane@x.example", "jane at x": None}),
    ({"format": "uri"}, {"see https://a.example/b.": "https://a.example/b"}),
    ({"format": "phone"}, {"+44 20 7946 0018": "+44 20 7946 0018", "2026-03-04": None, "12345": None}),
    ({"format": "identifier"}, {"INV-2026/17": "INV-2026/17", "DR-NE": "DR-NE", "see below": None}),
    ({"format": "vat"}, {"GB123456789": "GB123456789"}),
    ({"format": "iban"}, {"ZZ29 NWBK 6016 1331 9268 19": None}),
    ({"type": "boolean"}, {"Yes": True, "nein": False, "perhaps": None}),
    ({"enum": ["in progress", "done"]}, {"In Progress": "in progress"}),
    ({"enum": ["waiting_on_customer"]}, {"waiting on customer": "waiting_on_customer"}),
    ({"enum": ["low", "high"]}, {"slow": None}),
    ({"enum": ["shall", "shall not"]}, {"shall not": "shall not"}),
    (DURATION, {
        "thirty (30) days": "P30D", "one year and six months": "P1Y6M", "neuf mois": "P9M", "half a year": "P6M",
        "1 h 30": "PT1H30M", "2 1/2 hours": "PT2H30M", "1.5 hours": "PT1H30M", "1/4 hour": "PT15M",
        # Not read in half.
        **dict.fromkeys(("until further notice", "2½ hours", "2 ½ hours", "12-18 months", "12 to 18 months"))}),
    ({"pattern": "^[A-Z]{3}-[0-9]+$"}, {"ref ABC-12, DEF": "ABC-12"}),
    ({"pattern": "[0-9]{4}"}, {"about 12345 x": "1234"}),
    ({"type": "string"}, {"n/a": None}),
    (PERSON, {
        "Jane Doe": "Jane Doe", "Dr. Anna von Berg, Chair": "Anna von Berg", "J. R. Smith": "J. R. Smith",
        "Doe, Jane": "Jane Doe", "María García López (Finance)": "María García López", "Bob O'Neil": "Bob O'Neil"}),
    (PERSONS, {
        "Jane Doe (Chair), Bob Ray; A. Smith and Carl Li": ["Jane Doe", "Bob Ray", "A. Smith", "Carl Li"],
        "- Jane Doe\n- Bob Ray (Finance)\n": ["Jane Doe", "Bob Ray"]}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "text", "expected"),
    [(schema, text, value) for schema, texts in READ for text, value in texts.items()],
)
def test_a_text_is_read_as_a_value_of_its_kind_or_refused(
    schema: dict[str, Any], text: str, expected: Any
) -> None:
    values = expected if isinstance(expected, list) else [] if expected is None else [expected]
    assert read(text, schema)[: len(values) or None] == values


def test_day_and_month_are_ordered_once_for_the_document() -> None:
    assert dates.decide_day_first("03/04/2026 and 25/04/2026") == (True, True)
    assert dates.decide_day_first("03/04/2026 and 04/25/2026") == (False, True)
    ways = decide_conventions("Date: 03/04/2026\nDue: 04/25/2026\n")
    assert read("03/04/2026", {"format": "date"}, ways=ways) == ["2026-03-04"]


def test_a_day_without_a_year_takes_the_nearest() -> None:
    autumn = Conventions(reference=date(2026, 11, 20))
    assert read("10 January", {"format": "date"}, ways=autumn) == ["2027-01-10"]
    assert read("14 March", {"format": "date"}, ways=Conventions()) == []


@given(
    figure=st.from_regex(
        r"[€$£]?\s?([1-9]\d{0,16}|\d{1,3}([.,]\d{3}){0,3})([.,]\d{1,4})?\s?[€$£]?", fullmatch=True
    ),
    comma=st.booleans(),
    sure=st.booleans(),
)
def test_a_figure_alone_is_read_as_the_same_among_words(
    figure: str, comma: bool, sure: bool
) -> None:
    ways = Conventions(decimal_comma=comma, decimals_sure=sure)
    figure = figure.strip()
    for find in (numbers.find_money, numbers.find_numbers, numbers.find_percentages):
        assert find(figure, 0, len(figure), ways) == find(f"{figure} ;", 0, len(figure) + 2, ways)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)))
def test_every_day_is_read_back(day: date) -> None:
    for text in (
        day.isoformat(),
        f"{day.day} {day:%B} {day.year}",
        f"{day:%B} {day.day}, {day.year}",
    ):
        found = dates.find_dates(text, 0, len(text), WAYS)
        assert [(v.value, v.start, v.end) for v in found] == [(day.isoformat(), 0, len(text))]


def test_each_month_of_the_table_is_read_beside_its_year() -> None:
    for said in said_of("month"):
        day = f"2026-{int(said.meaning):02d}-14"
        assert read(f"14 {said.words} 2026", {"format": "date"}) == [day]


def test_a_short_month_without_a_year_counts_in_the_documents_language() -> None:
    english = replace(WAYS, language="en")
    assert read("10 out of 12", {"format": "date"}, ways=english) == []
    assert read("10 out", {"format": "date"}, ways=replace(WAYS, language="pt")) == ["2026-10-10"]
    assert read("10 Oct", {"format": "date"}, ways=english) == ["2026-10-10"]


def test_one_and_a_half_or_fifteen_hundred_is_decided_by_the_document() -> None:
    comma = decide_conventions("Menge 2,50 zu 10,00 macht 25,00")
    dot = decide_conventions("2.50 at 10.00 is 25.00")
    assert read("1.500", {"type": "number"}, "total", comma) == [1500]
    assert read("1.500", {"type": "number"}, "total", dot) == [1.5]
    assert read("1,500", {"type": "number"}, "total", dot) == [1500]


@given(st.integers(min_value=-(10**9), max_value=10**9))
def test_every_amount_is_read_back(cents: int) -> None:
    amount = cents / 100
    for text in (f"{amount:,.2f}", f"EUR {amount:.2f}", f"{amount:,.2f} USD"):
        assert [v.value for v in numbers.find_money(text, 0, len(text), WAYS)] == [amount], text


@pytest.mark.parametrize(
    ("written", "quality"),
    [
        ("+44 20 7946 0018", 0.95),
        ("+49 (0)30 901820", 0.95),
        ("0033 1 99 00 12 34", 0.95),
        ("030 901 820", 0.8),  # whose country nobody says
        ("+44 1752 555 01 38 77", 0.6),  # longer than any number there
        ("+999 20 7946 0018", None),  # no such country
    ],
)
def test_a_phone_number_is_surer_if_its_country_has_such_numbers(
    written: str, quality: float | None
) -> None:
    found = registered.find_phones(written, 0, len(written))
    assert [(v.value, v.quality) for v in found] == ([(written, quality)] if quality else [])


def test_a_vat_number_whose_check_digits_hold_is_surer() -> None:
    right, other = "DE136695976", "DE136695970"
    assert [v.quality for v in registered.find_tax_numbers(right, 0, 11)] == [1.0]
    assert [v.quality for v in registered.find_tax_numbers(other, 0, 11)] == [0.95]


def test_ibans_and_their_check_digits() -> None:
    found = registered.find_ibans("IBAN GB29 NWBK 6016 1331 9268 19 BIC X", 0, 38)
    assert [(v.value, v.quality) for v in found] == [("GB29NWBK60161331926819", 1.0)]
    wrong = "GB29 NWBK 6016 1331 9268 18"
    assert registered.find_ibans(wrong, 0, len(wrong))[0].quality < 0.5
    beside = "GB29 NWBK 6016 1331 9268 19 2026"
    assert registered.find_ibans(beside, 0, len(beside))[0].value == "GB29NWBK60161331926819"


@pytest.mark.parametrize(
    "text", ["Effective Date", "Purchase Order", "Acme Tools Ltd", "The Supplier", "Room 4"]
)
def test_what_nobody_is_called_is_no_person_in_prose(text: str) -> None:
    assert names.find_persons(text, 0, len(text)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "between Northwind Traders Limited and Brown & Sons GmbH, both",
            ["Northwind Traders Limited", "Brown & Sons GmbH"],
        ),
        ("the University of Leeds said", ["University of Leeds"]),
        ("General Services and other Solutions", []),
    ],
)
def test_organisations_in_prose(text: str, expected: list[str]) -> None:
    assert [v.value for v in names.find_organisations(text, 0, len(text))] == expected


def test_free_text_is_not_found_in_prose() -> None:
    prop = parse_object_types({"T": {"properties": {"notes": {"type": "string"}}}})[0].properties[0]
    assert in_running_text(prop, "anything at all", 0, 15, WAYS) == []


def test_a_hostile_pattern_costs_linear_time() -> None:
    text = "a" * 2000 + "b"
    assert phrases.find_pattern("^(a+)+$", text, 0, len(text)) == []


@pytest.mark.parametrize("hyphen", "-\u2010\u2011\u2012\u2013\u2212")
def test_an_identifier_and_a_date_are_whole_whatever_their_hyphen(hyphen: str) -> None:
    code = hyphen.join(("K", "2025", "081"))
    assert read(code, {"type": "string", "format": "identifier"}) == [code]
    day = hyphen.join(("2025", "11", "04"))
    assert read(day, {"type": "string", "format": "date"}) == ["2025-11-04"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2.750,- €", 2750),
        ("18.400,— CHF", 18400),
        ("Fr. 18'400.–", 18400),
        ("€ 2.750,=", 2750),
        ("18.400 ₫", 18400),
        ("2.750,00EUR", 2750),
        ("USD2,750.00", 2750),
        ("27.50CHF", 27.5),
        ("2 x 14.50 = 29.00", 29),
        ("410[2] EUR", 410),
        ("410¹ EUR", 410),
    ],
)
def test_an_amount_is_whole(text: str, expected: float) -> None:
    schema = {"type": "number", "format": "money"}
    assert read(text, schema, ways=decide_conventions(text)) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "1/2", "3 1/2", "1:4", "1 : 4", "2·5", "1234٫56", "1 234·56", "10-20", "2 ½", "2½", "5^3", "2x4",
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["money", "number"])
def test_a_figure_is_not_read_in_half(text: str, kind: str) -> None:
    schema = {"type": "number"} | ({"format": "money"} if kind == "money" else {})
    prop = parse_object_types({"T": {"properties": {"x": schema}}})[0].properties[0]
    found = values_of(prop, text, 0, len(text), decide_conventions(text))
    assert all(value.quality <= DOUBTFUL for value in found)


@pytest.mark.parametrize(
    ("text", "number", "sure"),
    [
        ("Weight: 1.234 kg", 1.234, False),
        ("Das Gewicht der Ware ist 1,234 und nicht mehr", 1.234, False),
        ("Weight: 1.234 kg, price 2.50", 1.234, True),
        ("Gewicht: 1.234 kg, Preis 2,50", 1234, True),
        ("Visitors: 1,234", 1234, True),
    ],
)
def test_thousandths_are_in_doubt_unless_another_figure_shows_the_mark(
    text: str, number: float, sure: bool
) -> None:
    found = numbers.find_numbers(text, 0, len(text), decide_conventions(text))[0]
    assert (found.value, found.quality > DOUBTFUL) == (number, sure)


def test_a_number_is_quoted_from_its_first_digit() -> None:
    text = "(as amended)\n\n3 Other income"
    (found,) = numbers.find_numbers(text, 0, len(text), decide_conventions(text))
    assert text[found.start : found.end] == "3"


@pytest.mark.parametrize("text", ["12 pen", "5 try", "7 cop"])
def test_a_word_is_no_currency(text: str) -> None:
    assert currencies.decide_currency(text) is None


@pytest.mark.parametrize(
    "text", ["on 3 May 25 delegates came", "3 May 25%", "3 May 12:30", "NOV-30", "20251399"]
)
def test_a_figure_behind_a_month_is_no_year_unless_nothing_follows(text: str) -> None:
    assert read(text, {"format": "date"}, ways=Conventions()) == []
