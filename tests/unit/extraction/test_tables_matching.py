"""Labels against bare property names: what a reader would take for the same, and what not."""

from __future__ import annotations

from typing import Any

import pytest

from extraction import parse_object_types
from extraction.schema.frames import frames_of
from tests.unit.extraction.test_matching import found

TEXT = {"type": "string"}
NUMBER = {"type": "number"}
DAY = {"type": "string", "format": "date"}


def one(source: str, properties: dict[str, Any]) -> dict[str, Any]:
    (only,) = found(source, {"Paper": {"type": "object", "properties": properties}})
    assert isinstance(only, dict)
    return only


@pytest.mark.parametrize(
    ("label", "name", "value"),
    [
        ("Emp. ID", "employee_number", "E-7"),
        ("Dept", "department", "Sales"),
        ("Surname", "last_name", "Soler"),
        ("Town", "city", "Stroud"),
        ("Postcode", "zip_code", "GL5 2QT"),
        ("Salarié", "employee", "Claire Dubois"),
        ("Zählernummer", "zaehlernummer", "1ESY"),
        ("Your reference", "customer_reference", "PO 5561"),
        ("Rent collector", "rentCollector", "Ann Bay"),
        ("Bill to", "customer", "Harper LLP"),
    ],
)
def test_a_label_finds_its_property_by_meaning(label: str, name: str, value: str) -> None:
    assert one(f"{label}: {value}\n", {name: TEXT, "unrelated_matter": TEXT}) == {name: value}


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("Odometer: 45,210 km", "odometer_km", 45210),
        ("Gross wt: 182.5 kg", "gross_weight_kg", 182.5),
        ("Floor area: 112 sq m", "floor_area_sqm", 112),
        ("Rent: £1,350 per month", "monthly_rent", 1350),
        ("On hand: 12", "quantity_on_hand", 12),
        ("Shipping: $4.95", "shipping_cost", 4.95),
        ("Term: 240 months", "term_months", 240),
        ("Hourly rate: £38.00", "hourly_rate", 38),
    ],
)
def test_units_and_what_goes_without_saying_may_differ(line: str, name: str, value: float) -> None:
    assert one(line + "\n", {name: NUMBER, "unrelated_matter": TEXT}) == {name: value}


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Employer", "employee_name"),
        ("Net weight", "gross_weight"),
        ("Customer", "customer_reference"),
        ("Contract", "contractor"),
        ("Due date", "start_date"),
    ],
)
def test_labels_that_only_look_alike_are_kept_apart(label: str, name: str) -> None:
    properties = {name: TEXT, "other_matter": TEXT}
    (frame, *_) = frames_of(parse_object_types({"Paper": {"properties": properties}}))
    assert not [rate for rate, _ in frame.match(label) if rate >= 0.6]


def test_the_last_word_of_a_name_is_enough_only_where_it_is_the_only_one() -> None:
    assert one("Weight: 5\n", {"gross_weight": NUMBER, "note": TEXT}) == {"gross_weight": 5}
    both = {"gross_weight": NUMBER, "net_weight": NUMBER, "note": TEXT}
    assert one("Weight: 5\nNote: x y\n", both) == {"note": "x y"}


def test_nested_labels_that_nothing_else_has_need_no_context() -> None:
    properties = {
        "ward": TEXT,
        "patient": {"type": "object", "properties": {"name": TEXT, "birth_date": DAY}},
    }
    assert one("D.O.B.: 4 Nov 1941\nPatient: Ann Bay\nWard: Oak\n", properties) == {
        "ward": "Oak",
        "patient": {"name": "Ann Bay", "birth_date": "1941-11-04"},
    }
    two = {
        "seller": {"type": "object", "properties": {"email": {"format": "email"}}},
        "buyer": {"type": "object", "properties": {"email": {"format": "email"}}},
        "ward": TEXT,
    }
    assert one("Email: a@b.example\nWard: Oak\n", two) == {"ward": "Oak"}


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
    nested = {"period": {"type": "object", "properties": {"from": DAY, "to": DAY}}, "note": TEXT}
    assert one(line + "\n", nested)["period"] == {"from": ends[0], "to": ends[1]}


def test_rows_of_a_csv_are_objects_whatever_the_case_of_their_heads() -> None:
    types = {"Asset": {"properties": {
        "assetTag": TEXT, "purchaseDate": DAY, "purchaseCost": NUMBER, "active": {"type": "boolean"},
    }}}  # fmt: skip
    table = (
        "| asset_tag | PURCHASE DATE | Cost | Active? |\n| --- | --- | --- | --- |\n"
        "| LT-1 | 14/01/2024 | €1,149.00 | Y |\n| LT-2 | 15/01/2024 | €289.90 | N |\n"
    )
    assert found(table, types) == [
        {"assetTag": "LT-1", "purchaseDate": "2024-01-14", "purchaseCost": 1149, "active": True},
        {"assetTag": "LT-2", "purchaseDate": "2024-01-15", "purchaseCost": 289.9, "active": False},
    ]


def test_one_document_with_rows_is_one_object() -> None:
    types = {"Policy": {"properties": {
        "policy_number": TEXT, "premium": NUMBER, "start_date": DAY,
        "coverages": {"type": "array", "items": {"properties": {"coverage": TEXT, "limit": NUMBER}}},
    }}}  # fmt: skip
    source = (
        "Policy number     Start date       Premium\nHX-55             15 Mar 2026      $1,284.00\n\n"
        "Coverage             Limit\nDwelling             $420,000\nLiability            $300,000\n"
    )
    assert found(source, types) == [
        {
            "policy_number": "HX-55",
            "start_date": "2026-03-15",
            "premium": 1284,
            "coverages": [
                {"coverage": "Dwelling", "limit": 420000},
                {"coverage": "Liability", "limit": 300000},
            ],
        }
    ]


def test_items_of_a_marked_list_keep_their_commas() -> None:
    lemon = "Ingredients:\n- 225 g butter\n- 1 lemon, zested\n- salt and pepper\n"
    listed = {"type": "array", "items": TEXT}
    assert one(lemon, {"ingredients": listed}) == {
        "ingredients": ["225 g butter", "1 lemon, zested", "salt and pepper"]
    }
    assert one("Allergies: latex, nuts; pollen\n", {"allergies": listed}) == {
        "allergies": ["latex", "nuts", "pollen"]
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [("912.30 CR", -912.3), ("(412)", -412), ("(1,508)", -1508), ("1,260.00-", -1260)],
)
def test_what_accounts_write_for_less_than_nothing(text: str, value: float) -> None:
    assert one(f"Amount: {text}\n", {"amount": NUMBER}) == {"amount": value}


def test_labels_follow_each_other_on_a_line_without_a_gap() -> None:
    source = "Site: Old Mill, Frome Supervisor: Janet Coombes\nNote: see Annex: Terms of sale\n"
    assert one(source, {"site": TEXT, "supervisor": TEXT, "note": TEXT}) == {
        "site": "Old Mill, Frome",
        "supervisor": "Janet Coombes",
        "note": "see Annex: Terms of sale",
    }


def test_a_currency_named_once_is_that_of_all_amounts() -> None:
    types = {"List": {"properties": {
        "currency": TEXT, "number": TEXT,
        "items": {"type": "array", "items": {"properties": {"name": TEXT, "price": NUMBER}}},
    }}}  # fmt: skip
    source = "Number: 7\nAll prices in GBP\n\n| Name | Price |\n|---|---|\n| Nut | 3.00 |\n"
    (paper,) = found(source, types)
    assert paper["currency"] == "GBP"
