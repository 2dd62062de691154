"""The steps of a sweep, in their order: a table. What a sweep looks for, does, tells and records follows from it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extraction_jobs import reasons
from extraction_jobs.queries import LIFECYCLE, SWEEPS
from extraction_jobs.sweep_report import Count


@dataclass(frozen=True, slots=True)
class Step:
    """What a sweep does with the jobs that wait for one thing.

    Attributes:
        what: it does, as in "could not ...".
        statement: of sql/lifecycle/. It changes a `batch` of rows at most, which it has `taken` (WITH ...), passes over
            what another holds, and gives them back; what has a message to send is `sendable`.
        due: of sql/sweeps.sql, the question how long until there is something to do.
        counted: as what the report counts its jobs; None: their messages alone.
        reason: for the history.
        at_rate: it takes no more in a sweep than the workers are to be given until the next.
    """

    what: str
    statement: str
    due: str
    counted: Count | None = None
    reason: str = ""
    at_rate: bool = False

    @property
    def change(self) -> bytes:
        """The statement itself."""
        return LIFECYCLE[self.statement]

    @property
    def ids(self) -> bytes:
        """What the statement is about to take, by its own words: its text up to the end of the part that it takes."""
        before, opening, rest = self.change.partition(b"taken AS (\n")
        # A part within it may end with `) AS name` at the beginning of a line too.
        taking = re.split(rb"\n\)(?=[,\n])", rest, maxsplit=1)[0]
        found = before + opening + taking + b"\n)\nSELECT id FROM taken"
        return found.replace(b"FOR UPDATE SKIP LOCKED", b"")


STEPS = (
    Step(
        what="fail overdue jobs",
        statement="sweep_overdue",
        due="due_deadline",
        counted=Count.FAILED,
        reason=reasons.OVER_HARD_LIMIT,
    ),
    Step(
        what="fail jobs with a spent budget",
        statement="sweep_spent",
        due="due_orphan",
        counted=Count.FAILED,
        reason=reasons.BUDGET_SPENT,
    ),
    Step(
        what="fail jobs that cannot start",
        statement="sweep_unclaimable",
        due="due_message",
        counted=Count.FAILED,
        reason=reasons.UNCLAIMABLE,
    ),
    Step(
        what="recover orphaned jobs",
        statement="sweep_orphans",
        due="due_orphan",
        counted=Count.RECOVERED,
        reason=reasons.INTERRUPTED,
    ),
    Step(
        what="release jobs of resumed projects",
        statement="sweep_resumed",
        due="due_resumed",
        reason=reasons.RESUMED,
    ),
    Step(
        what="send due messages",
        statement="reserve_dispatches",
        due="due_message",
        at_rate=True,
    ),
)


def _question(name: str) -> bytes:
    return b"SELECT '%b', wait FROM (%b) AS asked" % (name.encode(), SWEEPS[name])


# What sees whether any of them has something to do.
_QUESTIONS = [_question(name) for name in dict.fromkeys(step.due for step in STEPS)]
LOOK = SWEEPS["look"].replace(b":due", b"\n  UNION ALL ".join(_QUESTIONS))
