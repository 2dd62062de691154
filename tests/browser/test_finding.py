"""How a job is found at the admin page: by search, and by the keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Reader, Reading, Sql, fill, row

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def test_a_search_says_how_far_it_looked_and_goes_on_from_there(
    amelia: Reader, page: Page, sql: Sql
) -> None:
    fill(sql, amelia, 1, name="needle")
    address = f"s3://sources/acme/{'a-long-folder/' * 6}contract.pdf"
    sql(
        "UPDATE kb.object_extraction_jobs SET source_uri = %s WHERE source_id = 'needle-1' AND project_id = %s",
        [address, amelia.project],
    )
    [needle] = amelia.api.items("")
    fill(sql, amelia, 5_000, name="hay")
    sql("ANALYZE kb.object_extraction_jobs")
    amelia.open()
    search = page.get_by_label("Search")

    def look_for(text: str) -> None:
        search.fill(text)
        search.press("Enter")

    # What names a job exactly is found however old it is.
    for text in (needle["id"], "needle-1"):
        look_for(text)
        expect(row(page, "needle-1")).to_be_visible()
        expect(page.locator("tbody tr")).to_have_count(1)
    look_for(address)
    expect(page.get_by_text("No match in the newest 5,000 jobs.")).to_be_visible()
    page.get_by_role("link", name="Search the next 5,000").click()
    expect(row(page, "needle-1")).to_be_visible()
    look_for("nowhere")
    page.get_by_role("link", name="Search the next 5,000").click()
    expect(page.get_by_text("No job matches.")).to_be_visible()


def test_a_long_name_is_cut_in_its_middle(reader: Reading, sql: Sql) -> None:
    amelia = reader()
    fill(sql, amelia, 1, name="x")
    address = f"s3://sources/acme/{'a-long-folder/' * 6}contract.pdf"
    sql(
        "UPDATE kb.object_extraction_jobs SET source_id = NULL, source_uri = %s WHERE project_id = %s",
        [address, amelia.project],
    )
    amelia.open()
    link = amelia.page.get_by_title(address)
    expect(link).to_have_text(f"{address[:19]}…{address[-40:]}")
    link.click()
    expect(amelia.page.locator(".facts")).to_contain_text(address)
    # Every time in full names its zone: the reader is in Dublin.
    expect(amelia.page.locator(".facts time").first).to_contain_text(re.compile(r"GMT$|GMT\+1$"))


def test_keys_walk_the_list_and_can_be_switched_off(amelia: Reader, page: Page, sql: Sql) -> None:
    fill(sql, amelia, 3)
    amelia.open()
    row(page, "job-3").wait_for()
    links = page.locator("td.job a")
    for key, number in (("j", 0), ("j", 1), ("j", 2), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        expect(links.nth(number)).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_label("Search")).to_be_focused()
    page.keyboard.type("jk?")
    expect(page.get_by_label("Search")).to_have_value("jk?")
    page.get_by_role("button", name="Stop updates").click()
    with page.expect_request(lambda request: "/extraction-jobs?" in request.url):
        page.keyboard.press("r")
    page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_).to_contain_text("Next job in the list")
    help_.get_by_label("Use these keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(help_).to_have_count(0)
    page.get_by_role("button", name="Keys").click()
    expect(help_).to_be_visible()
