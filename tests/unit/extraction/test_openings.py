"""What an agreement says of itself in its opening: which it is, of which day, and between whom."""

from __future__ import annotations

from typing import Any

import pytest

from extraction import Options

from .papers import DAY, TEXT, Found, found, of, one, rows, typed

MANY = {"type": "array", "items": TEXT}
PARTIES = typed("Agreement", parties=rows(name=TEXT, role=TEXT))
BODY = "\n\n1. The services are as in Schedule 1.\n\n2. Each notice is to be in writing.\n"


def parties_of(paper: str) -> list[tuple[str, str | None]]:
    objects = found(paper, PARTIES)
    return [(p["name"], p.get("role")) for each in objects for p in each.get("parties", [])]


@pytest.mark.parametrize(
    ("opening", "parties"),
    [
        pytest.param(
            'THIS SUPPLY AGREEMENT (the "Agreement") is entered into as of May 3, 2026, by and between Orbel Tools, '
            'Inc., a Delaware corporation (the "Company"), and Mira Sandholt ("Consultant").',
            [("Orbel Tools, Inc.", "Company"), ("Mira Sandholt", "Consultant")],
            id="a body and a person",
        ),
        pytest.param(
            "This Voting Agreement (this “Agreement”), is made by and among Tarn Energy (Wexley) Limited, a Malaysia "
            "limited company (“Tarn”), Osse Onshore B.V., a Dutch company (“NewCo”), and Pell Resources Corp., a\n"
            "Delaware corporation (“Pell”). Terms used but not defined have the meanings of Annex A.",
            [("Tarn Energy (Wexley) Limited", None), ("Osse Onshore B.V.", "NewCo"), ("Pell Resources Corp.", None)],
            id="a name in short is no role",
        ),
        pytest.param(
            '     This Amendment No. 1 dated as of February 26, 2026\n("Agreement") is among Gant Marine Perth Inc., '
            'Gant\nMarine Baltic Inc., and Gant Marine Drilling\nCompany  (collectively, "Borrowers"), and Gant\n'
            'Marine Inc. ("Guarantor").',
            [
                ("Gant Marine Perth Inc.", None), ("Gant Marine Baltic Inc.", None),
                ("Gant Marine Drilling Company", None), ("Gant Marine Inc.", "Guarantor"),
            ],
            id="names over lines",
        ),
        pytest.param(
            "This Reseller Agreement is between Sallow Cooperative Systems, Inc. d/b/a Co-Sallow Solutions, a Texas "
            'cooperative ("Reseller"), and T&R Capital Trust Company of New York ("Agent").',
            [
                ("Sallow Cooperative Systems, Inc. d/b/a Co-Sallow Solutions", "Reseller"),
                ("T&R Capital Trust Company of New York", "Agent"),
            ],
            id="doing business as",
        ),
        pytest.param(
            'This Agreement is made by and between [Company Name], a [State] corporation ("Company"), and '
            '____________ ("Recipient").',
            [],
            id="placeholders are nobody",
        ),
        pytest.param(
            "This Guaranty, dated as of May 3, 2026, made by Bascule Holding, Inc. (the “Guarantor”), is made in favor "
            "of Ferrow Financial Trust, as Agent (the “Agent”) and the Lenders (the “Lenders”).",
            [("Bascule Holding, Inc.", "Guarantor"), ("Ferrow Financial Trust", "Agent")],
            id="made by one in favour of another, and groups are nobody by name",
        ),
    ],
)  # fmt: skip
def test_who_an_agreement_is_between(opening: str, parties: list[tuple[str, str | None]]) -> None:
    assert parties_of(opening + BODY) == parties


def test_whom_an_agreement_speaks_of_further_down_is_no_party() -> None:
    opening = (
        'This Services Agreement is made as of May 3, 2026 between Orbel Tools, Inc. (the "Supplier") and Hask GmbH '
        '(the "Customer").\n\nWHEREAS, Pogrel LLC, a Texas company (the "Seller"), has sold its assets;\n\n'
        "9. Disputes between the parties go to the Lindow Arbitration Association (the “LAA”)."
    )
    assert parties_of(opening) == [("Orbel Tools, Inc.", "Supplier"), ("Hask GmbH", "Customer")]


@pytest.mark.parametrize(
    ("paper", "expected"),
    [
        pytest.param(
            'This Second Amendment to the Lease dated May 3, 2019 is made and entered into as of June 5, 2026 by and '
            'between Orbel Tools, Inc. ("Landlord") and Hask GmbH ("Tenant").',
            {"agreement_date": "2026-06-05", "effective_date": "2026-06-05"},
            id="not that of the one amended",
        ),
        pytest.param(
            'This Lease is made on 3 May 2026 between Orbel Tools, Inc. ("Landlord") and Hask GmbH ("Tenant").\n\n'
            "2. This Lease commences on 1 July 2026 and ends on 30 June 2028.",
            {"agreement_date": "2026-05-03"},
            id="another day of effect",
        ),
        pytest.param(
            'This Lease is made as of this 3rd day of May, 2026 between Orbel Tools, Inc. ("Landlord") and Hask GmbH '
            '("Tenant").\n\n2. The “Effective Date” means 1 June 2026.',
            {"agreement_date": "2026-05-03", "effective_date": "2026-06-01"},
            id="effect defined further down",
        ),
    ],
)  # fmt: skip
def test_the_day_of_an_agreement(paper: str, expected: Found) -> None:
    days = typed("Agreement", agreement_date=DAY, effective_date=DAY)
    (only,) = found(paper, days, options=Options())
    assert of(only, expected) == expected


def test_which_agreement_it_is() -> None:
    paper = (
        "Exhibit 10.4\nExecution Version\n\nSIXTH AMENDMENT TO\nBILL SERVICE AGREEMENT\n\n"
        'This Sixth Amendment to the Bill Service Agreement (this "Amendment") is made as of May 3, 2026 by and '
        'between Orbel Tools, Inc. ("Reseller") and Hask GmbH ("Customer").' + BODY
    )
    (only,) = found(paper, typed("Agreement", title=TEXT, contract_type=TEXT))
    assert only["title"] == "SIXTH AMENDMENT TO BILL SERVICE AGREEMENT"
    assert only["contract_type"] == "Sixth Amendment to the Bill Service Agreement"


@pytest.mark.parametrize(
    ("clause", "place"),
    [
        ("shall be governed by the Laws of the State of Texas without regard to conflicts of law.", "Texas"),
        ("SHALL BE GOVERNED BY, AND CONSTRUED IN ACCORDANCE WITH, THE LAWS OF\nNEW YORK WITHOUT REGARD TO ANY RULE.",
         "NEW YORK"),
        ("shall be governed by California law.", "California"),
        ("shall be governed by and construed and enforced according to the internal laws of the State of Alaska.",
         "Alaska"),
        ("is governed by the laws of England and Wales.", "England and Wales"),
    ],
)  # fmt: skip
def test_whose_law_governs(clause: str, place: str) -> None:
    properties: dict[str, Any] = {"jurisdiction": TEXT}
    paper = f"Supply Agreement\n\nThe parties agree as follows.\n\n9. This Agreement {clause}\n"
    assert one(paper, properties) == {"jurisdiction": place}


def test_a_company_employs_an_executive() -> None:
    paper = (
        "This Employment Agreement, dated May 3, 2026, is by and between Orbel Tools, Inc., a Delaware corporation "
        "(the “Company”), and Mira Sandholt (“Executive”)." + BODY
    )
    (only,) = found(paper, typed("EmploymentAgreement", employer=TEXT, employee=TEXT))
    assert only == {"employer": "Orbel Tools, Inc.", "employee": "Mira Sandholt"}


LENGTHS = dict.fromkeys(
    ("term", "renewal_term", "termination_notice_period", "survival_period"), TEXT
) | {"notice_days": {"type": "integer"}}


@pytest.mark.parametrize(
    ("clause", "lengths"),
    [
        ("This Agreement shall remain in effect for 2 years from the date of execution.", {"term": "2 years"}),
        ("The initial term is twelve (12) months. Each invoice is to be paid within thirty (30) days.",
         {"term": "twelve (12) months"}),
        ("This Agreement will terminate five years after the Effective Date, or upon 30 days' prior written notice.",
         {"term": "five years", "termination_notice_period": "30 days", "notice_days": 30}),
        ("This Agreement shall automatically renew for successive one (1) year terms.",
         {"renewal_term": "one (1) year"}),
        ("The duty to keep Confidential Information secret shall continue for three (3) years following termination.",
         {"survival_period": "three (3) years"}),
        ("For the term of this Agreement and for a period of one year after it is terminated he will not compete.", {}),
    ],
)  # fmt: skip
def test_what_a_length_of_time_in_a_contract_is_of(clause: str, lengths: Found) -> None:
    paper = (
        'This Services Agreement is made on 3 May 2026 between Orbel Tools, Inc. ("Supplier") and Hask GmbH '
        f'("Customer").\n\n2. {clause}\n'
    )
    (only,) = found(paper, typed("Agreement", parties=MANY, **LENGTHS), options=Options())
    assert {name: value for name, value in only.items() if name != "parties"} == lengths


def test_where_a_party_is() -> None:
    opening = (
        "This Agreement is between Orbel Tools, Inc., a Nevada corporation, with headquarters located at 290 Reed Ave, "
        'Costa Brill, CA 92626 (the "Company"), and Mira Sandholt, residing at 4 Quay Road, Wexley (the "Buyer").'
    )
    types = typed("Agreement", parties=rows(name=TEXT, address=TEXT))
    (only,) = found(opening + BODY, types)
    assert only["parties"] == [
        {"name": "Orbel Tools, Inc.", "address": "290 Reed Ave, Costa Brill, CA 92626"},
        {"name": "Mira Sandholt", "address": "4 Quay Road, Wexley"},
    ]


SIGNED = typed("Agreement", signatories=rows(name=TEXT, title=TEXT))


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(
            "ORBEL TOOLS, INC.\nBy: /s/ Mira Sandholt\nName: Mira Sandholt\nTitle: Chief Executive Officer\n\n"
            "EXECUTIVE\n\n/s/ Aron Fisk\nAron Fisk\n",
            id="one below the other",
        ),
        pytest.param(
            "By: /S/ Mira Sandholt\nMira Sandholt, Chief Executive Officer\n\n/s/ Aron Fisk\n",
            id="printed with the title",
        ),
        pytest.param(
            "| Orbel Tools, Inc. |  | Aron Fisk |  |\n| By: | /s/ Mira Sandholt |  | /s/ Aron Fisk |\n"
            "| Title: | Chief Executive Officer |  |  |\n",
            id="side by side",
        ),
    ],
)
def test_who_signed_an_agreement(block: str) -> None:
    paper = 'This Agreement is between Orbel Tools, Inc. (the "Company") and Aron Fisk.' + BODY
    (only,) = found(f"{paper}\n{block}", SIGNED)
    names = [each["name"] for each in only["signatories"]]
    assert names == ["Mira Sandholt", "Aron Fisk"]
    told = {each["name"]: each.get("title") for each in only["signatories"]}
    assert told["Aron Fisk"] is None
    assert told["Mira Sandholt"] in ("Chief Executive Officer", None)


def test_a_sentence_over_lines_is_no_label_and_a_page_no_value() -> None:
    paper = (
        "TABLE OF CONTENTS\n\nTypes of Loans .................. 13\n\n"
        "All notices under this paper are to be given in writing to the other\n"
        "party: (a) in the case of the agent, at the address that stands above.\n"
    )
    objects = found(paper, typed("Agreement", type=TEXT, parties=MANY))
    assert not any("type" in each or "parties" in each for each in objects)
