"""The document that this product comes from: its SQL runs as it is written there, character by character, and does
what it says; its walkthroughs work through the API; its log sentences are in the log.
"""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.conftest import Psql
from tests.integration.conftest import Api, Invoke, JobsQueue, Logs
from tests.integration.lambda_events import SEED_JOB, event_of

# ---- Problem analysis: observed behaviour
OBSERVED = """\
SELECT id, status, started_at, 
       EXTRACT(EPOCH FROM (NOW() - started_at))::int as running_seconds 
FROM kb.object_extraction_jobs 
WHERE id = '7df65817-2c04-48b1-b95e-8788aaedca0a';
"""  # noqa: W291 - verbatim

# ---- How to use: database query (manual SQL recovery)
RESET_ONE = r"""-- Reset specific job to pending
UPDATE kb.object_extraction_jobs
SET status = 'pending',
    error_message = COALESCE(error_message || E'\n\n', '') || 
                    'Job was manually reset to pending.',
    updated_at = NOW()
WHERE id = '7df65817-2c04-48b1-b95e-8788aaedca0a';
"""  # noqa: W291 - verbatim
CHECK_STUCK = """-- Check all stuck jobs
SELECT id, status, source_type, started_at,
       EXTRACT(EPOCH FROM (NOW() - started_at))::int as running_seconds,
       EXTRACT(EPOCH FROM (NOW() - updated_at))::int as inactive_seconds
FROM kb.object_extraction_jobs
WHERE status = 'running'
ORDER BY started_at;
"""
RECOVER_ALL = r"""-- Bulk recovery of all stuck jobs (5+ minutes inactive)
UPDATE kb.object_extraction_jobs
SET status = 'pending',
    error_message = COALESCE(error_message || E'\n\n', '') || 
                    'Job was interrupted and has been reset to pending.',
    updated_at = NOW()
WHERE status = 'running'
  AND updated_at < NOW() - INTERVAL '5 minutes'
RETURNING id, source_type;
"""  # noqa: W291 - verbatim

# ---- Monitoring: check for orphaned jobs
LONG_RUNNING = """-- Jobs running longer than 10 minutes
SELECT id, status, source_type, 
       started_at,
       NOW() - started_at as running_duration,
       NOW() - updated_at as inactive_duration
FROM kb.object_extraction_jobs
WHERE status = 'running'
  AND started_at < NOW() - INTERVAL '10 minutes';
"""  # noqa: W291 - verbatim
COUNT_BY_STATUS = """-- Count by status
SELECT status, COUNT(*) 
FROM kb.object_extraction_jobs 
GROUP BY status;
"""  # noqa: W291 - verbatim

# ---- Immediate action required: option C
OPTION_C = """\
   UPDATE kb.object_extraction_jobs
   SET status = 'pending',
       error_message = 'Job was interrupted by server restart and has been reset to pending.',
       updated_at = NOW()
   WHERE id = '7df65817-2c04-48b1-b95e-8788aaedca0a';
"""

# ---- Testing: what the walkthroughs give to psql -c
SET_RUNNING = (
    "UPDATE kb.object_extraction_jobs SET status = 'running', updated_at = NOW() - INTERVAL '10 minutes'"
    " WHERE id = 'JOB_ID';"
)
SEE_ONE = "SELECT id, status FROM kb.object_extraction_jobs WHERE id = 'JOB_ID';"
FIND_STUCK = "SELECT id FROM kb.object_extraction_jobs WHERE status = 'running' LIMIT 1;"
SEE_STATUS = "SELECT status FROM kb.object_extraction_jobs WHERE id = 'JOB_ID';"


@pytest.fixture
def stuck(api: Api, psql: Psql, jobs_queue: JobsQueue, seed_job: UUID) -> UUID:
    """The seed's job as its author found it: running for 38 minutes, its worker long dead, an error before that.

    All three attempts are used up, its time is over, a lease is held.
    """
    psql(
        "UPDATE kb.object_extraction_jobs SET status = 'running', revision = 4, lease = 3, attempt = 3,"
        " dispatched_at = now() - interval '38 minutes', dispatch_count = 2,"
        " next_dispatch_at = now() + interval '1 hour', error_message = 'First error.',"
        " started_at = now() - interval '2278 seconds', updated_at = now() - interval '2270 seconds',"
        " deadline_at = now() - interval '8 minutes'"
    )
    jobs_queue.bodies()
    return seed_job


def is_a_manual_retry(psql: Psql, job_id: UUID) -> None:
    """What setting a job to pending by hand must amount to."""
    job = psql.job(job_id)
    assert job["status"] == "pending"
    assert job["attempt"] == 0, "a fresh budget"
    assert job["lease"] == 3, "the lease never goes back"
    assert job["deadline_at"] is None
    [due] = psql(
        f"SELECT run_after <= now() AS now FROM kb.object_extraction_jobs WHERE id = '{job_id}'"
    )
    assert due["now"], "due at once"
    event = psql.events(job_id)[-1]
    assert (event["actor"], event["from_status"], event["to_status"]) == (
        "psql",
        "running",
        "pending",
    )


def is_dispatched_by_the_next_sweep(
    psql: Psql, sweep: Invoke, jobs_queue: JobsQueue, job_id: UUID
) -> None:
    report = sweep()
    assert report["recovered"] == report["failed"] == []
    assert report["redispatched"] == 1
    assert jobs_queue.bodies() == [
        {"job_id": str(job_id), "revision": psql.job(job_id)["revision"]}
    ]


def test_the_observed_behaviour_can_be_observed(psql: Psql, stuck: UUID) -> None:
    [row] = psql(OBSERVED)
    assert list(row) == ["id", "status", "started_at", "running_seconds"]
    assert row["status"] == "running"
    assert 2278 <= row["running_seconds"] < 2400


def test_resetting_a_specific_job_is_a_manual_retry(
    psql: Psql, sweep: Invoke, jobs_queue: JobsQueue, stuck: UUID
) -> None:
    psql(RESET_ONE)
    is_a_manual_retry(psql, stuck)
    assert psql.job(stuck)["error_message"] == "First error.\n\nJob was manually reset to pending."
    is_dispatched_by_the_next_sweep(psql, sweep, jobs_queue, stuck)
    psql("UPDATE kb.object_extraction_jobs SET error_message = NULL")
    psql(RESET_ONE)
    assert psql.job(stuck)["error_message"] == "Job was manually reset to pending."


def test_all_stuck_jobs_can_be_checked(psql: Psql, api: Api, stuck: UUID) -> None:
    api.created()
    [row] = psql(CHECK_STUCK)
    assert row["id"] == stuck
    assert 2278 <= row["running_seconds"] < 2400
    assert 2270 <= row["inactive_seconds"] < 2400


def test_the_bulk_recovery_takes_the_idle_and_leaves_the_lively(
    psql: Psql, api: Api, sweep: Invoke, jobs_queue: JobsQueue, stuck: UUID
) -> None:
    lively = api.created()
    psql(f"UPDATE kb.object_extraction_jobs SET status = 'running' WHERE id = '{lively}'")
    jobs_queue.bodies()
    assert psql(RECOVER_ALL) == [{"id": stuck, "source_type": "document"}]
    is_a_manual_retry(psql, stuck)
    assert psql.job(stuck)["error_message"] == (
        "First error.\n\nJob was interrupted and has been reset to pending."
    )
    assert psql.job(lively)["status"] == "running"
    is_dispatched_by_the_next_sweep(psql, sweep, jobs_queue, stuck)


def test_long_running_jobs_and_counts_can_be_monitored(psql: Psql, api: Api, stuck: UUID) -> None:
    api.created()
    [row] = psql(LONG_RUNNING)
    assert row["id"] == stuck
    assert row["running_duration"].total_seconds() == pytest.approx(2278, abs=120)
    assert row["inactive_duration"].total_seconds() == pytest.approx(2270, abs=120)
    assert {row["status"]: row["count"] for row in psql(COUNT_BY_STATUS)} == {
        "running": 1,
        "pending": 1,
    }


def test_the_immediate_action_is_a_manual_retry(
    psql: Psql, sweep: Invoke, jobs_queue: JobsQueue, stuck: UUID
) -> None:
    psql(OPTION_C)
    is_a_manual_retry(psql, stuck)
    assert psql.job(stuck)["error_message"] == (
        "Job was interrupted by server restart and has been reset to pending."
    )
    is_dispatched_by_the_next_sweep(psql, sweep, jobs_queue, stuck)


def test_walkthrough_automatic_recovery(
    api: Api, psql: Psql, sweep: Invoke, jobs_queue: JobsQueue, logs: Logs
) -> None:
    # 1. Start a job
    answer = api.send(event_of("create-seed"))
    assert answer.status == 201
    job_id = answer.json["id"]
    jobs_queue.bodies()
    # 2. Manually set it to running
    psql(SET_RUNNING.replace("JOB_ID", job_id))
    since = psql.job(UUID(job_id))["started_at"]
    # 3. Restart server: here, the sweep of this minute
    report = sweep(event_of("sweep"))
    # 4. Check logs for recovery message
    assert logs.messages == [
        f"Recovered 1 orphaned extraction job(s) from 'running' to 'pending': {job_id}",
        f"  - Job {job_id} (document) was running since {since.isoformat()}",
    ]
    # 5. Verify job is back to pending
    assert psql(SEE_ONE.replace("JOB_ID", job_id)) == [{"id": UUID(job_id), "status": "pending"}]
    assert psql.job(UUID(job_id))["error_message"] == (
        "Job was interrupted and has been reset to pending."
    )
    # And its message is sent, so that a worker takes it up.
    assert report["recovered"] == [job_id]
    assert [body["job_id"] for body in jobs_queue.bodies()] == [job_id]


def test_walkthrough_manual_retry(api: Api, psql: Psql, jobs_queue: JobsQueue) -> None:
    job_id = api.send(event_of("create-seed")).json["id"]
    psql(SET_RUNNING.replace("JOB_ID", job_id))
    jobs_queue.bodies()
    # 1. Find a stuck job
    [found] = psql(FIND_STUCK)
    # 2. Call retry endpoint
    query = {"project_id": "xxx", "org_id": "yyy"}
    assert api("POST", f"/extraction-jobs/{found['id']}/retry", query=query).status == 200
    # 3. Verify status changed to pending
    assert psql(SEE_STATUS.replace("JOB_ID", job_id)) == [{"status": "pending"}]
    assert psql.job(UUID(job_id))["error_message"] == "Job was manually retried."
    assert [body["job_id"] for body in jobs_queue.bodies()] == [job_id]


def test_walkthrough_of_the_stuck_job_by_the_api(
    api: Api, psql: Psql, jobs_queue: JobsQueue, stuck: UUID
) -> None:
    assert api.send(event_of("retry")).status == 200
    job = psql.job(stuck)
    assert (job["status"], job["attempt"], job["lease"]) == ("pending", 0, 3)
    assert job["error_message"] == "First error.\n\nJob was manually retried."
    assert [body["job_id"] for body in jobs_queue.bodies()] == [SEED_JOB]


def test_when_nothing_is_orphaned_the_log_says_so(
    api: Api, psql: Psql, sweep: Invoke, logs: Logs
) -> None:
    job_id = api.created()
    psql(f"UPDATE kb.object_extraction_jobs SET status = 'running' WHERE id = '{job_id}'")
    sweep(event_of("sweep"))
    assert logs.messages == ["No orphaned extraction jobs found - all clear"]


def test_several_orphans_are_named_in_one_sentence_and_told_one_by_one(
    api: Api, psql: Psql, sweep: Invoke, logs: Logs
) -> None:
    ids = [str(api.created(source_type=kind)) for kind in ("document", "email")]
    psql("UPDATE kb.object_extraction_jobs SET status = 'running'")
    for age, job_id in zip((20, 10), ids, strict=True):
        psql.make_idle(UUID(job_id), age)
    sweep(event_of("sweep"))
    headline, *each = logs.messages
    start, _, named = headline.rpartition(": ")
    assert start == "Recovered 2 orphaned extraction job(s) from 'running' to 'pending'"
    assert set(named.split(", ")) == set(ids)
    assert {line.split(" was running since ")[0] for line in each} == {
        f"  - Job {ids[0]} (document)",
        f"  - Job {ids[1]} (email)",
    }
