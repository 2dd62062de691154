"""A result of hundreds of objects is looked through, understood and taken away at the admin page."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from local.demo import documents
from tests.browser.conftest import Reader, made

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def test_hundreds_of_objects_are_tables_to_sort_and_filter_with_details_on_demand(
    amelia: Reader, page: Page
) -> None:
    job_id = made(amelia, source_text=documents.agreement())
    objects = amelia.api.items(f"/{job_id}/objects")
    assert len(objects) > 200
    types = {each["type"] for each in objects}
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/objects?*", hold, times=1)
    amelia.open_job(job_id)
    result = page.get_by_role("region", name="Result")
    expect(result.get_by_role("status")).to_have_text("Loading…")
    held[0].continue_()
    expect(page.locator("section.type")).to_have_count(len(types))
    assert page.evaluate("document.documentElement.scrollHeight") < 6_000

    requirements = [each for each in objects if each["type"] == "Requirement"]
    table = page.get_by_role("region", name="Table of Requirement", exact=True)
    rows = table.locator("tbody tr")
    expect(rows).to_have_count(min(100, len(requirements)))
    expect(rows.first.locator(".sure").first).to_be_visible()
    sort = table.get_by_role("button", name="confidence")
    sort.click()
    sort.click()
    expect(table.get_by_role("columnheader", name="confidence")).to_have_attribute(
        "aria-sort", "descending"
    )
    surest = max(each["confidence"] for each in requirements)
    expect(rows.first.locator(".sure").last).to_have_text(f"{int(surest * 1000) / 10:g} %")

    wanted = next(iter(requirements[-1]["properties"].values()))
    page.get_by_role("searchbox", name="Filter Requirement").fill(str(wanted).upper())
    expect(rows).to_have_count(sum(str(wanted) in json.dumps(each) for each in requirements))
    table.get_by_role("button", name="Details of Requirement").first.click()
    details = page.get_by_role("article", name="Details")
    expect(details).to_contain_text(str(wanted))
    details.locator("button.quote").first.click()
    expect(page.locator("mark.chosen").first).to_be_in_viewport()


def test_what_is_below_the_jobs_threshold_is_marked_in_words(amelia: Reader) -> None:
    config: dict[str, Any] = {"object_types": ["invoice"]}
    first = made(amelia, source_text=documents.invoice(), extraction_config=config)
    [invoice] = [x for x in amelia.api.items(f"/{first}/objects") if x["type"] == "Invoice"]
    customer, total = (invoice["evidence"][x]["confidence"] for x in ("customer", "total"))
    threshold = (customer + total) / 2  # one is below it, one is not
    config["review_below_confidence"] = threshold
    job_id = made(amelia, source_text=documents.invoice(), extraction_config=config)
    amelia.open_job(job_id)
    table = amelia.page.get_by_role("region", name="Table of Invoice")
    for name in ("customer", "total"):
        shown = table.get_by_role("cell", name=str(invoice["properties"][name])).locator(".sure")
        low = invoice["evidence"][name]["confidence"] < threshold
        expect(shown).to_contain_text("low: " if low else "%")
        assert ("low" in shown.inner_text()) is low
    assert customer != total


def test_a_quote_is_shown_where_it_stands_in_any_script(amelia: Reader, page: Page) -> None:
    # Letters outside the plane that JavaScript counts as one.
    text = "🧾🧾🧾 𝔉𝔬𝔯 𝔶𝔬𝔲\n\nInvoice number: INV-77\nTotal: 118.50 EUR\n"
    job_id = made(amelia, source_text=text)
    amelia.open_job(job_id)
    page.locator("button.quote", has_text="INV-77").first.click()
    expect(page.locator("mark.chosen")).to_have_text("INV-77")
    assert page.locator(".text").inner_text().strip() == text.strip()


def test_a_result_is_downloaded_as_csv_and_as_json_lines(amelia: Reader) -> None:
    job_id = made(amelia, source_text=documents.agreement())
    objects = amelia.api.items(f"/{job_id}/objects")
    amelia.open_job(job_id)
    with_rows = list(csv.DictReader(downloaded(amelia, "CSV", f"{job_id}.csv").splitlines()))
    assert [row["object.id"] for row in with_rows] == [each["id"] for each in objects]
    lines = downloaded(amelia, "JSON Lines", f"{job_id}.jsonl").splitlines()
    assert [json.loads(line)["evidence"] for line in lines] == [x["evidence"] for x in objects]


def downloaded(reader: Reader, label: str, name: str) -> str:
    with reader.page.expect_download() as download:
        reader.page.get_by_role("button", name=label, exact=True).click()
    assert download.value.suggested_filename == name
    return Path(download.value.path()).read_text(encoding="utf-8")
