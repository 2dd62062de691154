"""Doing the checks one after the other, each within its time, none of them stopped by another."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from verify_deployment.checks import Check
from verify_deployment.model import SkippedError
from verify_deployment.run import Run
from verify_deployment.transport import NoAnswerError, UnexpectedAnswerError


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a check ended. `seen` is one sentence: what was seen, what was wrong, or what is missing."""

    name: str
    result: Literal["passed", "failed", "skipped"]
    seconds: float
    seen: str


def verify(run: Run, checks: Sequence[Check], *, seconds: float) -> Iterator[Outcome]:
    """Does every check, and yields how each ended as it ends.

    Args:
        run: what they share.
        checks: in this order.
        seconds: for all of them; a check for which no time is left has failed.
    """
    ends = time.monotonic() + seconds
    for check in checks:
        yield _outcome(run, check, ends)


def _outcome(run: Run, check: Check, ends: float) -> Outcome:
    started = time.monotonic()
    if started >= ends:
        return Outcome(
            check.name, "failed", 0.0, "it was not done: the time for all checks was over"
        )
    run.ends = min(started + check.seconds, ends)
    result: Literal["passed", "failed", "skipped"] = "failed"
    try:
        seen, result = check.run(run), "passed"
    except SkippedError as error:
        seen, result = str(error), "skipped"
    except (UnexpectedAnswerError, NoAnswerError) as error:
        seen = str(error)
    except Exception as error:  # noqa: BLE001 - whatever an answer holds, the other checks are done
        seen = f"an answer was of a form that this check cannot read ({type(error).__name__})"
    return Outcome(check.name, result, time.monotonic() - started, seen)
