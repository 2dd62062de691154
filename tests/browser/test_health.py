"""What an operator reads on the Health page: what is wrong, and what is not."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from local.demo import documents
from tests.browser.conftest import Reader, Sql, fill, made, make_orphan

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def test_health_tells_what_is_stuck_and_what_the_next_sweep_would_do(
    amelia: Reader, page: Page, sql: Sql
) -> None:
    job_id = made(amelia, source_text=documents.invoice())
    make_orphan(sql, job_id)
    amelia.open("/admin/health")
    expect(page.get_by_text("1 running job without a worker.")).to_be_visible()
    following = page.get_by_role("region", name="The next sweep would")
    expect(following).to_contain_text("recover")
    expect(following).to_contain_text("no heartbeat for 10 min")
    expect(page.get_by_role("region", name="Queues")).to_contain_text("Dead letters")
    page.get_by_role("button", name="Hour").click()
    expect(page.get_by_role("img", name="last hour. 1 job in all")).to_be_visible()
    following.get_by_role("link").click()
    expect(page.get_by_text("Its worker is gone.")).to_be_visible()


def test_health_says_when_a_job_waits_too_long_as_the_alarm_does(amelia: Reader, sql: Sql) -> None:
    since = "UPDATE kb.object_extraction_jobs SET run_after = now() - %s::interval WHERE project_id = %s"
    fill(sql, amelia, 1, status="pending")
    sql(since, ["14 minutes", amelia.project])
    amelia.open("/admin/health")
    expect(amelia.page.get_by_text("14 min", exact=True)).to_be_visible()
    expect(amelia.page.get_by_text("A job has waited")).to_have_count(0)
    sql(since, ["20 minutes", amelia.project])
    amelia.page.reload()
    told = "A job has waited 20 min for a worker. The limit is 15 min."
    expect(amelia.page.get_by_text(told)).to_be_visible()


def test_health_says_when_too_many_jobs_fail_as_the_alarm_does(
    amelia: Reader, page: Page, sql: Sql
) -> None:
    ended = (
        "UPDATE kb.object_extraction_jobs SET completed_at = now(), review_reason = %s"
        " WHERE project_id = %s AND source_id LIKE %s"
    )
    fill(sql, amelia, 7, status="completed", name="good")
    fill(sql, amelia, 2, name="bad")
    sql(ended, [None, amelia.project, "%"])
    amelia.open("/admin/health")
    expect(page.get_by_text("9 jobs created in the last day.")).to_be_visible()
    expect(page.get_by_text("Too many jobs fail")).to_have_count(0)

    fill(sql, amelia, 1, name="worse")
    fill(sql, amelia, 2, name="rejected")
    sql(ended, [None, amelia.project, "worse%"])
    sql(ended, ["A value is unsure.", amelia.project, "rejected%"])
    amelia.ask_often()
    expect(page.get_by_text("Too many jobs fail: 25 % of the jobs")).to_be_visible()
    figures = {
        term.locator("dt").inner_text(): term.locator("dd").inner_text()
        for term in page.get_by_role("heading", name="Ended in the last hour")
        .locator("xpath=following-sibling::dl[1]")
        .locator(".figure")
        .all()
    }
    assert figures == {
        "Total": "12",
        "Completed": "7",
        "Review required, or rejected": "2",
        "Failed": "3",
    }


def test_a_late_heartbeat_is_marked_before_the_job_is_an_orphan(
    amelia: Reader, page: Page, sql: Sql
) -> None:
    fill(sql, amelia, 1, status="running", name="slow")
    # As if the worker had fallen silent: its period is 1 s here, the threshold 3 s.
    sql(
        "UPDATE kb.object_extraction_jobs SET updated_at = now() + interval '1 hour' WHERE project_id = %s",
        [amelia.project],
    )
    amelia.open()
    expect(page.locator(".heartbeat")).to_be_visible()
    page.route(
        "**/extraction-jobs?*",
        lambda route: route.fulfill(
            json={
                "items": [late(job) for job in route.fetch().json()["items"]],
                "next_cursor": None,
            }
        ),
    )
    amelia.ask_often()
    expect(page.get_by_text("Late: no heartbeat for 2")).to_be_visible()


def late(job: dict[str, object]) -> dict[str, object]:
    return job | {"late": True, "orphan": False, "idle_seconds": 2.1}
