"""What an operator does at the admin page, done in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from local.demo import documents
from tests.browser.conftest import Reader, Sql, fill, made, make_orphan, row
from tests.waiting import until

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def test_retry_job_brings_a_stuck_job_to_its_end(amelia: Reader, page: Page, sql: Sql) -> None:
    job_id = made(amelia, source_id="stuck.txt", source_text=documents.invoice())
    make_orphan(sql, job_id)

    amelia.open()
    expect(page.get_by_text("1 running job has lost its worker")).to_be_visible()
    expect(row(page, "stuck.txt")).to_contain_text("Orphan: no heartbeat for 10 min")
    page.get_by_role("link", name="stuck.txt").click()
    expect(page.get_by_text("Its worker is gone.")).to_be_visible()
    page.get_by_role("button", name="Retry Job").click()
    amelia.ask_often()

    expect(page.locator(".headline .badge")).to_have_text("completed", timeout=60_000)
    expect(page.locator(".notes")).to_contain_text("Job was manually retried.")
    expect(page.locator(".errors")).to_have_count(0)
    expect(page.get_by_role("heading", name="Attempt 1 (lease 3")).to_be_visible()
    assert amelia.api.job(job_id)["status"] == "completed"


def test_an_address_that_names_the_job_alone_finds_its_project(amelia: Reader) -> None:
    job_id = made(amelia, source_id="bare.txt", source_text=documents.invoice())
    amelia.sign_in(f"/admin/extraction-jobs/{job_id}")
    expect(amelia.page.get_by_role("heading", name="bare.txt")).to_be_visible()


def test_a_job_that_has_ended_is_deleted_after_a_question(
    amelia: Reader, page: Page, sql: Sql
) -> None:
    fill(sql, amelia, 2, name="old")
    fill(sql, amelia, 1, status="pending", name="new")
    sql(
        "UPDATE kb.object_extraction_jobs SET source_uri = 's3://sources/acme/old.pdf'"
        " WHERE source_id = 'old-1' AND project_id = %s",
        [amelia.project],
    )
    amelia.open()
    page.get_by_role("link", name="new-1").click()
    expect(page.get_by_role("button", name="Cancel Job")).to_be_visible()
    expect(page.get_by_role("button", name="Delete Job")).to_have_count(0)
    page.get_by_role("link", name="All jobs").click()
    page.get_by_role("link", name="old-1").click()
    page.get_by_role("button", name="Delete Job").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Its source, s3://sources/acme/old.pdf, is not deleted.")
    dialog.get_by_role("button", name="Close").click()
    assert len(amelia.api.items("")) == 3
    page.get_by_role("button", name="Delete Job").click()
    dialog.get_by_role("button", name="Delete Job").click()
    expect(page.get_by_role("link", name="old-2")).to_be_visible()
    expect(page.get_by_role("link", name="old-1")).to_have_count(0)
    assert {job["source_id"] for job in amelia.api.items("")} == {"old-2", "new-1"}


def test_html_and_script_of_a_job_are_shown_as_text(amelia: Reader, page: Page, sql: Sql) -> None:
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    link = "javascript:alert(3)"
    text = f"Invoice number: {evil}\nSupplier: {evil} Ltd\nTotal: 12.00 EUR\n{link}"
    job_id = made(
        amelia, source_id=evil, source_text=text, source_metadata={evil: [evil]}, source_type="note"
    )
    sql(
        "UPDATE kb.object_extraction_jobs SET error_message = %s, review_reason = %s, created_by = %s,"
        " source_uri = %s WHERE id = %s",
        [evil, evil, evil, link, job_id],
    )
    sql(
        "INSERT INTO kb.extraction_job_events (job_id, actor, to_status, reason, attempt, lease, detail)"
        " VALUES (%s, 'psql', %s, %s, 1, 1, jsonb_build_object(%s::text, %s::text, 'caller', %s::text))",
        [job_id, evil, evil, evil, evil, evil],
    )
    sql(
        "UPDATE kb.extracted_objects SET type = %s, properties = properties || jsonb_build_object(%s::text, %s::text)"
        " WHERE job_id = %s",
        [evil, evil, evil, job_id],
    )
    amelia.open()
    expect(page.get_by_role("link", name=evil)).to_be_visible()
    page.get_by_role("link", name=evil).click()
    page.get_by_role("heading", name="All fields of the job").wait_for()
    page.locator("summary", has_text="Metadata").click()
    for where in ("h1", ".notes", ".events", ".objects", ".text", ".facts", "details"):
        shown = page.locator(where).filter(has_text="<script>alert(2)</script>")
        expect(shown.first).to_be_visible()
    assert page.locator("#app img, #app script, a[href^=javascript]").count() == 0


def test_new_jobs_are_announced_and_nothing_moves(amelia: Reader, page: Page, sql: Sql) -> None:
    fill(sql, amelia, 3, name="old")
    amelia.open()
    expect(row(page, "old-3")).to_be_visible()
    before = page.locator("tbody tr").evaluate_all("rows => rows.map(row => row.dataset.job)")
    fill(sql, amelia, 2, name="new")
    sql(
        "UPDATE kb.object_extraction_jobs SET status = 'cancelled' WHERE source_id = 'old-2' AND project_id = %s",
        [amelia.project],
    )
    amelia.ask_often()
    expect(page.get_by_role("button", name="Show 2 new jobs")).to_be_visible(timeout=60_000)
    expect(row(page, "old-2")).to_contain_text("cancelled", ignore_case=True)
    assert (
        page.locator("tbody tr").evaluate_all("rows => rows.map(row => row.dataset.job)") == before
    )
    page.get_by_role("button", name="Show 2 new jobs").click()
    expect(row(page, "new-2")).to_be_visible()


def test_a_long_list_is_paged_and_searched(amelia: Reader, page: Page, sql: Sql) -> None:
    fill(sql, amelia, 1, name="needle")
    fill(sql, amelia, 60, name="hay")
    amelia.open()
    expect(page.locator("tbody tr")).to_have_count(50)
    page.get_by_role("link", name="Older").click()
    expect(page.locator("tbody tr")).to_have_count(11)
    page.get_by_label("Search").fill("NEEDLE")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(11)


def test_what_is_not_allowed_is_disabled_and_says_why(amelia: Reader, page: Page) -> None:
    job_id = made(amelia, source_text=documents.invoice())
    amelia.open_job(job_id)
    for name, reason in (
        ("Retry Job", "run it again as a new job"),
        ("Cancel Job", "already completed"),
    ):
        button = page.get_by_role("button", name=name)
        expect(button).to_have_attribute("aria-disabled", "true")
        expect(page.locator(f"#{button.get_attribute('aria-describedby')}")).to_contain_text(reason)
        button.click(force=True)
    assert len(amelia.api.items(f"/{job_id}/events")) == 3


def test_the_keyboard_alone_does(amelia: Reader, page: Page, sql: Sql) -> None:
    fill(sql, amelia, 1, name="only")
    amelia.open()
    page.get_by_label("Select only-1").wait_for()

    def reach(name: str, limit: int = 40) -> None:
        for _ in range(limit):
            page.keyboard.press("Tab")
            said = "e => e.getAttribute('aria-label') || e.innerText"
            if page.locator(":focus").count() and name in page.locator(":focus").evaluate(said):
                return
        raise AssertionError(f"{name} is not reached")

    reach("To the content")
    reach("Select only-1")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+Tab")
    until(lambda: page.get_by_text("1 job selected").count() == 1, what="the selection")
    page.get_by_role("button", name="Retry selected").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Retry 1 job?")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert amelia.api.items("")[0]["status"] == "failed"


def test_a_token_that_is_not_accepted_ends_at_the_sign_in(amelia: Reader, page: Page) -> None:
    page.goto(amelia.url + "/admin/extraction-jobs")
    page.get_by_label("Token").fill("Bearer not.a.token")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("the token was not accepted")
    # The browser notes a refused call by itself.
    amelia.faults[:] = [fault for fault in amelia.faults if "401" not in fault]
