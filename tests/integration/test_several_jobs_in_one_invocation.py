"""WorkerBatchSize above 1: the jobs of a batch have nothing in common but the invocation. What happens to one of them,
or to the worker while it is at one, costs the others no attempt."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

import worker as worker_function
from extraction_jobs.extracting import Step
from tests.conftest import Psql
from tests.integration.conftest import Api, Invoke, failed_messages, message, sqs_event
from tests.integration.lambda_events import lambda_context

SENT_LONG_AGO = (
    "UPDATE kb.object_extraction_jobs SET next_dispatch_at = now() WHERE status = 'pending'"
)
HEARTBEAT_LONG_AGO = (
    "UPDATE kb.object_extraction_jobs SET updated_at = now() - interval '1 hour'"
    " WHERE status = 'running'"
)


@pytest.fixture
def jobs(api: Api) -> list[UUID]:
    """Three small jobs: the first, the one in the middle, the last of a batch."""
    return [api.created() for _ in range(3)]


def at_claim(number: int, act: Callable[[], object]) -> None:
    """Acts when the worker has claimed its so manieth job, before anything else is done for that one."""
    claims = []

    def on_step(step: Step) -> None:
        if step is Step.CLAIMED:
            claims.append(step)
            if len(claims) == number:
                act()

    worker_function.worker().on_step = on_step


def states(psql: Psql, jobs: list[UUID]) -> list[tuple[str, int]]:
    """Status and attempt of each."""
    return [(psql.job(job)["status"], psql.job(job)["attempt"]) for job in jobs]


def test_a_job_that_waits_for_its_turn_is_pending_and_holds_nothing(
    jobs: list[UUID], psql: Psql, work: Invoke
) -> None:
    seen: list[list[tuple[str, int]]] = []
    at_claim(2, lambda: seen.append(states(psql, jobs)))
    assert failed_messages(work(sqs_event(*map(message, jobs)))) == []
    assert seen == [[("completed", 1), ("running", 1), ("pending", 0)]]
    assert states(psql, jobs) == [("completed", 1)] * 3
    assert [psql.job(job)["lease"] for job in jobs] == [1, 1, 1]


def test_a_worker_killed_in_the_middle_of_a_batch_costs_one_attempt_of_one_job(
    jobs: list[UUID], psql: Psql, work: Invoke, sweep: Invoke
) -> None:
    def killed() -> None:
        raise SystemExit

    at_claim(2, killed)
    with pytest.raises(SystemExit):
        work(sqs_event(*map(message, jobs)))
    assert states(psql, jobs) == [("completed", 1), ("running", 1), ("pending", 0)]
    psql(HEARTBEAT_LONG_AGO)
    psql(SENT_LONG_AGO)
    assert sweep()["recovered"] == [str(jobs[1])]
    assert failed_messages(work(sqs_event(*map(message, jobs)))) == []
    assert states(psql, jobs) == [("completed", 1), ("completed", 2), ("completed", 1)]


def test_a_lease_that_is_lost_in_the_middle_is_lost_alone(
    jobs: list[UUID], psql: Psql, work: Invoke, sweep: Invoke
) -> None:
    def taken() -> None:
        psql(HEARTBEAT_LONG_AGO)
        sweep()

    at_claim(2, taken)
    assert failed_messages(work(sqs_event(*map(message, jobs)))) == []
    assert states(psql, jobs) == [("completed", 1), ("pending", 1), ("completed", 1)]


def test_a_job_cancelled_while_it_waits_for_its_turn_is_not_begun(
    jobs: list[UUID], api: Api, psql: Psql, work: Invoke
) -> None:
    at_claim(1, lambda: api("POST", f"/extraction-jobs/{jobs[1]}/cancel"))
    assert failed_messages(work(sqs_event(*map(message, jobs)))) == []
    assert states(psql, jobs) == [("completed", 1), ("cancelled", 0), ("completed", 1)]


def test_what_the_time_did_not_reach_goes_back_and_no_attempt_is_spent(
    jobs: list[UUID], psql: Psql, work: Invoke
) -> None:
    context = lambda_context()
    worker_function.worker().on_worked = lambda _: setattr(context, "remaining_milliseconds", 9_000)
    told = work(sqs_event(*map(message, jobs)), context)
    assert failed_messages(told) == ["message-1", "message-2"]
    assert states(psql, jobs) == [("completed", 1), ("pending", 0), ("pending", 0)]


def test_a_job_behind_a_long_one_is_sent_again_and_done_by_another_worker(
    jobs: list[UUID], psql: Psql, work: Invoke, sweep: Invoke
) -> None:
    def others_go_on() -> None:
        psql(SENT_LONG_AGO)
        assert sweep()["redispatched"] == 2
        assert failed_messages(work(sqs_event(*map(message, jobs[1:])))) == []

    at_claim(1, others_go_on)
    assert failed_messages(work(sqs_event(*map(message, jobs)))) == []
    assert states(psql, jobs) == [("completed", 1)] * 3
