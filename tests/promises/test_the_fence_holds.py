"""Promise 5: the fence holds.

What could go wrong: a worker is stopped (a frozen machine, a suspended process, a long pause), its job is given to
another, and it wakes up. It believes that the job is still its own and writes: a heartbeat that keeps the other's job
alive, a checkpoint over the other's, a second end, a failure.

What must hold: each of the zombie's writes changes not one byte in any table, it is told so, and it stops.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from extraction import Document
from extraction_jobs.attempt import Attempt, LeaseLostError
from extraction_jobs.extracting import Step
from extraction_jobs.model import Job

from .conftest import Lab
from .worker_host import IN_CHUNK
from .writes import beat, checkpoint, finish, read

OTHER = Document("other", "text/plain", "t", "other")
PAGE = {"document": "d", "number": 1}
WRITES: dict[str, Callable[[Attempt], object]] = {
    "heartbeat": beat,
    "find_page": lambda zombie: zombie.rows("find_page", PAGE, lambda: None),
    "keep_page": lambda zombie: zombie.rows(
        "keep_page",
        PAGE | {"page": "{}", "total": 9, "processed": 7} | zombie.spending.columns(),
        lambda: None,
    ),
    "start_chunks": lambda zombie: zombie.start_chunks(
        OTHER, extractor="zombie", plan_digest="other", total=9
    ),
    "checkpoint": lambda zombie: checkpoint(zombie, of=9),
    "finish": finish,
    "finish at once": lambda zombie: finish(zombie, document=OTHER),
    "fail": lambda zombie: zombie.fail("I say it failed."),
    "retry_later": lambda zombie: zombie.retry_later("I say later.", 0.0),
    "hand_over": lambda zombie: zombie.hand_over(),
}

# Stopped where the next thing that it does is this write.
STOPPED_BEFORE: dict[str, dict[str, object]] = {
    "heartbeat": {"stop_at": IN_CHUNK, "mishap": "waits", "settings": {"heartbeat_seconds": 0.05}},
    "start_chunks": {"stop_at": Step.READ},
    "checkpoint": {"stop_at": Step.CHUNK_EXTRACTED},
    "finish": {"stop_at": Step.BEFORE_FINISH},
    "finish at once": {"stop_at": Step.BEFORE_FINISH},
    "fail": {"stop_at": Step.CHECKPOINTED, "mishap": "fails"},
    "retry_later": {"stop_at": IN_CHUNK, "mishap": "retries"},
    "hand_over": {"stop_at": Step.CHECKPOINTED, "mishap": "time is up"},
}

LOSSES = ["swept", "retried", "cancelled", "reset by hand", "set running by hand"]


def lose(lab: Lab, job: Job, how: str) -> None:
    """Takes a running job away from its worker."""
    match how:
        case "swept":
            lab.psql.make_idle(job.id, 6)
            assert [swept.id for swept in lab.sweep().recovered] == [job.id]
        case "retried":
            lab.retry(job)
        case "cancelled":
            lab.cancel(job)
        case "reset by hand":
            lab.psql.update("status = 'pending'")
        case "set running by hand":
            lab.psql.update("status = 'pending'")
            lab.psql.update("status = 'running', updated_at = now()")


@pytest.mark.parametrize("how", ["swept", "retried"])
def test_a_worker_stopped_before_a_write_and_woken_when_another_has_its_job_changes_nothing_and_stops(
    lab: Lab, how: str
) -> None:
    zombies = {}
    for write, order in STOPPED_BEFORE.items():
        one_chunk = write in ("fail", "finish at once")
        job = lab.new_job(source_text="A: 1\n" if one_chunk else "A: 1\nB: 2\n")
        zombies[write] = job, lab.start(job, **order)
    for job, zombie in zombies.values():
        zombie.until("stopped")
        lose(lab, job, how)
        other = lab.take(job)
        assert other.job.lease == 2
        assert other.job.attempt == (2 if how == "swept" else 1), "a retry resets the attempts"
        read(other)
    before = lab.psql.everything()

    for _, zombie in zombies.values():
        zombie.wake()

    assert {write: zombie.until("ended").outcome for write, (_, zombie) in zombies.items()} == (
        dict.fromkeys(STOPPED_BEFORE, "lease_lost")
    )
    assert lab.psql.everything() == before


@pytest.mark.parametrize("reclaimed", [False, True], ids=["not reclaimed", "reclaimed by another"])
@pytest.mark.parametrize("how", LOSSES)
def test_no_write_of_a_worker_that_lost_its_job_changes_anything(
    lab: Lab, how: str, reclaimed: bool
) -> None:
    job = lab.new_job()
    zombie = lab.take(job)
    read(zombie)
    lose(lab, job, how)
    if reclaimed and lab.psql.job(job.id)["status"] == "pending":
        lab.psql.update("run_after = now(), revision = revision")
        other = lab.take(job)
        assert other.job.lease > zombie.job.lease
        checkpoint(other, of=2)
    before = lab.psql.everything()
    for name, write in WRITES.items():
        with pytest.raises(LeaseLostError):
            write(zombie)
        assert lab.psql.everything() == before, name


@pytest.mark.parametrize("saved", ["before its claim", "while it ran"])
def test_a_row_that_is_deleted_and_put_back_from_a_backup_is_no_longer_its_first_workers(
    lab: Lab, saved: str, people_do_anything: None
) -> None:
    def save() -> str:
        [row] = lab.psql(
            "SELECT to_jsonb(job)::text AS saved FROM kb.object_extraction_jobs AS job"
        )
        return str(row["saved"])

    job = lab.new_job()
    backup = save()
    first = lab.take(job)
    if saved == "while it ran":
        backup = save()
    lab.psql("DELETE FROM kb.object_extraction_jobs")
    lab.psql(
        "INSERT INTO kb.object_extraction_jobs SELECT (jsonb_populate_record("
        "NULL::kb.object_extraction_jobs, %(row)s::jsonb)).*",
        {"row": backup},
    )
    if saved == "while it ran":
        lab.psql.update("status = 'pending'")
    second = lab.take(job)

    assert second.job.lease > first.job.lease
    with pytest.raises(LeaseLostError):
        WRITES["checkpoint"](first)
    WRITES["finish"](second)
    assert lab.psql.job(job.id)["status"] == "completed"
