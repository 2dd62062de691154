"""The sweeper's function: what it measures and says; a dry run acts on nothing, and measures nothing."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

import sweeper as sweeper_function
from extraction_jobs.sweep import LAST_ROUND_SECONDS
from extraction_jobs.sweep_run import SWEEP_EVERY_SECONDS
from tests.conftest import Psql
from tests.integration.conftest import Api, Invoke, JobsQueue, Logs
from tests.integration.lambda_events import event_of
from tests.unit.templates import TEMPLATE

METRICS = {
    "Sweeps": "Count",
    "JobsRecovered": "Count",
    "JobsFailed": "Count",
    "MessagesRedispatched": "Count",
    "SweepErrors": "Count",
    "OldestHeartbeatAge": "Seconds",
    "OldestPendingAge": "Seconds",
}


def measured(output: str) -> dict[str, Any]:
    """The one EMF document on stdout."""
    [document] = [line for line in map(json.loads, output.splitlines()) if "_aws" in line]
    return dict(document)


@pytest.fixture
def a_mess(api: Api, psql: Psql, jobs_queue: JobsQueue) -> dict[str, UUID]:
    """One job for each thing that a sweep does, and some for what it leaves alone."""
    names = ("orphan", "spent", "overdue", "lost message", "lively", "waiting", "ended")
    jobs = {name: api.created(source_id=name) for name in names}
    running = ("orphan", "spent", "overdue", "lively")
    listed = ", ".join(f"'{jobs[name]}'" for name in running)
    psql(
        "UPDATE kb.object_extraction_jobs SET status = 'running', revision = 2, lease = 1, attempt = 1,"
        f" started_at = now(), deadline_at = now() + interval '1 hour' WHERE id IN ({listed})"
    )
    psql(f"UPDATE kb.object_extraction_jobs SET attempt = 3 WHERE id = '{jobs['spent']}'")
    psql.make_idle(jobs["orphan"], 20)
    psql.make_idle(jobs["spent"], 10)
    psql.make_overdue(jobs["overdue"])
    psql(
        "UPDATE kb.object_extraction_jobs SET next_dispatch_at = now() - interval '1 minute'"
        f" WHERE id = '{jobs['lost message']}'"
    )
    psql(f"UPDATE kb.object_extraction_jobs SET status = 'completed' WHERE id = '{jobs['ended']}'")
    jobs_queue.bodies()
    return jobs


def test_a_sweep_acts_on_each_as_it_must_and_answers_with_what_it_did(
    psql: Psql, sweep: Invoke, jobs_queue: JobsQueue, a_mess: dict[str, UUID]
) -> None:
    report = sweep(event_of("sweep"))
    assert report == {
        "dry_run": False,
        "recovered": [str(a_mess["orphan"])],
        "failed": [str(a_mess["overdue"]), str(a_mess["spent"])],
        "redispatched": 2,
    }
    statuses = {
        row["source_id"]: row["status"] for row in psql("SELECT * FROM kb.object_extraction_jobs")
    }
    assert statuses == {
        "orphan": "pending",
        "spent": "failed",
        "overdue": "failed",
        "lost message": "pending",
        "lively": "running",
        "waiting": "pending",
        "ended": "completed",
    }
    sent = {body["job_id"] for body in jobs_queue.bodies()}
    assert sent == {str(a_mess["orphan"]), str(a_mess["lost message"])}
    assert sweep() == {"dry_run": False, "recovered": [], "failed": [], "redispatched": 0}


WRONG: dict[str, list[object]] = {
    "dry_run": ["true", 1, 0, None, [], {}],
    "wait_seconds": ["58", True, None, -1, 60.5, float("nan"), []],
}


def test_an_event_in_the_wrong_words_is_no_sweep_at_all(
    psql: Psql, sweep: Invoke, a_mess: dict[str, UUID]
) -> None:
    """Whoever asked for a dry run so must not get a real one."""
    before = psql.everything()
    for name, values in WRONG.items():
        for wrong in values:
            with pytest.raises(sweeper_function.InvalidEventError, match=name):
                sweep({name: wrong})
    assert psql.everything() == before


def test_a_sweep_that_waits_ends_before_the_next_begins_and_before_its_time_is_up() -> None:
    function = TEMPLATE["Resources"]["SweeperFunction"]["Properties"]
    schedule = function["Events"]["EveryMinute"]["Properties"]
    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    event = json.loads(schedule["Input"])
    assert event == event_of("schedule")
    last = event["wait_seconds"] + LAST_ROUND_SECONDS
    assert last < SWEEP_EVERY_SECONDS
    # The longest that Postgres lets a statement last.
    assert last + 60 <= function["Timeout"]


def test_each_sweep_writes_its_metrics_and_a_dry_run_writes_none(
    psql: Psql, sweep: Invoke, a_mess: dict[str, UUID], capsys: pytest.CaptureFixture[str]
) -> None:
    sweep(event_of("schedule-dry-run"))
    assert "_aws" not in capsys.readouterr().out
    sweep(event_of("sweep"))
    document = measured(capsys.readouterr().out)
    [directive] = document["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "ExtractionJobs/tests"
    assert directive["Dimensions"] == [["service"]]
    assert document["service"] == "sweeper"
    assert {each["Name"]: each["Unit"] for each in directive["Metrics"]} == METRICS
    values = {name: document[name] for name in METRICS}
    heartbeat = values.pop("OldestHeartbeatAge")
    pending = values.pop("OldestPendingAge")
    assert values == {
        "Sweeps": [1],
        "JobsRecovered": [1],
        "JobsFailed": [2],
        "MessagesRedispatched": [2],
        "SweepErrors": [0],
    }
    assert 0 <= heartbeat[0] < 60, "of the lively one: the others are not running any more"
    assert 0 <= pending[0] < 60


def test_a_sweep_that_failed_in_part_has_done_the_rest_measures_it_and_fails(
    psql: Psql,
    sweep: Invoke,
    jobs_queue: JobsQueue,
    a_mess: dict[str, UUID],
    logs: Logs,
    capsys: pytest.CaptureFixture[str],
) -> None:
    jobs_queue.delete()
    with pytest.raises(Exception, match=r"^2 message\(s\) could not be sent$"):
        sweep(event_of("sweep"))
    assert psql.job(a_mess["orphan"])["status"] == "pending"
    document = measured(capsys.readouterr().out)
    assert (document["JobsRecovered"], document["SweepErrors"]) == ([1], [1])
    assert logs.messages[-1] == "2 message(s) could not be sent: their jobs stay due"
    [record] = psql("SELECT * FROM kb.extraction_sweeps")
    assert record["recovered"] == 1
    assert len(record["errors"]) == 1
