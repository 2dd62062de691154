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

from functools import partial
from itertools import count

import pytest

from extraction_jobs.claim import MOST_WAYS
from extraction_jobs.model import Priority, Tenant
from tests.conftest import TENANT

from .conftest import Lab
from .sizes import size

BACKLOG = size(15, 3_000)
SAME_ORGANISATION = Tenant(TENANT.org_id, "another project")
OTHER = Tenant("globex", "one job")
LOW, NORMAL, HIGH = Priority.LOW, Priority.NORMAL, Priority.HIGH


@pytest.mark.parametrize("fair", [False, True], ids=["the queue's own order", "fair turns"])
@pytest.mark.parametrize(("lower", "higher"), [(NORMAL, HIGH), (LOW, HIGH), (LOW, NORMAL)])
def test_the_next_message_of_its_organisation_starts_a_job_of_a_higher_priority(
    lab: Lab, lower: Priority, higher: Priority, fair: bool
) -> None:
    """With a queue that is fair between organisations by itself, and with one that is not."""
    worker = lab.new_worker(settings=lab.settings.model_copy(update={"fair_turns": fair}))
    for _ in range(BACKLOG):
        lab.new_job(priority=lower)
    urgent = lab.new_job(priority=higher, tenant=SAME_ORGANISATION)
    worker.work(lab.sent[0])
    assert lab.psql.job(urgent.id)["status"] == "completed"
    for job_id in lab.sent[1:]:
        worker.work(job_id)
    assert lab.psql("SELECT id FROM kb.object_extraction_jobs WHERE status <> 'completed'") == []


def test_a_message_of_another_organisation_does_not(lab: Lab) -> None:
    others, urgent = lab.new_job(tenant=OTHER, priority=LOW), lab.new_job(priority=HIGH)
    assert lab.work(others) == "completed"
    assert lab.psql.job(urgent.id)["status"] == "pending"


def test_a_higher_job_that_cannot_start_stands_in_nobodys_way(lab: Lab) -> None:
    """Not due yet; its budget was lowered by hand; of a paused project."""
    early, spent = lab.new_job(priority=HIGH), lab.new_job(priority=HIGH)
    paused = lab.new_job(priority=HIGH, tenant=SAME_ORGANISATION)
    lab.psql.update("run_after = now() + '1 min'", early, by_hand=False)
    lab.psql.update("attempt = 3", spent)
    lab.psql(
        "INSERT INTO kb.extraction_pauses (org_id, project_id) VALUES (%(org)s, %(project)s)",
        {"org": paused.org_id, "project": paused.project_id},
    )
    worker = lab.new_worker()
    for _ in range(3):
        assert worker.work(lab.new_job().id) == "completed"


def test_each_message_starts_its_own_job_however_many_of_a_higher_priority_come(lab: Lab) -> None:
    low = [lab.new_job(priority=LOW) for _ in range(5)]
    worker = lab.new_worker()
    for job in low:
        for _ in range(3):
            lab.new_job(priority=HIGH)
        assert worker.work(job.id) == "completed"
    rows = lab.psql(
        "SELECT priority::text, status, count(*) FROM kb.object_extraction_jobs GROUP BY 1, 2 ORDER BY 1, 2"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("high", "completed", 5),
        ("high", "pending", 10),
        ("low", "completed", 5),
    ]


def test_a_job_that_gave_way_until_the_time_was_up_is_sent_again_and_at_last_gives_way_no_more(
    lab: Lab,
) -> None:
    """Jobs of a high priority take all of each invocation; there is always another."""
    low = lab.new_job(priority=LOW)
    worker, outcomes = lab.new_worker(), []
    while "completed" not in outcomes:
        lab.new_job(priority=HIGH)
        lab.queue.sent.clear()
        outcomes.append(worker.work(low.id, partial(next, count(1000.0, -600.0))))
        if outcomes[-1] == "gave_way":
            assert lab.sent == [low.id]
    assert outcomes == ["gave_way"] * MOST_WAYS + ["completed"]


@pytest.mark.parametrize("sent_before", [False, True])
def test_a_sweep_sends_of_an_organisation_those_of_the_highest_priority_first(
    lab: Lab, sent_before: bool
) -> None:
    lab.queue.refuse = lambda _: not sent_before
    low, normal, high = (
        {lab.new_job(priority=p).id for _ in range(5)} for p in (LOW, NORMAL, HIGH)
    )
    other = lab.new_job(tenant=OTHER, priority=LOW)
    lab.psql.update("next_dispatch_at = now() - interval '1 second'")
    lab.queue.refuse = lambda _: False
    lab.queue.sent.clear()
    assert lab.sweep(recovery_rate_per_second=10 / 60).redispatched == 10
    sent = set(lab.sent)
    # A share of five, and then what the other organisation left of its own.
    assert other.id in sent
    assert (high <= sent, len(normal & sent), low & sent) == (True, 4, set())
