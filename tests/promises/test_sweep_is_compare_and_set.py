"""Promise 6: the sweep is compare-and-set. It takes a job only if it is an orphan at the moment of the write.

What could go wrong. Between the sweep's look at a job and its write, the job's worker may come back (heartbeat,
checkpoint, completion, failure, hand-over), a person may cancel, retry or set it by hand, another worker may claim
it, another sweep may take it. A sweep that writes what it saw a moment ago overwrites a job that has just completed,
or takes a live one from its worker.

What must hold. The outcome is one that the two could have had one after the other: the job's row and its whole
history are those of "rival, then sweep" or of "sweep, then rival". Nothing is lost, nothing is done twice, and the
sweep never waits for a row that another holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from extraction_jobs.attempt import Attempt
from extraction_jobs.database import Database, connect
from extraction_jobs.model import Job
from extraction_jobs.queries import LIFECYCLE
from extraction_jobs.sweep import Sweeper
from tests.conftest import MemoryQueue

from .conftest import Lab, meddle
from .holding import HELD, Point, interleave, sync_points
from .rivals import RIVALS, SETTINGS, Rival, run_step
from .sizes import size

KINDS = {
    "an orphan": "sweep_orphans",
    "an orphan whose budget is spent": "sweep_spent",
    "a job over its hard limit": "sweep_overdue",
}
History = tuple[Any, ...]


class Meeting:
    """A sweep's step and a rival that meet at one job."""

    def __init__(self, kind: str, rival: str, lab: Lab, url: str) -> None:
        self.kind, self.rival, self.lab, self.url = kind, rival, lab, url
        self.databases = {name: _database(url, name) for name in (HELD, "other")}

    def job(self) -> tuple[Job, Attempt]:
        """A job that the step takes, and the hold that its worker had on it."""
        job = self.lab.new_job(max_attempts=1 if "budget" in self.kind else 3)
        attempt = self.lab.take(job)
        if "limit" in self.kind:
            self.lab.psql.make_overdue(job.id)
        else:
            self.lab.psql.make_idle(job.id, 6)
        return job, attempt

    def sweep(self, job: Job, connection: str) -> str:
        """Runs the step alone, so that it is the statement that is held up; whether it took the job."""
        report = run_step(KINDS[self.kind], self.databases[connection])
        taken = job.id in {each.id for each in [*report.recovered, *report.failed]}
        return "taken" if taken else "left"

    def act(self, job: Job, attempt: Attempt, connection: str) -> str:
        """Runs the rival. A message that found the row locked comes again when it is not."""
        return RIVALS[self.rival](Rival(job, attempt, self.databases[connection]))

    def in_turn(self, order: str) -> History:
        """One after the other: an outcome that there may be."""
        job, attempt = self.job()
        swept = self.sweep(job, "other") if order == "sweep first" else ""
        acted = self.act(job, attempt, "other")
        swept = swept or self.sweep(job, "other")
        return self.outcome(job, acted, swept)

    def with_one_held(self, held: str, point: Point) -> History:
        """The other runs in the gap of the one that is held."""
        job, attempt = self.job()
        if held == "sweep":
            swept, acted = interleave(
                lambda: self.sweep(job, HELD),
                lambda: self.act(job, attempt, "other"),
                point,
                psql=self.lab.psql,
                url=self.url,
            )
        else:
            acted, swept = interleave(
                lambda: self.act(job, attempt, HELD),
                lambda: self.sweep(job, "other"),
                point,
                psql=self.lab.psql,
                url=self.url,
                other_must_not_wait=True,
            )
        if "again" in acted:
            acted = acted.replace("to be delivered again", self.act(job, attempt, "other"))
        return self.outcome(job, acted, swept)

    def outcome(self, job: Job, acted: str, swept: str) -> History:
        """What both said, the row, and the history, when the next sweep has come by too: it takes what this one
        passed over because it was locked and would still be taken.
        """
        if swept == "left":
            swept = self.sweep(job, "other")
        row = self.lab.psql.job(job.id)
        columns = ("status", "attempt", "lease", "revision", "error_message")
        story = [
            (each["actor"], each["from_status"], each["to_status"], each["attempt"], each["lease"])
            for each in self.lab.psql.events(job.id)
        ]
        return acted, swept, tuple(row[name] for name in columns), tuple(story)

    def close(self) -> None:
        for database in self.databases.values():
            database.close()


@pytest.fixture
def meet(lab: Lab, empty_tables: str) -> Iterator[Callable[[str, str], Meeting]]:
    meetings = []

    def make(kind: str, rival: str) -> Meeting:
        meetings.append(Meeting(kind, rival, lab, empty_tables))
        return meetings[-1]

    with sync_points(lab.psql):
        yield make
    for meeting in meetings:
        meeting.close()


# Every day each rival meets the step that sets jobs back; the two that end jobs meet those that differ for them.
EVERYDAY = ("a late heartbeat", "a late completion", "a cancel", "another sweep")
MEETINGS = [
    (kind, rival)
    for kind in KINDS
    for rival in RIVALS
    if kind == "an orphan" or size(rival in EVERYDAY, True)
]


@pytest.mark.parametrize(("kind", "rival"), MEETINGS)
def test_a_sweep_and_a_rival_in_any_order_do_what_they_do_one_after_the_other(
    kind: str, rival: str, meet: Callable[[str, str], Meeting]
) -> None:
    meeting = meet(kind, rival)
    allowed = {order: meeting.in_turn(order) for order in ("rival first", "sweep first")}
    assert allowed["sweep first"][1] == "taken"
    for held in ("sweep", "rival"):
        for point in Point:
            outcome = meeting.with_one_held(held, point)
            assert outcome in allowed.values(), f"the {held} was held {point.name}"


def _database(url: str, application_name: str) -> Database:
    return Database(lambda: connect(url, application_name=application_name, behind_proxy=False))


def test_a_row_that_was_passed_over_is_looked_for_again_before_its_step_ends(lab: Lab) -> None:
    """A batch that is short for it is not the last."""
    held, other = lab.orphans(2)
    with ExitStack() as lock:
        lock.enter_context(lab.locked(held))
        meddle(lab.database, LIFECYCLE["sweep_orphans"], after=lock.close)
        report = Sweeper(lab.database, MemoryQueue(), SETTINGS).sweep()
    assert [each.id for each in report.recovered] == [other.id, held.id]
