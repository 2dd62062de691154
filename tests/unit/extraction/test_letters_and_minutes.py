"""What letters and minutes say without labels: whose they are, of which day, when a meeting was opened and closed."""

from __future__ import annotations

import pytest

from .papers import DAY, TEXT, Found, found, of, one, typed


@pytest.mark.parametrize(
    ("paper", "expected"),
    [
        pytest.param(
            "Mira Sandholt\n\nApril 29, 2026\n\nHiring Manager\nOrbel Tools LLP\n\nDear Hiring Manager,\n\nI apply for "
            "the post.\n\nSincerely,\nMira Sandholt\n",
            {"recipient": "Hiring Manager", "sender": "Mira Sandholt", "date": "2026-04-29"},
            id="an application",
        ),
        pytest.param(
            "May 3, 2026\n\nMs. Jonna Pelt\n4 Quay Road\n\nDear Ms. Pelt:\n\nIt is closed.\n\nVery truly yours,\n\n"
            "/s/ Aron Fisk\nAron Fisk\nClaims Manager\n",
            {"recipient": "Jonna Pelt", "sender": "Aron Fisk", "date": "2026-05-03"},
            id="the recipient's name in full stands above",
        ),
        pytest.param(
            "3 May 2026\n\nDear Sir or Madam,\n\nPlease send your list.\n\nYours faithfully,\n\nJonna Pelt\n",
            {"recipient": None, "sender": "Jonna Pelt", "date": "2026-05-03"},
            id="to nobody by name",
        ),
    ],
)  # fmt: skip
def test_to_whom_a_letter_is_and_who_signs_it(paper: str, expected: Found) -> None:
    assert of(one(paper, {"recipient": TEXT, "sender": TEXT, "date": DAY}), expected) == expected


@pytest.mark.parametrize(
    ("head", "day"),
    [
        ("title: AGM\ndate: 2026-01-02\n\n# Minutes of the Wexley AGM - 22 September 2025\n", "2025-09-22"),
        ("Licensing Board\n\nVoting Agenda\nJanuary 9, 2026\n\nInspection Hearing on Tuesday, January 7, 2026\n",
         "2026-01-09"),
        ("# Minutes of the Wexley AGM 27/11/2025\n\n## Minutes of the meeting of 23 January 2025 were read\n",
         "2025-11-27"),
    ],
)  # fmt: skip
def test_the_day_at_the_head_of_a_paper(head: str, day: str) -> None:
    paper = head + "\n\nThe budget was read. A second one is due on 4 March 2027.\n"
    (only,) = found(paper, typed("Minutes", meeting_date=DAY))
    assert only == {"meeting_date": day}


def test_when_a_meeting_was_opened_and_closed() -> None:
    paper = (
        "# Minutes of the Wexley AGM\n\nThe AGM commenced at 7:49 pm.\n\nThe shop opens at 9:00 am.\n\n"
        "There being no more business the meeting was adjourned at 9:15 pm.\n"
    )
    types = typed("Minutes", start_time={"type": "string", "format": "time"}, adjourned_at=TEXT)
    (only,) = found(paper, types)
    assert only == {"start_time": "19:49", "adjourned_at": "9:15 pm"}


def test_a_label_in_bold_names_what_stands_under_a_gap() -> None:
    paper = (
        "**Present**\n\nMira Sandholt, Aron Fisk, Jonna Pelt\n\n**Cards**\n\n- They are in print\n"
    )
    people = {"type": "array", "items": TEXT}
    assert one(paper, {"present": people}) == {
        "present": ["Mira Sandholt", "Aron Fisk", "Jonna Pelt"]
    }
