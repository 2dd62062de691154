"""Values that no label named: what the ranker chooses, how sure it is, and how its weights are fitted."""

from __future__ import annotations

import time
from typing import Any

import pytest

from benchmarks.quality import ranking
from benchmarks.quality.ranking import Example
from extraction import ExtractedObject, Options
from extraction.records.ranking import choice
from extraction.records.ranking.candidates import FEATURES, Candidate
from extraction.records.ranking.reading import READERS
from extraction.values.value import Value
from tests.unit.extraction import papers
from tests.unit.extraction.papers import DAY, EVERY, NUMBER, TEXT


def document_of(**properties: Any) -> dict[str, Any]:
    """A type of which a document is one object."""
    return {"paper": {"x-occurs": "document", "properties": properties}}


RECEIPT = document_of(company=TEXT, address=TEXT, date=DAY, total=NUMBER)
TILL = """\
HARBOUR SUPPLIES LTD (4410276-K)
14 QUAY STREET,
20250 PORTSEA
TEL : 020 7946 0301
RECEIPT
ROPE 10M   2   X   4.50   9.00
BUCKET   1   X   6.25   6.25
TOTAL   15.25
CASH   20.00
CHANGE   4.75
03/02/2026 17:41   TILL 2
"""


def extracted(text: str, types: Any, options: Options = Options()) -> ExtractedObject:  # noqa: B008 - it is frozen
    (found,) = papers.extracted(text, types, options).objects
    return found


def test_a_till_receipt_gives_its_sender_address_day_and_total_with_exact_quotes() -> None:
    found = extracted(TILL, RECEIPT)
    assert found.properties == {
        "company": "HARBOUR SUPPLIES LTD",
        "address": "14 QUAY STREET, 20250 PORTSEA",
        "date": "2026-02-03",
        "total": 15.25,
    }
    for proof in found.evidence.values():
        for citation in proof["citations"]:
            assert TILL[citation["start"] : citation["end"]] == citation["quote"]


@pytest.mark.parametrize("said", ["REDEEM BY", "COUPON EXPIRES", "RETURN BY", "NEXT VISIT"])
def test_the_day_of_something_else_is_not_the_day_of_the_paper(said: str) -> None:
    text = TILL.replace("03/02/2026 17:41", f"{said} 03/02/2026")
    assert "date" not in extracted(text, RECEIPT).properties


def test_a_day_that_a_label_gives_to_one_property_is_not_that_of_another() -> None:
    types = document_of(issue_date=DAY, due_date=DAY)
    text = "Bill of Northwind Ltd\n\nIssue date: 3 May 2026\n\nPlease pay by transfer.\n"
    assert extracted(text, types).properties == {"issue_date": "2026-05-03"}


def test_a_day_that_speaks_as_much_for_one_property_as_for_another_is_told_for_neither() -> None:
    text = "Loan of Northwind Ltd\n\nThe partners met on 3 May 2026.\n"
    assert extracted(text, document_of(drawn=DAY)).properties == {"drawn": "2026-05-03"}
    both = papers.extracted(text, document_of(drawn=DAY, repaid=DAY), Options())
    assert both.objects == ()


def test_a_line_with_a_price_is_no_address() -> None:
    text = "CAFE LUNA\n3 High Street\nCoffee 3.50\nCake 4.00\nTotal 7.50\n"
    assert "3.50" not in str(extracted(text, RECEIPT).properties.get("address"))


def test_whoever_receives_a_paper_is_not_its_sender() -> None:
    types = document_of(sender_company=TEXT)
    text = "Northwind Ltd\n1 Mill Lane\n\nShip to: Acme Ltd\n\nYour goods are on their way.\n"
    assert extracted(text, types).properties == {"sender_company": "Northwind Ltd"}


def test_what_is_less_likely_than_not_is_told_only_to_those_who_ask_for_every_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    types = document_of(subject=TEXT, day=DAY)
    text = "Subject: pumps\n\nThe pumps came on 3 February 2026 and left on 9 March 2026.\n"
    monkeypatch.setattr(choice, "weights", lambda: {"date": {"bias": -0.5}})
    assert set(extracted(text, types).properties) == {"subject"}
    every = extracted(text, types, EVERY)
    assert every.properties["day"] == "2026-02-03"
    assert every.evidence["day"]["confidence"] == pytest.approx(0.2741, abs=1e-3)


def test_a_value_that_stands_in_several_places_is_as_likely_as_all_of_them_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(choice, "weights", lambda: {"date": {"bias": 0.0}})
    days = ("2026-02-03", "2026-02-03", "2026-03-09")
    found = [
        Candidate(0, "date", Value(day, at, at + 1, 1.0), {"bias": 1.0})
        for at, day in enumerate(days)
    ]
    assert choice.probabilities(found) == pytest.approx([0.5, 0.5, 0.25])


def test_two_properties_never_take_one_place() -> None:
    types = document_of(arrival_date=DAY, departure_date=DAY)
    found = extracted("We arrive on 3 February 2026.\n", types, EVERY)
    assert found.properties == {"arrival_date": "2026-02-03"}


def test_every_group_of_the_table_has_a_reader_and_every_weight_is_of_a_feature() -> None:
    table = choice.weights()
    assert set(table) <= set(READERS)
    assert {name for own in table.values() for name in own} <= set(FEATURES)


def test_the_fit_finds_the_feature_that_tells_right_from_wrong() -> None:
    right, wrong = {"bias": 1.0, "cue": 1.0, "top": 0.3}, {"bias": 1.0, "top": 0.3}
    chosen = [Example("date", (right, wrong), (True, False))] * 20
    none = [Example("date", (wrong,), (False,))] * 20
    own = ranking.fitted([*chosen, *none])["date"]
    assert own["cue"] > 1
    assert choice.score(own, right) > 0 > choice.score(own, wrong)


def test_thousands_of_values_without_a_label_end_soon() -> None:
    sums = {f"fee_{n}": NUMBER for n in range(20)}
    types = document_of(note=TEXT, **sums)
    text = "Note: many sums\n\n" + "".join(f"EUR 1.{n % 90 + 10}\n\n" for n in range(5_000))
    begun = time.perf_counter()
    extracted(text, types)
    # A second or two; what compares each value with each takes minutes.
    assert time.perf_counter() - begun < 20
