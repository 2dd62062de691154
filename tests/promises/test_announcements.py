"""Whoever listens is told of each ending at least once, and never of one that did not happen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

from extraction_jobs.announcements import Announcement, switch_announcing
from extraction_jobs.attempt import Attempt
from extraction_jobs.database import connect
from extraction_jobs.outcomes import Outcome
from extraction_jobs.review import reject_job
from extraction_jobs.sweep import Sweeper, SweepFailedError
from tests.conftest import TENANT

from .conftest import Lab
from .writes import finish


@dataclass
class MemoryBus:
    """The domain's bus, kept in memory. `refuse` decides which announcements are not accepted."""

    told: list[Announcement] = field(default_factory=list)
    refuse: Callable[[Announcement], bool] = lambda _: False

    def put(self, announcements: Sequence[Announcement]) -> Sequence[Announcement]:
        accepted = [each for each in announcements if not self.refuse(each)]
        self.told += accepted
        return accepted


@pytest.fixture
def bus(empty_tables: str) -> Iterator[MemoryBus]:
    with connect(empty_tables, application_name="test", behind_proxy=False) as connection:
        connection.execute(b"TRUNCATE kb.extraction_announcements")
        assert switch_announcing(connection, on=True)
        yield MemoryBus()
        switch_announcing(connection, on=False)


SweepAndTell = Callable[..., None]


@pytest.fixture
def sweep_and_tell(lab: Lab, bus: MemoryBus) -> SweepAndTell:
    """Runs a sweep that tells the bus; `later` as if a minute had passed for what waits to be told."""
    database = lab.open_database()

    def run(*, later: bool = True, dry_run: bool = False, **changes: Any) -> None:
        if later:
            database.rows(
                b"UPDATE kb.extraction_announcements SET next_send_at = next_send_at - interval '1 hour'"
            )
        tuned = lab.settings.model_copy(update=changes)
        Sweeper(database, lab.queue, tuned, bus=bus).sweep(dry_run=dry_run)

    return run


def statuses(bus: MemoryBus) -> list[tuple[Any, str]]:
    return [(each.job_id, each.status) for each in bus.told]


def test_every_way_to_end_is_told_once_and_nothing_else_is(
    lab: Lab, bus: MemoryBus, sweep_and_tell: SweepAndTell
) -> None:
    def taken(**fields: Any) -> Attempt:
        return lab.take(lab.new_job(**fields))

    expected = []

    def ended(attempt: Attempt, status: str) -> None:
        expected.append((attempt.job.id, status))

    done = taken()
    finish(done)
    ended(done, "completed")
    doubtful = taken()
    finish(doubtful, "Look at it.")
    ended(doubtful, "requires_review")
    reject_job(doubtful.job.id, TENANT, "amelia", None, database=lab.database)
    ended(doubtful, "failed")
    wrong = taken()
    wrong.fail("No.")
    ended(wrong, "failed")
    lab.retry(wrong.job)
    lab.cancel(wrong.job)
    ended(wrong, "cancelled")
    worn = taken(max_attempts=1)
    worn.retry_later("No.", 0)
    ended(worn, "failed")
    again = taken()
    again.retry_later("No.", 0)
    handed = taken(max_attempts=1)
    handed.hand_over()
    ended(handed, "failed")
    for change, status in (
        ("deadline_at = now() - interval '1 s'", "failed"),
        ("updated_at = now() - interval '1 h', attempt = max_attempts", "failed"),
        ("status = 'completed'", "completed"),
    ):
        by_sweep = taken()
        lab.psql.update(change, by_sweep.job)
        ended(by_sweep, status)

    lab.psql.update("source_metadata = '{}'")  # no ending at all
    sweep_and_tell(later=False)
    assert bus.told == [], "their workers have a moment to tell first"
    sweep_and_tell()

    assert sorted(map(str, statuses(bus))) == sorted(map(str, expected))
    sweep_and_tell()
    assert len(bus.told) == len(expected)
    assert lab.psql("SELECT * FROM kb.extraction_announcements") == []


def test_what_is_told_is_what_the_job_is_and_nothing_of_its_document(
    lab: Lab, bus: MemoryBus, sweep_and_tell: SweepAndTell
) -> None:
    job = lab.new_job(
        source_id="letter 17", source_text="A secret.", source_metadata={"a": "secret"}
    )
    lab.take(job).fail("A secret.")
    sweep_and_tell()
    [told] = bus.told
    row = lab.psql.job(job.id)
    assert set(told.detail) == {
        *("job_id", "org_id", "project_id", "status", "from_status", "revision", "source_type"),
        *("source_id", "attempt", "max_attempts", "objects_found", "created_at", "completed_at"),
    }
    assert told.detail["job_id"] == str(job.id)
    assert (told.detail["from_status"], told.detail["status"]) == ("running", "failed")
    assert (told.detail["source_id"], told.detail["revision"]) == ("letter 17", row["revision"])
    assert told.at == row["completed_at"]
    assert "secret" not in repr(told)


def test_a_worker_tells_at_once_what_it_ended(lab: Lab, bus: MemoryBus) -> None:
    job, hopeless = lab.new_job(), lab.new_job(source_text=None)
    worker = lab.new_worker(bus=bus)
    assert worker.work(job.id) is Outcome.COMPLETED
    assert worker.work(hopeless.id) is Outcome.FAILED
    assert statuses(bus) == [(job.id, "completed"), (hopeless.id, "failed")]
    assert lab.psql("SELECT * FROM kb.extraction_announcements") == []


def test_what_a_bus_refuses_or_a_dead_worker_left_is_told_by_the_sweep_under_the_same_id(
    lab: Lab, bus: MemoryBus, sweep_and_tell: SweepAndTell
) -> None:
    refused: list[Announcement] = []

    job, easy = lab.new_job(), lab.new_job()

    def refuse(each: Announcement) -> bool:
        if each.job_id == job.id:
            refused.append(each)
        return each.job_id == job.id

    bus.refuse = refuse
    assert lab.work(job, bus=bus) is Outcome.COMPLETED, "the job is none the worse for it"
    lab.cancel(easy)
    with pytest.raises(SweepFailedError, match=r"^1 ending\(s\) could not be announced$"):
        sweep_and_tell()
    assert statuses(bus) == [(easy.id, "cancelled")], "of the same batch"
    bus.refuse = lambda _: False
    sweep_and_tell(later=False)
    assert len(bus.told) == 1, "it comes back later and later"
    sweep_and_tell()
    assert statuses(bus)[1:] == [(job.id, "completed")]
    assert {each.id for each in refused} == {bus.told[1].id}
    records = lab.psql("SELECT announced, errors FROM kb.extraction_sweeps ORDER BY id")
    assert [row["announced"] for row in records] == [1, 0, 1]
    assert records[0]["errors"] == ["1 ending(s) could not be announced"]


def test_an_ending_that_is_undone_is_not_told(
    lab: Lab, bus: MemoryBus, sweep_and_tell: SweepAndTell
) -> None:
    job = lab.take(lab.new_job()).job
    with lab.psql.connection.transaction(force_rollback=True):
        lab.psql.update("status = 'failed'", job)
        assert len(lab.psql("SELECT * FROM kb.extraction_announcements")) == 1
    sweep_and_tell()
    lab.psql.make_overdue(job.id)
    sweep_and_tell(dry_run=True)
    assert bus.told == []


def test_two_senders_at_once_tell_each_ending_once(
    lab: Lab, bus: MemoryBus, sweep_and_tell: SweepAndTell
) -> None:
    first, second = lab.take(lab.new_job()), lab.take(lab.new_job())
    first.fail("No.")
    second.fail("No.")
    lab.psql("UPDATE kb.extraction_announcements SET next_send_at = now()")
    holder = lab.open_database()
    with holder.rolled_back():
        holder.rows(
            b"SELECT id FROM kb.extraction_announcements WHERE job_id = %(id)s FOR UPDATE",
            {"id": first.job.id},
        )
        sweep_and_tell(later=False)
        assert statuses(bus) == [(second.job.id, "failed")]
    sweep_and_tell()
    assert statuses(bus) == [(second.job.id, "failed"), (first.job.id, "failed")]


def test_where_nobody_listens_nothing_is_written_and_nothing_asked(
    lab: Lab, empty_tables: str
) -> None:
    assert lab.work(lab.new_job()) is Outcome.COMPLETED
    assert lab.psql("SELECT * FROM kb.extraction_announcements") == []
    with psycopg.connect(empty_tables, autocommit=True) as connection:
        [state] = connection.execute(
            "SELECT tgenabled FROM pg_trigger WHERE tgname = 'announce_ending'"
        ).fetchall()
    assert state in {("D",), (b"D",)}
