"""Labels against property names: what a reader would take for the same, and what not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from extraction import parse_object_types, ready_made_object_types
from extraction.schema.frames import Frame, frames_of
from tests.unit.extraction.papers import DAY, NUMBER, TEXT, Found, found, inside, one, rows, typed

LIST = {"type": "array", "items": TEXT}


def frame(name: str, types: Mapping[str, Any]) -> Frame:
    return next(each for each in frames_of(parse_object_types(types)) if each.key == name)


INVOICE = frame("Invoice", ready_made_object_types())


@pytest.mark.parametrize(
    ("label", "slot"),
    [
        ("Invoice No.", "invoice_number"),
        ("invoiceNumber", "invoice_number"),
        ("Rechnungsnummer", "invoice_number"),
        ("Total", "total"),
        ("Total amount due", "total"),
        ("Subtotal", "subtotal"),
        ("Net total", "subtotal"),
        ("VAT 20%", "tax"),
        ("VAT Reg No", "supplier_tax_number"),
        ("Payment due date", "due_date"),
        ("Bill to", "customer"),
        ("Gesamtbetrag", "total"),
    ],
)
def test_a_label_goes_to_its_best_property(label: str, slot: str) -> None:
    assert INVOICE.match(label)[0][1].path == (slot,)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Customer number", ""),
        ("Weather", ""),
        ("Page", ""),
        ("Employer", "employee_name"),
        ("Net weight", "gross_weight"),
        ("Customer", "customer_reference"),
        ("Contract", "contractor"),
        ("Due date", "start_date"),
    ],
)
def test_labels_that_only_look_alike_are_kept_apart(label: str, name: str) -> None:
    other = (
        frame("Paper", typed("Paper", **{name: TEXT, "other_matter": TEXT})) if name else INVOICE
    )
    assert not [rate for rate, _ in other.match(label) if rate >= 0.6]


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("Emp. ID: E-7", "employee_number", "E-7"),
        ("Dept: Sales", "department", "Sales"),
        ("Surname: Soler", "last_name", "Soler"),
        ("Town: Stroud", "city", "Stroud"),
        ("Postcode: GL5 2QT", "zip_code", "GL5 2QT"),
        ("Salarié: Claire Dubois", "employee", "Claire Dubois"),
        ("Zählernummer: 1ESY", "zaehlernummer", "1ESY"),
        ("Your reference: PO 5561", "customer_reference", "PO 5561"),
        ("Rent collector: Ann Bay", "rentCollector", "Ann Bay"),
        ("Bill to: Harper LLP", "customer", "Harper LLP"),
        # Units, and what goes without saying, may differ.
        ("Odometer: 45,210 km", "odometer_km", 45210),
        ("Gross wt: 182.5 kg", "gross_weight_kg", 182.5),
        ("Floor area: 112 sq m", "floor_area_sqm", 112),
        ("Rent: £1,350 per month", "monthly_rent", 1350),
        ("On hand: 12", "quantity_on_hand", 12),
        ("Shipping: $4.95", "shipping_cost", 4.95),
        ("Term: 240 months", "term_months", 240),
        ("Hourly rate: £38.00", "hourly_rate", 38),
        # What accounts write for less than nothing.
        ("Amount: 912.30 CR", "amount", -912.3),
        ("Amount: (412)", "amount", -412),
        ("Amount: (1,508)", "amount", -1508),
        ("Amount: 1,260.00-", "amount", -1260),
    ],
)
def test_a_label_finds_its_property_by_meaning(line: str, name: str, value: Any) -> None:
    kind = TEXT if isinstance(value, str) else NUMBER
    assert one(f"{line}\n", {name: kind, "unrelated_matter": TEXT}) == {name: value}


@pytest.mark.parametrize(
    ("line", "ends"),
    [
        ("Period: 01/04/2026 to 30/04/2026", ("2026-04-01", "2026-04-30")),
        ("Period: du 01/05/2026 au 31/05/2026", ("2026-05-01", "2026-05-31")),
        ("Abrechnungszeitraum: 01.01.2025 – 31.12.2025", ("2025-01-01", "2025-12-31")),
        ("Period: 2026-04-01 - 2026-04-30", ("2026-04-01", "2026-04-30")),
        ("Period: 3 to 9 May 2026", ("2026-05-03", "2026-05-09")),
        ("Period: 28 December to 4 January 2027", ("2026-12-28", "2027-01-04")),
    ],
)
def test_a_period_fills_its_start_and_its_end(line: str, ends: tuple[str, str]) -> None:
    flat = one(line + "\n", {"period_start": DAY, "period_end": DAY, "note": TEXT})
    assert (flat["period_start"], flat["period_end"]) == ends
    nested = one(line + "\n", {"period": inside(**{"from": DAY, "to": DAY}), "note": TEXT})
    assert nested["period"] == {"from": ends[0], "to": ends[1]}


MAIL = inside(email={"format": "email"})
PAPERS: dict[str, tuple[str, dict[str, Any], Found]] = {
    "the last word of a name is enough where it is the only one": (
        "Weight: 5\n", {"gross_weight": NUMBER, "note": TEXT}, {"gross_weight": 5}),
    "and not where there are two": (
        "Weight: 5\nNote: x y\n", {"gross_weight": NUMBER, "net_weight": NUMBER, "note": TEXT}, {"note": "x y"}),
    "labels of an inner object that nothing else has need no context": (
        "D.O.B.: 4 Nov 1941\nPatient: Ann Bay\nWard: Oak\n",
        {"ward": TEXT, "patient": inside(name=TEXT, birth_date=DAY)},
        {"ward": "Oak", "patient": {"name": "Ann Bay", "birth_date": "1941-11-04"}}),
    "and those that two have do": (
        "Email: a@b.example\nWard: Oak\n", {"seller": MAIL, "buyer": MAIL, "ward": TEXT}, {"ward": "Oak"}),
    "items of a marked list keep their commas": (
        "Ingredients:\n- 225 g butter\n- 1 lemon, zested\n- salt and pepper\n", {"ingredients": LIST},
        {"ingredients": ["225 g butter", "1 lemon, zested", "salt and pepper"]}),
    "items of a line have commas between them": (
        "Allergies: latex, nuts; pollen\n", {"allergies": LIST}, {"allergies": ["latex", "nuts", "pollen"]}),
    "labels follow each other on a line without a gap": (
        "Site: Old Mill, Frome Supervisor: Janet Coombes\nNote: see Annex: Terms of sale\n",
        {"site": TEXT, "supervisor": TEXT, "note": TEXT},
        {"site": "Old Mill, Frome", "supervisor": "Janet Coombes", "note": "see Annex: Terms of sale"}),
    "one document with rows is one object": (
        ("Policy number     Start date       Premium\nHX-55             15 Mar 2026      $1,284.00\n\n"
        "Coverage             Limit\nDwelling             $420,000\nLiability            $300,000\n"),
        {"policy_number": TEXT, "premium": NUMBER, "start_date": DAY, "coverages": rows(coverage=TEXT, limit=NUMBER)},
        {"policy_number": "HX-55", "start_date": "2026-03-15", "premium": 1284,
         "coverages": [{"coverage": "Dwelling", "limit": 420000}, {"coverage": "Liability", "limit": 300000}]}),
    "subtotal is not total": (
        "Subtotal: 80.00\nTotal: 100.00\n", {"total": NUMBER, "subtotal": NUMBER}, {"subtotal": 80, "total": 100}),
    "in either order": (
        "Total: 100.00\nSubtotal: 80.00\n", {"total": NUMBER, "subtotal": NUMBER}, {"subtotal": 80, "total": 100}),
    "values within sentences": (
        "The tenancy begins on 1 June 2026. The monthly rent is £1,150, payable on the first day.\n",
        {"monthly_rent": NUMBER, "start_date": DAY | {"x-labels": ["begins on"]}},
        {"monthly_rent": 1150, "start_date": "2026-06-01"}),
    "a joined label is that of an inner object": (
        "Deal ID: D7\nSeller name: Acme\nSeller email: a@b.example\n",
        {"deal_id": TEXT, "seller": inside(name=TEXT, email={"format": "email"})},
        {"deal_id": "D7", "seller": {"name": "Acme", "email": "a@b.example"}}),
    "a section is an inner object": (
        "Deal ID: D7\n\n## Seller\n\nName: Acme\nEmail: a@b.example\n",
        {"deal_id": TEXT, "seller": inside(name=TEXT, email={"format": "email"})},
        {"deal_id": "D7", "seller": {"name": "Acme", "email": "a@b.example"}}),
}  # fmt: skip


@pytest.mark.parametrize(("text", "properties", "expected"), PAPERS.values(), ids=list(PAPERS))
def test_a_paper_gives_just_what_it_says(
    text: str, properties: dict[str, Any], expected: Found
) -> None:
    assert one(text, properties) == expected


def test_rows_of_a_csv_are_objects_whatever_the_case_of_their_heads() -> None:
    types = typed(
        "Asset", assetTag=TEXT, purchaseDate=DAY, purchaseCost=NUMBER, active={"type": "boolean"}
    )
    table = (
        "| asset_tag | PURCHASE DATE | Cost | Active? |\n| --- | --- | --- | --- |\n"
        "| LT-1 | 14/01/2024 | €1,149.00 | Y |\n| LT-2 | 15/01/2024 | €289.90 | N |\n"
    )
    assert found(table, types) == [
        {"assetTag": "LT-1", "purchaseDate": "2024-01-14", "purchaseCost": 1149, "active": True},
        {"assetTag": "LT-2", "purchaseDate": "2024-01-15", "purchaseCost": 289.9, "active": False},
    ]


def test_a_currency_named_once_is_that_of_all_amounts() -> None:
    items = rows(name=TEXT, price=NUMBER)
    text = "Number: 7\nAll prices in GBP\n\n| Name | Price |\n|---|---|\n| Nut | 3.00 |\n"
    (paper,) = found(text, typed("List", currency=TEXT, number=TEXT, items=items))
    assert paper["currency"] == "GBP"
