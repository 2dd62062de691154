"""Minutes that speak in sentences: when and where, who was asked, who is to act."""

from __future__ import annotations

from typing import Any

import pytest

from extraction import (
    Limits,
    OfflineExtractor,
    Options,
    extract_document,
    parse_object_types,
    read_document,
)
from extraction.schema.ready_made import ready_made_sets

MINUTES = """Northwell Allotment Association

MINUTES OF THE COMMITTEE

The committee met on Tuesday 3 March 2026 at 7.15 pm in the Quaker Hall.
Present: Judith Sayle, Omar Haddad, Ruth Price

1. Water
The minutes of 5 January 2026 were approved. Judith asked Omar Haddad to obtain two quotes for the tap before
1 April 2026.

2. Paths
It was agreed that the east path be closed in winter.
ACTION: Ruth Price
"""


def found(source: str) -> dict[str, list[dict[str, Any]]]:
    document = read_document(source.encode(), media_type=None, name=None, limits=Limits())
    types = parse_object_types(ready_made_sets()["meeting_minutes"])
    result = extract_document(OfflineExtractor(), document, types, Options()).extraction
    by_type: dict[str, list[dict[str, Any]]] = {}
    for item in result.objects:
        by_type.setdefault(item.type, []).append(dict(item.properties))
    return by_type


def test_the_sentence_that_announces_a_meeting_says_when_and_where() -> None:
    meeting = found(MINUTES)["Meeting"][0]
    assert (meeting["date"], meeting["time"], meeting["location"]) == (
        "2026-03-03",
        "19:15",
        "Quaker Hall",
    )
    assert meeting["title"] == "MINUTES OF THE COMMITTEE"


def test_who_is_asked_and_who_is_named_under_action_has_a_task() -> None:
    tasks = {item["owner"]: item for item in found(MINUTES)["ActionItem"]}
    assert tasks["Omar Haddad"]["task"].startswith("obtain two quotes for the tap")
    assert tasks["Omar Haddad"]["due_date"] == "2026-04-01"
    assert tasks["Ruth Price"]["task"] == "the east path be closed in winter."


@pytest.mark.parametrize(
    ("sentence", "date"),
    [
        ("La réunion s'est tenue le 12 mai 2026 à 18:30 à Lyon.", "2026-05-12"),
        ("Die Sitzung findet am 4. Juni 2026 um 20:00 Uhr statt.", "2026-06-04"),
        ("L'assemblea si è tenuta il 7 aprile 2026 alle ore 21:00.", "2026-04-07"),
        ("The next meeting will be held on 9 July 2026 at 10:00.", None),
    ],
)
def test_in_other_languages_and_not_of_the_next_meeting(sentence: str, date: str | None) -> None:
    source = f"Minutes\n\n{sentence}\n\nPresent: Judith Sayle, Omar Haddad\n"
    assert found(source)["Meeting"][0].get("date") == date
