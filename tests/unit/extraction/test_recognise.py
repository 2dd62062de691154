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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-04", "2026-03-04"),
        ("4 March 2026", "2026-03-04"),
        ("March 4th, 2026", "2026-03-04"),
        ("the 3rd day of March 2026", "2026-03-03"),
        ("Tuesday, 3 March 2026", "2026-03-03"),
        ("10-Mar-2026", "2026-03-10"),
        ("4. März 2026", "2026-03-04"),
        ("1er janvier 2026", "2026-01-01"),
        ("5 de mayo de 2026", "2026-05-05"),
        ("12 marzo 2026", "2026-03-12"),
        ("7 augustus 2026", "2026-08-07"),
        ("12.11.2025", "2025-11-12"),
        ("30/11/26", "2026-11-30"),
        ("29 February 2028", "2028-02-29"),
    ],
)
def test_dates(text: str, expected: str) -> None:
    assert read(text, {"format": "date"}) == [expected]


@pytest.mark.parametrize(
    "text",
    ["31/02/2026", "29 February 2026", "may 00", "00", "version 1.2.3", "2026-13-01", "99/99/9999"],
)
def test_days_no_calendar_has_are_refused(text: str) -> None:
    assert read(text, {"format": "date"}) == []


def test_day_and_month_are_ordered_once_for_the_document() -> None:
    assert dates.decide_day_first("03/04/2026 and 25/04/2026") == (True, True)
    assert dates.decide_day_first("03/04/2026 and 04/25/2026") == (False, True)
    ways = decide_conventions("Date: 03/04/2026\nDue: 04/25/2026\n")
    assert read("03/04/2026", {"format": "date"}, ways=ways) == ["2026-03-04"]


def test_a_day_without_a_year_takes_the_nearest() -> None:
    assert read("by 14 March", {"format": "date"}) == ["2026-03-14"]
    autumn = Conventions(reference=date(2026, 11, 20))
    assert read("10 January", {"format": "date"}, ways=autumn) == ["2027-01-10"]
    assert read("14 March", {"format": "date"}, ways=Conventions()) == []


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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10:30", "10:30"),
        ("2.30 pm", "14:30"),
        ("14h00", "14:00"),
        ("9 am", "09:00"),
        ("12 am", "00:00"),
    ],
)
def test_times(text: str, expected: str) -> None:
    assert read(text, {"format": "time"}) == [expected]


@pytest.mark.parametrize("text", ["25:00", "12:75", "13 pm", "7"])
def test_times_no_clock_shows_are_refused(text: str) -> None:
    assert read(text, {"format": "time"}) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("EUR 1,234.56", 1234.56),
        ("1.234,56 €", 1234.56),
        ("$1,200", 1200),
        ("(123.45)", -123.45),
        ("-5.00", -5),
        ("£1.5 million", 1500000),
        ("12 345,67 kr", 12345.67),
        ("1'234.50 CHF", 1234.5),
        ("1,50,000.00", 150000),
        ("€ 45.-", 45),
        ("USD 4,800.00 per month", 4800),
    ],
)
def test_money(text: str, expected: float) -> None:
    assert read(text, {"type": "number", "format": "money"})[0] == expected


@pytest.mark.parametrize("text", ["20 %", "INV-001", "1.2.3.4", "abc", "9" * 40])
def test_what_is_no_amount_is_refused(text: str) -> None:
    assert read(text, {"type": "number", "format": "money"}) == []


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


def test_percentages_and_currencies() -> None:
    assert read("20 %", {"type": "number", "format": "percent"}) == [20]
    assert read("EUR 5", {"type": "number", "format": "percent"}) == []
    assert read("12 US dollars", {"format": "currency"}) == ["USD"]
    assert read("payable in CHF", {"format": "currency"}) == ["CHF"]
    assert read("1 234,50 schwedische Kronen", {"format": "currency"}) == ["SEK"]


def test_bounds_of_the_schema_hold() -> None:
    schema = {"type": "integer", "minimum": 1, "maximum": 10}
    assert read("7", schema) == [7]
    assert read("11", schema) == []
    assert read("0", schema) == []
    assert read("2.5", schema) == []
    assert read("abcdef", {"type": "string", "maxLength": 5}) == []
    assert read("ab", {"type": "string", "minLength": 3}) == []
    assert read("5", {"type": "number", "exclusiveMinimum": 5}) == []


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
    assert read("ZZ29 NWBK 6016 1331 9268 19", {"format": "iban"}) == []


@pytest.mark.parametrize(
    ("schema", "text", "expected"),
    [
        ({"format": "email"}, "write to jane@x.example.", ["jane@x.example"]),
        ({"format": "email"}, "jane at x", []),
        ({"format": "uri"}, "see https://a.example/b.", ["https://a.example/b"]),
        ({"format": "phone"}, "+44 20 7946 0018", ["+44 20 7946 0018"]),
        ({"format": "phone"}, "2026-03-04", []),
        ({"format": "phone"}, "12345", []),
        ({"format": "identifier"}, "INV-2026/17", ["INV-2026/17"]),
        ({"format": "identifier"}, "DR-NE", ["DR-NE"]),
        ({"format": "identifier"}, "see below", []),
        ({"format": "vat"}, "GB123456789", ["GB123456789"]),
        ({"type": "boolean"}, "Yes", [True]),
        ({"type": "boolean"}, "nein", [False]),
        ({"type": "boolean"}, "perhaps", []),
        ({"enum": ["in progress", "done"]}, "In Progress", ["in progress"]),
        ({"enum": ["waiting_on_customer"]}, "waiting on customer", ["waiting_on_customer"]),
        ({"enum": ["low", "high"]}, "slow", []),
        ({"enum": ["shall", "shall not"]}, "shall not", ["shall not"]),
        ({"format": "duration"}, "thirty (30) days", ["P30D"]),
        ({"format": "duration"}, "one year and six months", ["P1Y6M"]),
        ({"format": "duration"}, "neuf mois", ["P9M"]),
        ({"format": "duration"}, "half a year", ["P6M"]),
        ({"format": "duration"}, "1 h 30", ["PT1H30M"]),
        ({"format": "duration"}, "until further notice", []),
        ({"pattern": "^[A-Z]{3}-[0-9]+$"}, "ref ABC-12, DEF", ["ABC-12"]),
        ({"pattern": "[0-9]{4}"}, "about 12345 x", ["1234"]),
        ({"type": "string"}, "n/a", []),
    ],
)
def test_other_kinds(schema: dict[str, Any], text: str, expected: list[Any]) -> None:
    assert read(text, schema) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jane Doe", "Jane Doe"),
        ("Dr. Anna von Berg, Chair", "Anna von Berg"),
        ("J. R. Smith", "J. R. Smith"),
        ("Doe, Jane", "Jane Doe"),
        ("María García López (Finance)", "María García López"),
        ("Bob O'Neil", "Bob O'Neil"),
    ],
)
def test_persons(text: str, expected: str) -> None:
    assert read(text, {"format": "person-name"}) == [expected]


@pytest.mark.parametrize(
    "text", ["Effective Date", "Purchase Order", "Acme Tools Ltd", "The Supplier", "Room 4"]
)
def test_what_nobody_is_called_is_no_person_in_prose(text: str) -> None:
    assert names.find_persons(text, 0, len(text)) == []


def test_lists_of_persons() -> None:
    schema = {"type": "array", "items": {"type": "string", "format": "person-name"}}
    text = "Jane Doe (Chair), Bob Ray; A. Smith and Carl Li"
    assert read(text, schema) == ["Jane Doe", "Bob Ray", "A. Smith", "Carl Li"]
    assert read("- Jane Doe\n- Bob Ray (Finance)\n", schema) == ["Jane Doe", "Bob Ray"]


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
        "1/2",
        "3 1/2",
        "1:4",
        "1 : 4",
        "2·5",
        "1234٫56",
        "1 234·56",
        "10-20",
        "2 ½",
        "2½",
        "5^3",
        "2x4",
    ],
)
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


@pytest.mark.parametrize("text", ["12 pen", "5 try", "7 cop"])
def test_a_word_is_no_currency(text: str) -> None:
    assert currencies.decide_currency(text) is None


@pytest.mark.parametrize(
    "text",
    ["30-Nov-25", "30 Nov 25", "30NOV2025", "30NOV25", "Nov-30-2025", "20251130", "30.Nov.2025",
     "30 nov. 25", "30/NOV/25"],
)  # fmt: skip
def test_dates_as_databases_and_tickets_print_them(text: str) -> None:
    assert read(text, {"format": "date"}) == ["2025-11-30"]


@pytest.mark.parametrize(
    "text", ["on 3 May 25 delegates came", "3 May 25%", "3 May 12:30", "NOV-30", "20251399"]
)
def test_a_figure_behind_a_month_is_no_year_unless_nothing_follows(text: str) -> None:
    assert read(text, {"format": "date"}, ways=Conventions()) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 1/2 hours", ["PT2H30M"]),
        ("1.5 hours", ["PT1H30M"]),
        ("1/4 hour", ["PT15M"]),
        ("2½ hours", []),
        ("2 ½ hours", []),
        ("12-18 months", []),
        ("12 to 18 months", []),
    ],
)
def test_a_length_of_time_is_not_read_in_half(text: str, expected: list[str]) -> None:
    assert read(text, {"type": "string", "format": "duration"}) == expected
