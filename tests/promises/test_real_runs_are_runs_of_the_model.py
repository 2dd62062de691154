"""Promise 15, the other half: the model is a model of this product.

What a real Postgres did to each job is recorded, step by step, in rough runs (workers that fail, hang, hand over, and
die; sweeps; people; dead letters) and in a run by the book that comes by every statement. Each step must be one
that the model allows. A record that was doctored must be refused, at the very step; and so must the record of a real
run with a guard taken out of its SQL.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from extraction_jobs.dead_letter import give_up_on_message
from extraction_jobs.dispatch import Dispatch, dispatch
from extraction_jobs.model import Job
from extraction_jobs.queries import LIFECYCLE, named
from tests.conftest import Psql

from . import guards
from .model.by_the_book import DEFAULTS, ByTheBook, go_through_every_statement
from .model.recording import Step, Trace, record_from, stop_recording, traces
from .model.replay import allowed_steps, refusals
from .model.rough_run import SETTINGS, RoughRun
from .model.scenarios import FENCED, SIZE
from .rivals import run_step
from .writes import finish, read

FULL = SIZE == "full"
pytestmark = pytest.mark.timeout(1_800 if FULL else 300)
# Two change no job; two delete those that have ended, which the model goes on to hold (docs/promises.md).
STATEMENTS = {*LIFECYCLE, "psql"} - {
    *("why_not_claimed", "own_ending", "delete_job", "delete_ended_jobs")
}


@pytest.fixture
def recorder(psql: Psql) -> Iterator[Psql]:
    """Records while the test runs."""
    record_from(psql)
    yield psql
    stop_recording(psql)


@pytest.fixture
def by_the_book(empty_tables: str, recorder: Psql) -> Iterator[ByTheBook]:
    book = ByTheBook(empty_tables, recorder)
    yield book
    book.close()


def test_each_step_of_a_run_by_the_book_is_one_of_the_model_s_and_a_doctored_one_is_not(
    by_the_book: ByTheBook,
) -> None:
    go_through_every_statement(by_the_book)
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
            "its project was paused": before(nudge="held"),
        },
        "hold": {"it was handed over": before(limit="kept")},
        "sweep_resumed": {"it was not held": before(nudge="later")},
        "release_held": {"it was not held": before(nudge="later")},
        "sweep_orphans": {
            "the heartbeat was fresh": before(old=False),
            "the budget was spent": before(attempt=step.before["max"]),
        },
        "sweep_overdue": {
            "the deadline was ahead": before(limit="ahead"),
            "its worker was dead by then": before(limit="past", old=True),
        },
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


def _finished(book: ByTheBook) -> Job:
    job = book.new_job()
    worker = book.take(job)
    read(worker)
    finish(worker)
    return job


def _finish_another_s(book: ByTheBook) -> None:
    job = book.new_job()
    zombie = book.take(job)
    read(zombie)
    book.retry(job)
    book.take(job, "w2")
    finish(zombie)


def _fail_what_was_cancelled(book: ByTheBook) -> None:
    zombie = book.take(book.new_job())
    book.cancel(zombie.job)
    zombie.fail("Mine.")


def _claim_what_runs(book: ByTheBook) -> None:
    job = book.take(book.new_job()).job
    book.take(job, "w2")


def _hand_over(book: ByTheBook, *, progress: bool) -> None:
    worker = book.take(book.new_job())
    if progress:
        read(worker)
    worker.hand_over()


def _waiting(book: ByTheBook) -> Job:
    """A job whose first message is out of date; as it was when that was sent."""
    job = book.new_job()
    book.take(job).retry_later("An error.", 600.0)
    return job


def _sweep_a_live_job(book: ByTheBook) -> None:
    book.take(book.new_job())
    run_step("sweep_orphans", book.database_of("sweeper"))


def _note_an_old_message(book: ByTheBook) -> None:
    old = _waiting(book)
    dispatch(book.database, book.queue, [Dispatch(old.id, old.revision)], DEFAULTS)


def _bury_an_old_message(book: ByTheBook) -> None:
    old = _waiting(book)
    give_up_on_message(old.id, old.revision, database=book.database)


def _cancel_what_has_failed(book: ByTheBook) -> None:
    worker = book.take(book.new_job())
    worker.fail("No retry would cure it.")
    book.cancel(worker.job)


# What a guard's removal allows a real Postgres to do: steps of which the model must refuse that statement's.
BROKEN: dict[str, Callable[[ByTheBook], object]] = {
    "claim: status": _claim_what_runs,
    "finish: lease =": _finish_another_s,
    "fail: status": _fail_what_was_cancelled,
    "sweep_orphans: heartbeat_mark": _sweep_a_live_job,
    "a hand-over costs nothing": partial(_hand_over, progress=True),
    "a hand-over without progress counts": partial(_hand_over, progress=False),
    "an error with the budget spent fails": (
        lambda book: book.take(book.new_job(max_attempts=1)).retry_later("An error.", 0.0)
    ),
    "note_dispatched: revision": _note_an_old_message,
    "give_up_on_message: revision": _bury_an_old_message,
    "retry_by_hand: status": lambda book: book.retry(_finished(book)),
    "cancel: status": _cancel_what_has_failed,
}


def _without(name: str) -> dict[str, bytes]:
    """The statement of sql/lifecycle/ that a guard (tests/promises/guards.py) is taken out of."""
    [guard] = [guard for guard in guards.all_guards() if guard.name == name]
    cut = named(guard.without)
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


@pytest.mark.usefixtures("people_do_anything")
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
