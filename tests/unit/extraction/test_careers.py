"""Where somebody worked and studied, from a CV of any layout."""

from __future__ import annotations

import pytest

from .papers import TEXT, Found, found, rows, typed

CV = typed(
    "CV",
    name=TEXT,
    experience=rows(position=TEXT, company=TEXT, start_date=TEXT, end_date=TEXT),
    education=rows(degree=TEXT, institution=TEXT, year={"type": "integer"}),
)
JOBS: list[Found] = [
    {"position": "Process Engineer", "company": "Orbel Tools S.L.", "start_date": "March 2020", "end_date": "present"},
    {"position": "Trainee", "company": "Hask GmbH", "start_date": "2014", "end_date": "2016"},
]  # fmt: skip
STUDIES: list[Found] = [
    {"degree": "MSc Chemistry", "institution": "University of Wexley", "year": 2014}
]


@pytest.mark.parametrize(
    "paper",
    [
        pytest.param(
            "# Mira Sandholt\n\n## Experience\n\n**Process Engineer**, Orbel Tools S.L., Wexley\nMarch 2020 – present\n"
            "- Cut changeover time in 2021\n\n**Trainee**, Hask GmbH, Tarn\n2014 – 2016\n\n## Education\n\n"
            "MSc Chemistry, University of Wexley, 2014\n\n## Languages\n\n- German\n",
            id="the period below",
        ),
        pytest.param(
            "MIRA SANDHOLT\nWexley\n\nWORK EXPERIENCE\n\nProcess Engineer at Orbel Tools S.L. (March 2020 - present)\n"
            "* Ran 3 lines\n\nTrainee at Hask GmbH (2014 - 2016)\n\nEDUCATION\n\n"
            "University of Wexley | MSc Chemistry | 2012 - 2014\n\nSKILLS\n\nWelding since 2010\n",
            id="all on one line",
        ),
        pytest.param(
            "Mira Sandholt\n\nEmployment history\n\nMarch 2020 - present\nProcess Engineer\nOrbel Tools S.L.\n\n"
            "2014 - 2016\nTrainee\nHask GmbH\n\nEducation\n\n2014   MSc Chemistry, University of Wexley\n\n"
            "References\n\nOn request\n",
            id="the period above",
        ),
        pytest.param(
            "# Mira Sandholt\n\n# WORK EXPERIENCE\n\n### Process Engineer / Orbel Tools S.L.\n"
            "*March 2020 - present / Wexley*\n*- Ran 3 lines.*\n\n### Trainee.\n\nHask GmbH 2014 – 2016 Tarn.\n"
            "Swept the floor.\n\n## Education\n\n### MSc Chemistry / University of Wexley\n*2014*\n",
            id="a heading over each",
        ),
    ],
)  # fmt: skip
def test_the_entries_of_a_cv(paper: str) -> None:
    (only,) = found(paper, CV)
    assert only["experience"] == JOBS
    assert only["education"] == STUDIES


def test_years_under_other_headings_are_no_jobs() -> None:
    paper = "# Mira Sandholt\n\n## Exhibitions\n\nLead artist, Hask Gallery, 2014 – 2016\n\n## Interests\n\nSailing\n"
    (only,) = found(paper, CV)
    assert "experience" not in only
