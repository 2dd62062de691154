"""Many jobs are retried or cancelled at the admin page: just those that were shown first."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import Reader, Sql, fill, row

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def test_just_the_selected_jobs_are_shown_and_then_retried(
    amelia: Reader, page: Page, sql: Sql
) -> None:
    for name in ("first", "second", "moved", "other"):
        fill(sql, amelia, 1, name=name)
    fill(sql, amelia, 1, status="completed", name="done")
    amelia.open()
    for name in ("first-1", "second-1", "moved-1", "done-1"):
        page.get_by_label(f"Select {name}").check()
    page.get_by_role("button", name="Retry selected").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Retry 3 jobs?")).to_be_visible()
    shown = [text.split()[1] for text in dialog.locator("[data-bulk=jobs] li").all_inner_texts()]
    assert sorted(shown) == ["first-1", "moved-1", "second-1"]
    expect(dialog.locator("[data-bulk=skipped]")).to_contain_text(
        "Cannot retry job with status: completed"
    )
    statuses = {job["source_id"]: job["status"] for job in amelia.api.items("")}
    assert statuses["first-1"] == "failed", "a preview changes nothing"

    # Somebody else has retried one meanwhile: a worker is at it, and is left in peace.
    sql(
        "UPDATE kb.object_extraction_jobs SET status = 'running', updated_at = now() + interval '1 hour'"
        " WHERE source_id = 'moved-1' AND project_id = %s",
        [amelia.project],
    )
    dialog.get_by_role("button", name="Retry these 3 jobs").click()
    expect(dialog.get_by_role("heading", name="2 jobs retried")).to_be_visible()
    expect(dialog.locator("[data-bulk=skipped] li")).to_have_count(1)
    dialog.get_by_role("button", name="Close").click()
    histories = {
        job["source_id"]: [event["reason"] for event in amelia.api.items(f"/{job['id']}/events")]
        for job in amelia.api.items("")
    }
    retried = {
        name for name, reasons in histories.items() if "Job was manually retried." in reasons
    }
    assert retried == {"first-1", "second-1"}


def test_all_that_match_are_retried_in_pages_and_rejected_results_only_if_asked_for(
    amelia: Reader, page: Page, sql: Sql
) -> None:
    fill(sql, amelia, 1_100, name="bulk")
    fill(sql, amelia, 2, name="rejected")
    sql(
        "UPDATE kb.object_extraction_jobs SET review_reason = 'A value is unsure.',"
        " source_id = NULL, source_uri = 's3://sources/acme/' || source_id"
        " WHERE project_id = %s AND source_id LIKE 'rejected%%'",
        [amelia.project],
    )
    amelia.open(status="failed")
    expect(row(page, "s3://sources/acme/rejected-2")).to_contain_text("Rejected", ignore_case=True)
    asked: list[Any] = []

    def note(request: Request) -> None:
        if request.url.endswith("/cancel"):
            asked.append(request.post_data_json)

    page.on("request", note)
    page.get_by_role("button", name="Retry all").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Retry 1,100 jobs?")).to_be_visible()
    expect(dialog.get_by_text("and 900 more jobs")).to_be_visible()
    dialog.get_by_label("Also the 2 jobs whose result a person rejected").check()
    expect(dialog.get_by_role("button", name="Retry these 1,102 jobs")).to_be_visible()
    page.keyboard.press("Escape")

    sql(
        "UPDATE kb.object_extraction_jobs SET status = 'pending', run_after = now() + interval '1 day'"
        " WHERE project_id = %s AND source_id IS NOT NULL",
        [amelia.project],
    )
    page.get_by_role("link", name="Pending").click()
    page.get_by_role("button", name="Cancel all").click()
    dialog.get_by_role("button", name="Cancel these 1,100 jobs").click()
    expect(dialog.get_by_role("heading", name="1,100 jobs cancelled")).to_be_visible()
    changed = [each for each in asked if not each["dry_run"]]
    assert [len(each["filter"]["ids"]) for each in changed] == [1000, 100]
    assert len(amelia.api.get("", status="failed").json["items"]) == 2
