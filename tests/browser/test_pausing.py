"""A project is paused and resumed on the page; a job that waits says why and for how long."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Reader

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def test_a_project_is_paused_seen_to_be_so_on_its_pages_and_resumed(
    amelia: Reader, page: Page
) -> None:
    amelia.open("/admin/health")
    page.get_by_label("Reason").fill("The model is down.")
    page.get_by_role("button", name="Pause project").click()
    banner = page.get_by_role("status").filter(has_text="This project was paused")
    expect(banner).to_contain_text(
        re.compile(r"by \S+\. Its jobs wait\. Running jobs finish\.\s+Reason: The model is down\.")
    )
    expect(page.get_by_role("button", name="Pause project")).to_have_count(0)
    page.get_by_role("link", name="Jobs", exact=True).click()
    expect(banner).to_be_visible()
    page.get_by_role("link", name="New job").click()
    page.get_by_label("Or paste text").fill("Total: 12.50 EUR")
    page.get_by_label("Priority").select_option("high")
    page.get_by_role("button", name="Start the job").click()
    expect(page.get_by_text("Waits until its project is resumed.")).to_be_visible()
    expect(page.get_by_text("It is already pending.", exact=True)).to_be_visible()
    expect(page.get_by_text("high priority")).to_be_visible()
    page.get_by_role("link", name="All jobs").click()
    expect(page.locator("tr[data-job]")).to_contain_text("waits: the project is paused")
    page.locator("tr[data-job]").get_by_role("link").click()
    banner.get_by_role("button", name="Resume").click()
    amelia.ask_often()
    expect(page.locator(".headline .badge.completed")).to_be_visible(timeout=30_000)
    expect(banner).to_have_count(0)
    expect(page.get_by_text("Job no longer waits: its project was resumed.")).to_be_visible()


def test_a_job_for_later_says_until_when_it_waits(amelia: Reader) -> None:
    later = datetime.now(UTC) + timedelta(hours=2, minutes=1)
    job = amelia.api.create(source_text="A: 1", run_after=later.isoformat(), priority="low").json
    amelia.open()
    row = amelia.page.locator(f"tr[data-job='{job['id']}']")
    expect(row).to_contain_text("waits until")
    expect(row).to_contain_text("low priority")
    row.get_by_role("link").click()
    expect(amelia.page.get_by_role("region", name="Now")).to_contain_text("for 2 h")
