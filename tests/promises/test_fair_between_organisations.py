"""Promise 19: one organisation's backlog does not keep another's job waiting.

What could go wrong. An organisation sends thousands of jobs; another sends one. The queue hands messages out in the
order in which they came, or the sweep sends in the order in which jobs were made: the one job waits behind all others.

What is done to it. A backlog of one organisation, then a single job of another: with a queue that is strictly first
come, first served, and with a queue that took no message, so that the sweep has to send them.

What must hold. The single job is among the first. No job of the backlog is left behind by it.

The guards. draw_job (sql/reads.sql); the shares in reserve_dispatches (sql/lifecycle/).
"""

from __future__ import annotations

from typing import Any

import pytest
from psycopg.rows import DictRow

from extraction_jobs.claim import Claimed, take_turn
from extraction_jobs.database import Params
from extraction_jobs.model import Tenant
from extraction_jobs.queries import READS

from .conftest import Lab
from .sizes import size

BACKLOG = size(60, 3_000)
OTHER = Tenant("globex", "one job")


@pytest.mark.parametrize("workers", [3, *range(1, size(1, 2))])
def test_of_a_queue_that_is_not_fair_each_organisation_has_its_turns(
    lab: Lab, workers: int
) -> None:
    fair = lab.settings.model_copy(update={"fair_turns": True})
    several = [lab.new_worker(settings=fair) for _ in range(workers)]
    for _ in range(BACKLOG):
        lab.new_job()
    single = lab.new_job(tenant=OTHER)
    for turn, sent in enumerate(lab.queue.sent, start=1):
        several[turn % workers].work(sent.job_id)
        if lab.psql.job(single.id)["status"] == "completed":
            break
    # One of two organisations is drawn: thirty times in a row the other is not.
    assert turn <= 30
    for sent in lab.queue.sent[turn:]:
        several[0].work(sent.job_id)
    assert lab.psql("SELECT id FROM kb.object_extraction_jobs WHERE status <> 'completed'") == []


def test_a_turn_for_a_job_that_another_worker_has_just_taken_is_drawn_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two turns draw one job at the same moment: the loser takes the job whose message the winner had."""
    fair = lab.settings.model_copy(update={"fair_turns": True})
    taken, left = lab.new_job(), lab.new_job()
    lab.claim(taken, worker="another")
    real, drawn = lab.database.row, iter([{"id": taken.id}])

    def row(statement: bytes, params: Params | None = None) -> DictRow | None:
        early = next(drawn, None) if statement == READS["draw_job"] else None
        return early or real(statement, params)

    monkeypatch.setattr(lab.database, "row", row)
    outcome = take_turn(taken.id, worker="this", database=lab.database, settings=fair)
    assert isinstance(outcome, Claimed)
    assert outcome.job.id == left.id


@pytest.mark.parametrize("sent_before", [False, True])
def test_a_sweep_sends_of_each_organisation_its_share(lab: Lab, sent_before: bool) -> None:
    lab.queue.refuse = lambda _: not sent_before
    for _ in range(BACKLOG):
        lab.new_job()
    single = lab.new_job(tenant=OTHER)
    lab.psql.update("next_dispatch_at = now() - interval '1 second'")
    lab.queue.refuse = lambda _: False
    lab.queue.sent.clear()
    most: dict[str, Any] = {"recovery_rate_per_second": 10 / 60}
    assert lab.sweep(**most).redispatched == 10
    assert single.id in set(lab.sent)
    for _ in range(BACKLOG // 10 + 1):
        lab.sweep(**most)
    assert len(set(lab.sent)) == BACKLOG + 1
