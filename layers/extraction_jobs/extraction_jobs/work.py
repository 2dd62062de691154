"""Work: what a worker does with one message, from the claim to the end of its hold on the job.

Whatever happens in here, the job ends in a state that someone will act on: finished, failed with a reason, pending
with a message, or running without a heartbeat, which the sweep ends.
"""

from __future__ import annotations

import logging
import random
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePath

import psycopg

from extraction import Engine, ExtractionError, Extractor, RetryableError
from extraction_jobs import reasons
from extraction_jobs.announcements import Bus, announce_job
from extraction_jobs.attempt import Attempt, LeaseLostError, unlimited
from extraction_jobs.backoff import backoff_seconds
from extraction_jobs.claim import (
    Claimed,
    ClaimOutcome,
    GivesWay,
    NotDue,
    NothingToDo,
    Paused,
    claim,
    take_turn,
)
from extraction_jobs.database import Database, DatabaseUnavailableError
from extraction_jobs.dispatch import Dispatch, Queue, dispatch
from extraction_jobs.extracting import Extracting, Step, TimeIsUpError
from extraction_jobs.heartbeat import Heartbeat, OverHardLimitError
from extraction_jobs.model import JobId, JobStatus
from extraction_jobs.outcomes import Outcome, Worked
from extraction_jobs.queries import LIFECYCLE
from extraction_jobs.settings import Settings
from extraction_jobs.sources import SourceReader, SourceRefusedError, SourceUnavailableError
from extraction_jobs.spending import Spending

logger = logging.getLogger(__name__)


_ENDINGS = {Outcome.COMPLETED, Outcome.REQUIRES_REVIEW, Outcome.FAILED}


class RedeliverError(Exception):
    """The message could not be worked on now and must come back."""


def _unannounced(step: Step) -> None:
    """The default observer."""


def _untold(worked: Worked) -> None:
    """The default listener."""


@dataclass
class Worker:
    """Works on jobs, one message at a time.

    Attributes:
        name: who this is, for the history.
        open_heartbeat_database: makes the heartbeat thread's own Database.
        ocr: reads pages that are images; None if nothing does.
        on_step: told of each Step as it is reached.
        on_worked: told of each hold on a job when it is over, however it ended.
        clock: seconds, monotonic; only for what `on_worked` is told.
        bus: told at once of a job that ended; None if nobody is.
        random: in [0, 1), for the jitter of backoffs.
        sleep: waits between the tries of a write while Postgres is away.
    """

    name: str
    database: Database
    open_heartbeat_database: Callable[[], Database]
    queue: Queue
    sources: SourceReader
    extractor: Extractor
    settings: Settings
    ocr: Engine | None = None
    on_step: Callable[[Step], None] = _unannounced
    on_worked: Callable[[Worked], None] = _untold
    clock: Callable[[], float] = time.monotonic
    bus: Bus | None = None
    random: Callable[[], float] = field(default=random.random)
    sleep: Callable[[float], None] = time.sleep

    def work(self, job_id: JobId, remaining_seconds: Callable[[], float] = unlimited) -> Outcome:
        """Claims the job and works until it ends, is lost, or this invocation's time is up. Before it, one job of its
        organisation that has a higher priority, if there is one.

        Args:
            remaining_seconds: until this invocation is ended from outside. 0 is a value.

        Raises:
            RedeliverError: too little time is left to start, or the row is locked.
            DatabaseUnavailableError: Postgres is gone and stays so. The message must come back; what was claimed
                is recovered by the sweep.
        """
        if self._is_over(remaining_seconds):
            raise RedeliverError("too little time is left to start a job")
        outcome = take_turn(
            job_id, worker=self.name, database=self.database, settings=self.settings
        )
        if isinstance(outcome, GivesWay):
            first = self._claim(outcome.higher)
            if isinstance(first, Claimed):
                ended = self._act_on(first, remaining_seconds)
                logger.info("Job %s, of a higher priority, went first: %s", outcome.higher, ended)
            if self._is_over(remaining_seconds):
                # A new message, for this one has not failed: it would come back with one try less.
                self._send(outcome.message)
                return Outcome.GAVE_WAY
            outcome = self._claim(outcome.message.job_id)
        return self._act_on(outcome, remaining_seconds)

    def _claim(self, job_id: JobId) -> ClaimOutcome:
        return claim(job_id, worker=self.name, database=self.database, settings=self.settings)

    def _is_over(self, remaining_seconds: Callable[[], float]) -> bool:
        """Whether too little of the invocation's time is left to start a job."""
        return remaining_seconds() <= self.settings.hand_over_margin_seconds

    def _act_on(self, outcome: ClaimOutcome, remaining_seconds: Callable[[], float]) -> Outcome:
        match outcome:
            case Claimed():
                self.on_step(Step.CLAIMED)
                return self._attempt(outcome, remaining_seconds)
            case NothingToDo(status=status):
                logger.info("Nothing to do: the job is %s", status or "not there")
                return Outcome.NOTHING_TO_DO
            case NotDue(message=message):
                self._send_in_time(message)
                return Outcome.NOT_DUE
            case Paused():
                logger.info("The job waits: its project is paused")
                return Outcome.PAUSED
            case _:
                raise RedeliverError("the job's row is locked")

    def _send_in_time(self, early: Dispatch) -> None:
        """Sends a message that came too early again, held back until the job is due. What the queue cannot hold back
        for so long is left to the sweep.
        """
        if early.due_in_seconds <= self.queue.longest_delay.total_seconds():
            self._send(early)
        else:
            self.database.rows(LIFECYCLE["put_off"], {"job_id": early.job_id})

    def _attempt(self, claimed: Claimed, remaining_seconds: Callable[[], float]) -> Outcome:
        job, started = claimed.job, self.clock()
        attempt = Attempt(
            job,
            self.database,
            give_up_after_seconds=self.settings.orphan_threshold.total_seconds(),
            asked_at=claimed.asked_at,
            remaining_seconds=remaining_seconds,
            sleep=self.sleep,
            random=self.random,
        )
        try:
            outcome = self._until_it_ends(attempt, claimed, remaining_seconds)
        except LeaseLostError:
            outcome = self._what_became_of(attempt)
        before, spent = Spending.so_far(job), attempt.spending
        self.on_worked(
            Worked(
                outcome=outcome,
                attempt=job.attempt,
                # A claim sets updated_at to its now().
                waited_seconds=max(0.0, (job.updated_at - job.run_after).total_seconds()),
                seconds=self.clock() - started,
                input_tokens=spent.input_tokens - before.input_tokens,
                output_tokens=spent.output_tokens - before.output_tokens,
                cost_usd=spent.cost_usd - before.cost_usd,
            )
        )
        if self.bus is not None and outcome in _ENDINGS:
            announce_job(self.database, self.bus, job.id)
        return outcome

    def _until_it_ends(
        self, attempt: Attempt, claimed: Claimed, remaining_seconds: Callable[[], float]
    ) -> Outcome:
        """Turns each way in which an attempt can end into its fenced write."""
        try:
            with Heartbeat(
                attempt,
                self.open_heartbeat_database(),
                every_seconds=self.settings.heartbeat_seconds,
                seconds_left=claimed.seconds_left,
            ) as heartbeat:
                status = Extracting(
                    claimed=claimed,
                    attempt=attempt,
                    heartbeat=heartbeat,
                    sources=self.sources,
                    extractor=self.extractor,
                    ocr=self.ocr,
                    settings=self.settings,
                    remaining_seconds=remaining_seconds,
                    on_step=self.on_step,
                ).to_the_end()
                return Outcome(status)
        except TimeIsUpError:
            following = attempt.hand_over()
            self._send(following)
            return Outcome.HANDED_OVER if following else Outcome.FAILED
        except OverHardLimitError:
            attempt.fail(reasons.OVER_HARD_LIMIT)
            return Outcome.FAILED
        except RetryableError as error:
            return self._retry_later(attempt, str(error), error.after_seconds)
        except SourceUnavailableError as error:
            return self._retry_later(attempt, str(error), None)
        except (ExtractionError, SourceRefusedError) as error:
            attempt.fail(str(error))
            return Outcome.FAILED
        except psycopg.errors.ProgramLimitExceeded:
            attempt.fail(reasons.RESULT_TOO_LARGE)
            return Outcome.FAILED
        except (LeaseLostError, DatabaseUnavailableError):
            raise
        except Exception as error:  # noqa: BLE001 - a job must not get stuck on a fault of ours
            return self._retry_later(attempt, _told_without_its_message(error), None)

    def _what_became_of(self, attempt: Attempt) -> Outcome:
        """Of an attempt whose last write was refused."""
        try:
            ending = attempt.own_ending()
        except (DatabaseUnavailableError, psycopg.Error):
            ending = None
        if ending is None:
            logger.warning("Lease %d is lost: nothing more is written", attempt.job.lease)
            return Outcome.LEASE_LOST
        if ending.status is JobStatus.PENDING:
            self._send(ending.following)
            return Outcome.HANDED_OVER if ending.handed_over else Outcome.WILL_RETRY
        return Outcome(ending.status)

    def _retry_later(self, attempt: Attempt, reason: str, after_seconds: float | None) -> Outcome:
        wait = backoff_seconds(attempt.job.attempt, self.settings, self.random)
        following = attempt.retry_later(reason, max(wait, after_seconds or 0.0))
        self._send(following)
        return Outcome.WILL_RETRY if following else Outcome.FAILED

    def _send(self, following: Dispatch | None) -> None:
        if following is not None:
            dispatch(self.database, self.queue, [following], self.settings)


def _told_without_its_message(error: Exception) -> str:
    """What went wrong and where; the message itself may quote the document."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{PurePath(where.filename).name}, line {where.lineno}"
    return f"Unexpected {type(error).__name__} in {place}."
