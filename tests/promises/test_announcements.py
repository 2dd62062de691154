"""Whoever listens is told of each ending at least once, and never of one that did not happen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

from extraction_jobs.announcements import Announcement, switch_announcing
from extraction_jobs.attempt import Attempt, Result
from extraction_jobs.by_hand import cancel_job, retry_job
from extraction_jobs.database import Database, connect
from extraction_jobs.model import Job
from extraction_jobs.outcomes import Outcome
from extraction_jobs.review import reject_job
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Sweeper, SweepFailedError
from tests.conftest import TENANT, MemoryQueue, Psql
from tests.promises.conftest import NewWorker, Take

NOTHING = Result([], [], 0.0, None, {})
DOUBTFUL = Result([], [], 0.0, "Look at it.", {})


@dataclass
class MemoryBus:
    """The domain's bus, kept in memory. `refuse` decides which announcements are not accepted."""

    told: list[Announcement] = field(default_factory=list)
    refuse: Callable[[Announcement], bool] = lambda _: False

    def put(self, announcements: Sequence[Announcement]) -> Sequence[Announcement]:
        """See Bus."""
        accepted = [each for each in announcements if not self.refuse(each)]
        self.told += accepted
        return accepted


@pytest.fixture
def bus(empty_tables: str) -> Iterator[MemoryBus]:
    """See MemoryBus; the database writes endings down for it."""
    with connect(empty_tables, application_name="test", behind_proxy=False) as connection:
        connection.execute(b"TRUNCATE kb.extraction_announcements")
        assert switch_announcing(connection, on=True)
        yield MemoryBus()
        switch_announcing(connection, on=False)


SweepAndTell = Callable[..., None]


@pytest.fixture
def sweep_and_tell(
    open_database: Callable[[], Database], queue: MemoryQueue, settings: Settings, bus: MemoryBus
) -> SweepAndTell:
    """Runs a sweep that tells the bus; `later` as if a minute had passed for what waits to be told."""
    database = open_database()

    def run(*, later: bool = True, dry_run: bool = False, **changes: Any) -> None:
        if later:
            database.rows(
                b"UPDATE kb.extraction_announcements SET next_send_at = next_send_at - interval '1 hour'"
            )
        tuned = settings.model_copy(update=changes)
        Sweeper(database, queue, tuned, bus=bus).sweep(dry_run=dry_run)

    return run


def statuses(bus: MemoryBus) -> list[tuple[Any, str]]:
    return [(each.job_id, each.status) for each in bus.told]


def test_every_way_to_end_is_told_once_and_nothing_else_is(
    bus: MemoryBus,
    sweep_and_tell: SweepAndTell,
    new_job: Callable[..., Job],
    take: Take,
    psql: Psql,
    database: Database,
    queue: MemoryQueue,
    settings: Settings,
) -> None:
    def taken(**fields: Any) -> Attempt:
        return take(new_job(**fields))

    expected = []

    def ended(attempt: Attempt, status: str) -> None:
        expected.append((attempt.job.id, status))

    done = taken()
    done.finish(NOTHING)
    ended(done, "completed")
    doubtful = taken()
    doubtful.finish(DOUBTFUL)
    ended(doubtful, "requires_review")
    reject_job(doubtful.job.id, TENANT, "amelia", None, database=database)
    ended(doubtful, "failed")
    wrong = taken()
    wrong.fail("No.")
    ended(wrong, "failed")
    retry_job(wrong.job.id, TENANT, "a", database=database, queue=queue, settings=settings)
    cancel_job(wrong.job.id, TENANT, "a", database=database)
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
        psql(f"UPDATE kb.object_extraction_jobs SET {change} WHERE id = '{by_sweep.job.id}'")
        ended(by_sweep, status)

    psql("UPDATE kb.object_extraction_jobs SET source_metadata = '{}'")  # no ending at all
    sweep_and_tell(later=False)
    assert bus.told == [], "their workers have a moment to tell first"
    sweep_and_tell()

    assert sorted(map(str, statuses(bus))) == sorted(map(str, expected))
    sweep_and_tell()
    assert len(bus.told) == len(expected)
    assert psql("SELECT * FROM kb.extraction_announcements") == []


def test_what_is_told_is_what_the_job_is_and_nothing_of_its_document(
    bus: MemoryBus,
    sweep_and_tell: SweepAndTell,
    new_job: Callable[..., Job],
    take: Take,
    psql: Psql,
) -> None:
    job = new_job(source_id="letter 17", source_text="A secret.", source_metadata={"a": "secret"})
    take(job).fail("A secret.")
    sweep_and_tell()
    [told] = bus.told
    row = psql.job(job.id)
    assert set(told.detail) == {
        *("job_id", "org_id", "project_id", "status", "from_status", "revision", "source_type"),
        *("source_id", "attempt", "max_attempts", "objects_found", "created_at", "completed_at"),
    }
    assert told.detail["job_id"] == str(job.id)
    assert (told.detail["from_status"], told.detail["status"]) == ("running", "failed")
    assert (told.detail["source_id"], told.detail["revision"]) == ("letter 17", row["revision"])
    assert told.at == row["completed_at"]
    assert "secret" not in repr(told)


def test_a_worker_tells_at_once_what_it_ended(
    bus: MemoryBus, new_worker: NewWorker, new_job: Callable[..., Job], psql: Psql
) -> None:
    job, hopeless = new_job(), new_job(source_text=None)
    worker = new_worker(bus=bus)
    assert worker.work(job.id) is Outcome.COMPLETED
    assert worker.work(hopeless.id) is Outcome.FAILED
    assert statuses(bus) == [(job.id, "completed"), (hopeless.id, "failed")]
    assert psql("SELECT * FROM kb.extraction_announcements") == []


def test_what_a_bus_refuses_or_a_dead_worker_left_is_told_by_the_sweep_under_the_same_id(
    bus: MemoryBus,
    sweep_and_tell: SweepAndTell,
    new_worker: NewWorker,
    new_job: Callable[..., Job],
    database: Database,
    psql: Psql,
) -> None:
    refused: list[Announcement] = []

    job, easy = new_job(), new_job()

    def refuse(each: Announcement) -> bool:
        if each.job_id == job.id:
            refused.append(each)
        return each.job_id == job.id

    bus.refuse = refuse
    assert new_worker(bus=bus).work(job.id) is Outcome.COMPLETED, "the job is none the worse for it"
    cancel_job(easy.id, TENANT, "amelia", database=database)
    with pytest.raises(SweepFailedError, match=r"^1 ending\(s\) could not be announced$"):
        sweep_and_tell()
    assert statuses(bus) == [(easy.id, "cancelled")], "of the same batch"
    bus.refuse = lambda _: False
    sweep_and_tell(later=False)
    assert len(bus.told) == 1, "it comes back later and later"
    sweep_and_tell()
    assert statuses(bus)[1:] == [(job.id, "completed")]
    assert {each.id for each in refused} == {bus.told[1].id}
    records = psql("SELECT announced, errors FROM kb.extraction_sweeps ORDER BY id")
    assert [row["announced"] for row in records] == [1, 0, 1]
    assert records[0]["errors"] == ["1 ending(s) could not be announced"]


def test_an_ending_that_is_undone_is_not_told(
    bus: MemoryBus,
    sweep_and_tell: SweepAndTell,
    new_job: Callable[..., Job],
    take: Take,
    psql: Psql,
) -> None:
    job = take(new_job()).job
    with psql.connection.transaction(force_rollback=True):
        psql(f"UPDATE kb.object_extraction_jobs SET status = 'failed' WHERE id = '{job.id}'")
        assert len(psql("SELECT * FROM kb.extraction_announcements")) == 1
    sweep_and_tell()
    psql.make_overdue(job.id)
    sweep_and_tell(dry_run=True)
    assert bus.told == []


def test_two_senders_at_once_tell_each_ending_once(
    bus: MemoryBus,
    sweep_and_tell: SweepAndTell,
    new_job: Callable[..., Job],
    take: Take,
    psql: Psql,
    open_database: Callable[[], Database],
) -> None:
    first, second = take(new_job()), take(new_job())
    first.fail("No.")
    second.fail("No.")
    psql("UPDATE kb.extraction_announcements SET next_send_at = now()")
    holder = open_database()
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
    new_worker: NewWorker, new_job: Callable[..., Job], psql: Psql, empty_tables: str
) -> None:
    assert new_worker().work(new_job().id) is Outcome.COMPLETED
    assert psql("SELECT * FROM kb.extraction_announcements") == []
    with psycopg.connect(empty_tables, autocommit=True) as connection:
        [state] = connection.execute(
            "SELECT tgenabled FROM pg_trigger WHERE tgname = 'announce_ending'"
        ).fetchall()
    assert state in {("D",), (b"D",)}
