"""Minutes that speak in sentences: when the meeting was."""

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


def test_the_sentence_that_announces_a_meeting_says_when() -> None:
    meeting = found(MINUTES)["Meeting"][0]
    assert (meeting["date"], meeting["time"]) == ("2026-03-03", "19:15")
    assert meeting["title"] == "MINUTES OF THE COMMITTEE"


@pytest.mark.parametrize(
    ("sentence", "date"),
    [
        ("La réunion s'est tenue le 12 mai 2026 à 18:30 à Lyon.", "2026-05-12"),
        ("Die Sitzung findet am 4. Juni 2026 um 20:00 Uhr statt.", "2026-06-04"),
        ("L'assemblea si è tenuta il 7 aprile 2026 alle ore 21:00.", "2026-04-07"),
    ],
)
def test_in_other_languages(sentence: str, date: str) -> None:
    source = f"Minutes\n\n{sentence}\n\nPresent: Judith Sayle, Omar Haddad\n"
    assert found(source)["Meeting"][0].get("date") == date
