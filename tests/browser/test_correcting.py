"""A reviewer puts a result right at the admin page, beside the text, and approves it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from local.demo import documents
from tests.browser.conftest import Reader, Reading

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def reviewed(reader: Reader) -> Callable[[], dict[str, Any]]:
    """Opens an invoice that requires a review; gives what the API has of it."""
    config = {"review_below_confidence": 1, "object_types": ["invoice"]}
    created = reader.api.create(source_text=documents.invoice(), extraction_config=config)
    job_id = str(created.json["id"])
    reader.api.wait_for(job_id, lambda job: job["status"] == "requires_review", seconds=30)
    reader.open_job(job_id)
    return lambda: next(
        each for each in reader.api.items(f"/{job_id}/objects") if each["type"] == "Invoice"
    )


def correct(page: Page, name: str, value: str) -> None:
    page.get_by_role("button", name=f"Correct {name}", exact=True).click()
    field = page.get_by_role("textbox", name=name, exact=True)
    expect(field).to_be_focused()
    field.fill(value)
    field.press("Enter")


def approve(page: Page, note: str) -> None:
    page.get_by_role("region", name="Changes").get_by_role("button", name="Approve").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Note").fill(note)
    dialog.get_by_role("button", name="Approve").click()


def test_a_value_is_corrected_refused_put_right_and_saved_with_the_approval(
    reader: Reading,
) -> None:
    elsewhere = reader()
    elsewhere.api.create(source_text="A project of its own.")
    amelia = reader()
    page = amelia.page
    invoice = reviewed(amelia)
    page.get_by_role("link", name="All jobs").click()
    page.locator(".jobs .job a").click()
    page.get_by_role("button", name="Correct total", exact=True).click()
    expect(page.locator("mark.chosen").last).to_have_text("917.13")
    page.keyboard.press("Escape")
    changes = page.get_by_role("region", name="Changes")
    expect(changes).to_have_count(0)

    correct(page, "total", "some 900")
    correct(page, "supplier", "Somebody else")
    expect(changes).to_contain_text("2 values are changed.")
    page.get_by_role("button", name="Undo supplier").click()
    expect(changes).to_contain_text("1 value is changed.")
    expect(page.get_by_role("button", name="Correct supplier", exact=True)).to_be_focused()
    for leave in (
        lambda: page.get_by_role("link", name="All jobs").click(),
        lambda: page.get_by_label("Project").select_option(f"acme / {elsewhere.project}"),
        lambda: page.get_by_role("button", name="Sign out").click(),
        lambda: page.evaluate("history.back()"),
    ):
        with page.expect_event("dialog") as asked:
            page.once("dialog", lambda dialog: dialog.dismiss())
            leave()
        assert asked.value.message == "Your changes are not saved. Leave this page?"
        expect(changes).to_contain_text("1 value is changed.")
        expect(page.get_by_label("Project")).to_have_value(f"acme / {amelia.project}")
    amelia.faults.clear()
    approve(page, "Checked.")
    refused = page.get_by_role("article").locator(".changed", has_text="some 900")
    expect(refused.get_by_role("alert")).to_contain_text("must be a number")
    expect(page.get_by_text("Nothing was saved. 1 change was refused")).to_be_visible()
    # The browser notes the refusal by itself.
    amelia.faults[:] = [fault for fault in amelia.faults if "422" not in fault]

    correct(page, "total", "918.5")
    correct(page, "shipping", "")
    details = page.get_by_role("article", name="Details")
    expect(details.locator(".changed", has_text="918.5")).to_contain_text("was 917.13")
    approve(page, "Two put right.")
    expect(page.locator(".headline .badge")).to_have_text("completed")
    expect(page.get_by_text("Two put right.").first).to_be_visible()
    total = page.locator("dl > div").filter(has=page.get_by_text("total", exact=True))
    expect(total).to_contain_text("918.5 corrected by")
    expect(total).to_contain_text("Before: 917.13")
    table = page.get_by_role("region", name="Table of Invoice")
    expect(table.get_by_role("cell", name="918.5 corrected")).to_be_visible()
    expect(page.get_by_role("button", name="Correct total")).to_have_count(0)
    saved = invoice()
    assert saved["properties"]["total"] == 918.5
    assert "shipping" not in saved["properties"]
    assert saved["evidence"]["total"]["previous"]["value"] == 917.13


def test_rows_are_taken_away_changed_and_added_and_a_missing_value_is_entered(
    amelia: Reader, page: Page
) -> None:
    invoice = reviewed(amelia)
    before = invoice()["properties"]
    missing = "purchase_order"
    assert missing not in before
    page.get_by_role("button", name="Remove line_items 2").click()
    expect(page.get_by_text("This row is removed.")).to_be_visible()
    correct(page, "line_items 3 amount", "96")
    add = page.get_by_role("button", name="Add a row")
    add.click()
    page.keyboard.press("Escape")
    add.click()
    page.keyboard.press("Escape")
    count = len(before["line_items"])
    correct(page, f"line_items {count + 2} description", "Courier")
    page.get_by_role("combobox", name="Add a value to Invoice").select_option(missing)
    page.keyboard.type("PO-7")
    page.keyboard.press("Enter")
    approve(page, "Rows put right.")
    expect(page.locator(".headline .badge")).to_have_text("completed")
    first, _, third, *others = before["line_items"]
    saved = invoice()["properties"]
    assert saved["line_items"] == [
        first,
        third | {"amount": 96},
        *others,
        {"description": "Courier"},
    ]
    assert saved[missing] == "PO-7"
