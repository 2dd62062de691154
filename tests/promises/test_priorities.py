"""Promise 22: of an organisation's jobs that wait, those of a higher priority go first, and none waits for ever.

What could go wrong. A job of a high priority waits behind thousands, for the queue gives messages out as they came. Or
it goes before jobs of other organisations. Jobs of a low priority are never started, or a message is lost when it is
used for another job.

What is done to it. A backlog of one priority, then a job of a higher one, with a queue that is strictly first come,
first served; with one that took no message; with a stream of jobs of a high priority that does not end.

What must hold. The next message of its organisation starts the job of the higher priority. Each message still starts
its own job, too. Other organisations see nothing of it.

The guards. `gives_way` in claim, the order in reserve_dispatches (sql/lifecycle/).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

import pytest

from extraction_jobs.claim import MOST_WAYS
from extraction_jobs.model import Job, Priority, Tenant
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Report
from extraction_jobs.work import Worker
from tests.conftest import TENANT, MemoryQueue, Psql

from .conftest import NewWorker
from .sizes import size

BACKLOG = size(60, 3_000)
SAME_ORGANISATION = Tenant(TENANT.org_id, "another project")
OTHER = Tenant("globex", "one job")
HIGHER = [
    (Priority.NORMAL, Priority.HIGH),
    (Priority.LOW, Priority.HIGH),
    (Priority.LOW, Priority.NORMAL),
]


@pytest.fixture(params=[False, True], ids=["the queue's own order", "fair turns"])
def worker(request: pytest.FixtureRequest, new_worker: NewWorker, settings: Settings) -> Worker:
    """With a queue that is fair between organisations by itself, and with one that is not."""
    return new_worker(settings=settings.model_copy(update={"fair_turns": request.param}))


def ended(psql: Psql, job: Job) -> bool:
    """Whether it is completed."""
    return bool(psql.job(job.id)["status"] == "completed")


@pytest.mark.parametrize(("lower", "higher"), HIGHER)
def test_the_next_message_of_its_organisation_starts_a_job_of_a_higher_priority(
    lower: Priority,
    higher: Priority,
    worker: Worker,
    new_job: Callable[..., Job],
    queue: MemoryQueue,
    psql: Psql,
) -> None:
    for _ in range(BACKLOG):
        new_job(priority=lower)
    urgent = new_job(priority=higher, tenant=SAME_ORGANISATION)
    worker.work(queue.sent[0].job_id)
    assert ended(psql, urgent)
    for sent in queue.sent[1:]:
        worker.work(sent.job_id)
    assert psql("SELECT id FROM kb.object_extraction_jobs WHERE status <> 'completed'") == []


def test_a_message_of_another_organisation_does_not(
    new_worker: NewWorker, new_job: Callable[..., Job], psql: Psql
) -> None:
    others, urgent = new_job(tenant=OTHER, priority=Priority.LOW), new_job(priority=Priority.HIGH)
    assert new_worker().work(others.id) == "completed"
    assert psql.job(urgent.id)["status"] == "pending"


def test_a_higher_job_that_cannot_start_stands_in_nobodys_way(
    new_worker: NewWorker, new_job: Callable[..., Job], psql: Psql
) -> None:
    """Not due yet; its budget was lowered by hand; of a paused project."""
    early, spent, paused = (
        new_job(priority=Priority.HIGH),
        new_job(priority=Priority.HIGH),
        new_job(priority=Priority.HIGH, tenant=SAME_ORGANISATION),
    )
    named = {"id": early.id}
    with psql.connection.transaction():
        psql("SET LOCAL session_replication_role = replica")
        psql(
            "UPDATE kb.object_extraction_jobs SET run_after = now() + '1 min' WHERE id = %(id)s",
            named,
        )
    psql("UPDATE kb.object_extraction_jobs SET attempt = 3 WHERE id = %(id)s", {"id": spent.id})
    psql(
        "INSERT INTO kb.extraction_pauses (org_id, project_id) VALUES (%(org)s, %(project)s)",
        {"org": paused.org_id, "project": paused.project_id},
    )
    worker = new_worker()
    for _ in range(3):
        assert worker.work(new_job().id) == "completed"


def test_each_message_starts_its_own_job_however_many_of_a_higher_priority_come(
    new_worker: NewWorker, new_job: Callable[..., Job], psql: Psql
) -> None:
    low = [new_job(priority=Priority.LOW) for _ in range(5)]
    worker = new_worker()
    for job in low:
        for _ in range(3):
            new_job(priority=Priority.HIGH)
        assert worker.work(job.id) == "completed"
    rows = psql(
        "SELECT priority::text, status, count(*) FROM kb.object_extraction_jobs GROUP BY 1, 2 ORDER BY 1, 2"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("high", "completed", 5),
        ("high", "pending", 10),
        ("low", "completed", 5),
    ]


def test_a_job_that_gave_way_until_the_time_was_up_is_sent_again_and_at_last_gives_way_no_more(
    new_worker: NewWorker, new_job: Callable[..., Job], queue: MemoryQueue
) -> None:
    """Jobs of a high priority take all of each invocation; there is always another."""
    low = new_job(priority=Priority.LOW)
    worker, outcomes = new_worker(), []
    while "completed" not in outcomes:
        new_job(priority=Priority.HIGH)
        queue.sent.clear()
        outcomes.append(worker.work(low.id, partial(next, count(1000.0, -600.0))))
        if outcomes[-1] == "gave_way":
            assert [sent.job_id for sent in queue.sent] == [low.id]
    assert outcomes == ["gave_way"] * MOST_WAYS + ["completed"]


@pytest.mark.parametrize("sent_before", [False, True])
def test_a_sweep_sends_of_an_organisation_those_of_the_highest_priority_first(
    sent_before: bool,
    new_job: Callable[..., Job],
    queue: MemoryQueue,
    sweep: Callable[..., Report],
    psql: Psql,
) -> None:
    queue.refuse = lambda _: not sent_before
    jobs = [new_job(priority=each) for each in [*Priority][::-1] for _ in range(5)]
    other = new_job(tenant=OTHER, priority=Priority.LOW)
    psql("UPDATE kb.object_extraction_jobs SET next_dispatch_at = now() - interval '1 second'")
    queue.refuse = lambda _: False
    queue.sent.clear()
    most: dict[str, Any] = {"recovery_rate_per_second": 10 / 60}
    assert sweep(**most).redispatched == 10
    sent = {each.job_id for each in queue.sent}
    low, normal, high = ({job.id for job in jobs[first : first + 5]} for first in (0, 5, 10))
    # A share of five, and then what the other organisation left of its own.
    assert (other.id in sent, high <= sent, len(normal & sent), low & sent) == (
        True,
        True,
        4,
        set(),
    )
