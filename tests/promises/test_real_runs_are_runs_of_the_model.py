"""Promise 15, the other half: the model is a model of this product.

What a real Postgres did to each job is recorded, step by step, in rough runs (workers that fail, hang, hand over, and
are killed; sweeps; people; dead letters) and in a run by the book that comes by every statement. Each step must be one
that the model allows. A record that was doctored must be refused, at the very step; and so must the record of a real
run with a guard taken out of its SQL.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from extraction import Document
from extraction_jobs.attempt import Attempt, LeaseLostError, Result
from extraction_jobs.bulk import Action, BulkFilter, change_many
from extraction_jobs.by_hand import approve_job, cancel_job, reject_job, retry_job
from extraction_jobs.claim import Claimed, claim
from extraction_jobs.create import NewJob, create_job
from extraction_jobs.database import connect
from extraction_jobs.dead_letter import give_up_on_message
from extraction_jobs.dispatch import Dispatch, dispatch
from extraction_jobs.model import Job, JobStatus, Revision
from extraction_jobs.queries import LIFECYCLE, named
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Sweeper
from tests.conftest import TENANT, MemoryQueue, Psql

from . import guards
from .model.recording import (
    RecordingDatabase,
    Step,
    Trace,
    record_from,
    stop_recording,
    traces,
)
from .model.replay import allowed_steps, refusals
from .model.rough_run import SETTINGS, RoughRun
from .model.scenarios import FENCED, SIZE

FULL = SIZE == "full"
pytestmark = pytest.mark.timeout(1_800 if FULL else 300)
DEFAULTS = Settings()
ONE_OBJECT = {
    "ordinal": 1,
    "id": "01936b2e-7a00-7000-8000-000000000001",
    "type": "Total",
    "properties": {},
    "evidence": {},
    "confidence": 0.5,
    "span_start": 7,
    "span_end": 8,
}
STATEMENTS = {*LIFECYCLE, "psql"} - {"why_not_claimed", "record_sweep"}  # these change no job


@pytest.fixture
def recorder(psql: Psql) -> Iterator[Psql]:
    """Records while the test runs."""
    record_from(psql)
    yield psql
    stop_recording(psql)


class ByTheBook:
    """Takes a job through its life one statement at a time. `replaced` is SQL with a guard taken out."""

    def __init__(self, url: str, psql: Psql, replaced: dict[str, bytes] | None = None) -> None:
        self._url = url
        self._replaced = replaced
        self._open: list[RecordingDatabase] = []
        self.psql = psql
        self.queue = MemoryQueue()
        self.database = self.database_of("api")

    def database_of(self, who: str) -> RecordingDatabase:
        """A recorded connection."""
        database = RecordingDatabase(
            lambda: connect(self._url, application_name=who, behind_proxy=False),
            who,
            self._replaced,
        )
        self._open.append(database)
        return database

    def close(self) -> None:
        """Ends the connections."""
        for database in self._open:
            database.close()

    def job(self, **fields: int) -> Job:
        """A new one."""
        new = NewJob(TENANT, "document", source_text="Total: 1", **fields)  # type: ignore[arg-type]
        return create_job(new, database=self.database, queue=self.queue, settings=DEFAULTS).job

    def take(self, job: Job, who: str) -> Attempt:
        """A worker's claim."""
        database = self.database_of(who)
        claimed = claim(job.id, worker=who, database=database, settings=DEFAULTS)
        assert isinstance(claimed, Claimed), claimed
        return Attempt(claimed.job, database)

    def sweep(self) -> None:
        """One."""
        Sweeper(self.database_of("sweeper"), self.queue, DEFAULTS).sweep()

    def retry(self, job: Job) -> None:
        """By a person, over the API."""
        retry_job(job.id, TENANT, "me", database=self.database, queue=self.queue, settings=DEFAULTS)

    def types(self, what: str, job: Job) -> None:
        """A person in psql."""
        self.psql(f"UPDATE kb.object_extraction_jobs SET {what} WHERE id = %(id)s", {"id": job.id})


@pytest.fixture
def by_the_book(empty_tables: str, recorder: Psql) -> Iterator[ByTheBook]:
    """See ByTheBook."""
    book = ByTheBook(empty_tables, recorder)
    yield book
    book.close()


def _read(attempt: Attempt, chunk: int = 0) -> None:
    attempt.start_chunks(
        Document("Total: 1", "text/plain", None, "d"), extractor="test", plan_digest="p", total=2
    )
    attempt.checkpoint(
        chunk_index=chunk, plan_digest="p", result={"of": 1}, processed=1, failed=0, objects=1
    )


def _finish(attempt: Attempt, review: str | None = None) -> None:
    attempt.finish(
        Result(
            objects=[ONE_OBJECT], relationships=[], coverage=1.0, review_reason=review, detail={}
        )
    )


def _go_through_every_statement(book: ByTheBook) -> None:
    finished = book.job()
    worker = book.take(finished, "w1")
    _read(worker)
    assert worker.heartbeat(book.database_of("w1")) is not None
    worker.hand_over()
    worker = book.take(finished, "w2")
    _read(worker, 1)
    _finish(worker, "Look at it.")
    approve_job(finished.id, TENANT, "me", None, database=book.database)
    book.types("status = 'pending'", finished)
    again = book.take(finished, "w1")
    _read(again)
    _finish(again, "Look at it again.")
    reject_job(finished.id, TENANT, "me", None, database=book.database)

    zombie_of = book.job()
    zombie = book.take(zombie_of, "w1")
    _read(zombie)
    book.psql.make_idle(zombie_of.id, 6)
    book.sweep()
    heir = book.take(zombie_of, "w2")
    for write in (zombie.hand_over, lambda: zombie.fail("Mine."), lambda: _finish(zombie)):
        with pytest.raises(LeaseLostError):
            write()
    assert zombie.heartbeat(book.database_of("w1")) is None
    heir.retry_later("An error.", 600.0)
    cancel_job(zombie_of.id, TENANT, "me", database=book.database)

    spent = book.job(max_attempts=1)
    book.take(spent, "w1")
    book.psql.make_idle(spent.id, 6)
    book.sweep()
    book.retry(spent)
    book.take(spent, "w2").fail("No retry would cure it.")

    many = [book.job() for _ in range(2)]
    book.take(many[0], "w1")
    for action, status in ((Action.RETRY, JobStatus.RUNNING), (Action.CANCEL, JobStatus.PENDING)):
        change_many(
            action,
            BulkFilter(ids=[job.id for job in many], statuses=[status]),
            TENANT,
            "me",
            limit=10,
            dry_run=False,
            database=book.database,
            queue=book.queue,
            settings=DEFAULTS,
        )

    overdue = book.job()
    book.take(overdue, "w1")
    book.psql.make_overdue(overdue.id)
    book.sweep()

    lowered = book.job()
    book.take(lowered, "w1").retry_later("An error.", 0.0)
    book.types("max_attempts = 1, next_dispatch_at = now()", lowered)
    book.sweep()

    unsent = book.job()
    dispatch(book.database, book.queue, [Dispatch(unsent.id, Revision(9))], DEFAULTS)
    book.types("next_dispatch_at = now()", unsent)
    book.sweep()
    for _ in range(3):
        revision = Revision(book.psql.job(unsent.id)["revision"])
        give_up_on_message(unsent.id, revision, database=book.database)
    book.types("status = 'running', updated_at = now() - interval '10 minutes'", unsent)
    book.sweep()


def test_each_step_of_a_run_by_the_book_is_one_of_the_model_s_and_a_doctored_one_is_not(
    by_the_book: ByTheBook,
) -> None:
    _go_through_every_statement(by_the_book)
    real = traces(by_the_book.psql, DEFAULTS.orphan_threshold, "by the book")
    seen = {step.statement for trace in real for step in trace.steps}
    assert seen == STATEMENTS, "each statement that changes a job is held against the model"
    doctored = list(_doctored(real))
    assert len(doctored) > 40

    reached = allowed_steps([*real, *(trace for trace, _ in doctored)])

    assert reached[: len(real)] == [len(trace.steps) for trace in real]
    accepted = [
        f"{trace.name}: {got} of {len(trace.steps)} steps allowed, step {at + 1} was doctored"
        for (trace, at), got in zip(doctored, reached[len(real) :], strict=True)
        if got != at
    ]
    assert accepted == []


def _doctored(real: list[Trace]) -> Iterator[tuple[Trace, int]]:
    """Each trace with one thing about it untrue, and the step that is."""
    for trace in real:
        for at, step in enumerate(trace.steps):
            for what, changed in _lies(step).items():
                yield Trace(f"{trace.name}, {step.statement}: {what}", changed(trace, at).steps), at
            if 0 < at < len(trace.steps) - 1 and step.moved:
                left_out = [*trace.steps[:at], *trace.steps[at + 1 :]]
                yield Trace(f"{trace.name}: {step.statement} is left out", left_out), at


def _lies(step: Step) -> dict[str, Callable[[Trace, int], Trace]]:
    """What can be said of a step that is not so."""

    def is_said(**parts: object) -> Callable[[Trace, int], Trace]:
        return lambda trace, at: trace.changed(at, **parts)

    def after(**parts: object) -> Callable[[Trace, int], Trace]:
        return is_said(after=step.after | parts)

    def before(**parts: object) -> Callable[[Trace, int], Trace]:
        return is_said(before=step.before | parts)

    if step.statement in FENCED:
        if step.refused:
            return {"it took effect": is_said(refused=False)}
        return {
            "with an old lease": is_said(lease=step.lease - 1),
            "by another": is_said(who="another"),
            "it changed nothing": is_said(refused=True),
        }
    return {
        "claim": {
            "the attempt is not counted": after(attempt=step.before["attempt"]),
            "the lease stays": after(lease=step.before["lease"]),
            "it was cancelled": before(status="cancelled"),
            "it was not due": before(due=False),
        },
        "sweep_orphans": {
            "the heartbeat was fresh": before(old=False),
            "the budget was spent": before(attempt=step.before["max"]),
        },
        "sweep_overdue": {"the deadline was ahead": before(limit="ahead")},
        "sweep_spent": {"the budget was not spent": before(attempt=0)},
        "retry_by_hand": {
            "the lease went back": after(lease=0),
            "it was completed": before(status="completed"),
        },
        "retry_many": {"of an old revision": is_said(current=False)},
        "cancel_many": {"of an old revision": is_said(current=False)},
        "cancel": {"the history says pending": after(told="pending")},
        "end_review": {"it was cancelled": before(status="cancelled")},
        "note_dispatched": {"of an old message": is_said(current=False)},
        "give_up_on_message": {"of an old message": is_said(current=False)},
        "reserve_dispatches": {"it was not due": before(nudge="later")},
        "psql": {"the lease grew by two": after(lease=step.before["lease"] + 2)},
    }.get(step.statement, {})


# What a guard's removal allows a real Postgres to do: steps of which the model must refuse that statement's.
BROKEN: dict[str, Callable[[ByTheBook], None]] = {}


def _breaks(guard: str) -> Callable[[Callable[[ByTheBook], None]], Callable[[ByTheBook], None]]:
    def keep(steps: Callable[[ByTheBook], None]) -> Callable[[ByTheBook], None]:
        BROKEN[guard] = steps
        return steps

    return keep


@_breaks("claim: only pending")
def _claim_what_runs(book: ByTheBook) -> None:
    job = book.job()
    book.take(job, "w1")
    book.take(job, "w2")


@_breaks("fence of finish: lease")
def _finish_another_s(book: ByTheBook) -> None:
    job = book.job()
    zombie = book.take(job, "w1")
    _read(zombie)
    book.retry(job)
    book.take(job, "w2")
    _finish(zombie)


@_breaks("fence of fail: status")
def _fail_what_was_cancelled(book: ByTheBook) -> None:
    job = book.job()
    zombie = book.take(job, "w1")
    cancel_job(job.id, TENANT, "me", database=book.database)
    zombie.fail("Mine.")


@_breaks("orphans: heartbeat over the threshold")
def _sweep_a_live_job(book: ByTheBook) -> None:
    book.take(book.job(), "w1")
    book.sweep()


@_breaks("a hand-over costs nothing")
def _pay_for_a_hand_over(book: ByTheBook) -> None:
    worker = book.take(book.job(), "w1")
    _read(worker)
    worker.hand_over()


@_breaks("a hand-over without progress counts")
def _hand_over_for_nothing(book: ByTheBook) -> None:
    book.take(book.job(), "w1").hand_over()


@_breaks("an error with the budget spent fails")
def _wait_without_a_budget(book: ByTheBook) -> None:
    book.take(book.job(max_attempts=1), "w1").retry_later("An error.", 0.0)


@_breaks("a note is for one revision only")
def _note_an_old_message(book: ByTheBook) -> None:
    job = book.job()
    book.take(job, "w1").retry_later("An error.", 600.0)
    dispatch(book.database, book.queue, [Dispatch(job.id, job.revision)], DEFAULTS)


@_breaks("a dead letter is for one revision only")
def _bury_an_old_message(book: ByTheBook) -> None:
    job = book.job()
    book.take(job, "w1").retry_later("An error.", 600.0)
    give_up_on_message(job.id, job.revision, database=book.database)


@_breaks("retry: only running or failed")
def _retry_what_is_completed(book: ByTheBook) -> None:
    job = book.job()
    worker = book.take(job, "w1")
    _read(worker)
    _finish(worker)
    book.retry(job)


@_breaks("cancel: only pending or running")
def _cancel_what_has_failed(book: ByTheBook) -> None:
    job = book.job()
    book.take(job, "w1").fail("No retry would cure it.")
    cancel_job(job.id, TENANT, "me", database=book.database)


def _without(name: str) -> dict[str, bytes]:
    """The statement of sql/lifecycle.sql that a guard of tests/promises/guards.py is taken out of."""
    [guard] = [guard for guard in guards.GUARDS if guard.name == name]
    cut = named(guards.without(guard, (guards.ROOT / guard.file).read_text()))
    return {name: body for name, body in cut.items() if LIFECYCLE[name] != body}


def test_what_a_real_postgres_does_with_a_guard_taken_out_of_its_sql_is_refused(
    empty_tables: str, recorder: Psql
) -> None:
    for name, steps in BROKEN.items():
        assert len(_without(name)) == 1
        book = ByTheBook(empty_tables, recorder, _without(name))
        steps(book)
        book.close()
    recorded = traces(recorder, DEFAULTS.orphan_threshold, "without a guard")
    # What is left of them keeps no invariant, as it should not.
    recorder("TRUNCATE kb.object_extraction_jobs, kb.extraction_job_events CASCADE")
    refused = {
        name: trace.steps[got].statement if got < len(trace.steps) else "nothing"
        for name, trace, got in zip(BROKEN, recorded, allowed_steps(recorded), strict=True)
    }
    assert refused == {name: next(iter(_without(name))) for name in BROKEN}


@pytest.mark.parametrize("seed", range(20 if FULL else 1))
def test_each_step_of_a_rough_run_is_one_of_the_model_s(
    seed: int, empty_tables: str, recorder: Psql
) -> None:
    RoughRun(empty_tables, seed).run()
    recorded = traces(recorder, SETTINGS.orphan_threshold, f"rough run {seed}")
    steps = Counter(step.statement for trace in recorded for step in trace.steps)
    refused = sum(step.refused for trace in recorded for step in trace.steps)
    print(f"{steps.total()} steps, {refused} of them refused: {dict(steps)}")  # noqa: T201
    assert steps["claim"] > 10
    assert refusals(recorded) == []
