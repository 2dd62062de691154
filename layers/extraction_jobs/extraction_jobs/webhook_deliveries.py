"""Which webhooks a sweep calls, and what becomes of each delivery: at least once, in no order.

Slow and dead receivers are strangers' too: a few threads call them, for some seconds of a sweep, after everything else.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from itertools import chain, zip_longest
from typing import Any, Protocol
from uuid import UUID

from extraction_jobs.database import Database
from extraction_jobs.queries import WEBHOOKS
from extraction_jobs.webhook_calls import CallFailedError
from extraction_jobs.webhooks import signature

logger = logging.getLogger(__name__)

# Of a sweep, all calls together; one that is under way then may take some seconds more, and nobody waits for it.
TIME_LIMIT_SECONDS = 15.0
THREADS = 8
# Deliveries that are reserved at once: of one organisation, and of all.
OF_ONE, OF_ALL = 16, 64
# An organisation whose receiver takes longer gets one round in a sweep, so that others have theirs.
SLOW_SECONDS = 2.0

# A delivery is tried so often, over some 27 hours: a minute later, two, four, ... and then every six hours.
MOST_SENDS = 13
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
# A webhook is switched off when so many deliveries in a row have failed, over so long.
MOST_FAILURES = 10
PATIENCE = timedelta(days=3)


class Post(Protocol):
    """How a delivery is sent."""

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Sends it. Raises CallFailedError."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """One ending that one receiver is to be told of.

    Attributes:
        id: the same each time it is sent.
        at: when the job ended.
        sends: how often it was sent, this time included.
    """

    id: UUID
    org_id: str
    status: str
    at: datetime
    detail: Mapping[str, Any]
    sends: int
    url: str = field(repr=False)
    secret: str = field(repr=False)


class _Kept(Enum):
    """What became of one that has neither failed nor is known to have arrived."""

    UNTRIED = "untried"
    UNDER_WAY = "under way"


_Outcome = CallFailedError | _Kept | None


@dataclass
class Delivered:
    """What came of a sweep's calls: so many succeeded, failed, and webhooks were switched off."""

    delivered: int = 0
    failed: int = 0
    disabled: int = 0


def deliver_due(
    database: Database,
    post: Post,
    *,
    seconds: float = TIME_LIMIT_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Delivered:
    """Calls webhooks until nothing is due or the time is up.

    A receiver that is down or slow is left alone for the rest of it.

    Raises:
        DatabaseUnavailableError, psycopg.Error: what was delivered and is not noted yet is delivered again.
    """
    ends = clock() + seconds
    report, left_alone = Delivered(), set[str]()
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="webhook")
    try:
        while clock() < ends:
            rows = database.rows(
                WEBHOOKS["reserve_deliveries"],
                {"each": OF_ONE, "batch": OF_ALL, "skip": sorted(left_alone)},
            )
            if not rows:
                break
            calls = {
                pool.submit(_call, post, each, left_alone, clock): each
                for each in _in_turn(Delivery(**row) for row in rows)
            }
            wait(calls, timeout=max(0.0, ends - clock()))
            _note(database, [(each, _outcome(call)) for call, each in calls.items()], report)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        if report.delivered or report.failed:
            logger.info("Webhooks: %d delivered, %d failed", report.delivered, report.failed)
    return report


def message_of(delivery: Delivery) -> bytes:
    """The body, as Standard Webhooks has it."""
    body = {
        "type": f"extraction-job.{delivery.status}",
        "timestamp": delivery.at.isoformat(),
        "data": delivery.detail,
    }
    return json.dumps(body).encode()


def _in_turn(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """The first of each organisation, then the second of each, and so on."""
    of_each: defaultdict[str, list[Delivery]] = defaultdict(list)
    for each in deliveries:
        of_each[each.org_id].append(each)
    return [each for each in chain(*zip_longest(*of_each.values())) if each is not None]


def _call(
    post: Post, delivery: Delivery, left_alone: set[str], clock: Callable[[], float]
) -> _Outcome:
    if delivery.org_id in left_alone:
        return _Kept.UNTRIED
    started, timestamp = clock(), int(time.time())
    try:
        body = message_of(delivery)
        headers = {
            "webhook-id": str(delivery.id),
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(delivery.secret, str(delivery.id), timestamp, body),
        }
        post(delivery.url, headers, body)
    except CallFailedError as failure:
        if failure.down or failure.gone:
            left_alone.add(delivery.org_id)
        return failure
    except Exception as error:  # noqa: BLE001 - a fault of one delivery must not stop the others
        # The kind says enough: a message may quote the URL, which may be a secret.
        logger.error("A webhook could not be called: %s", type(error).__name__)  # noqa: TRY400
        return CallFailedError("It could not be sent.", down=False)
    if clock() - started > SLOW_SECONDS:
        left_alone.add(delivery.org_id)
    return None


def _outcome(call: Future[_Outcome]) -> _Outcome:
    if call.cancel():
        return _Kept.UNTRIED
    return call.result() if call.done() else _Kept.UNDER_WAY


def _note(
    database: Database, outcomes: Sequence[tuple[Delivery, _Outcome]], report: Delivered
) -> None:
    """Writes down what became of each. One that is under way comes back when its reservation ends."""
    delivered = [each.id for each, outcome in outcomes if outcome is None]
    if delivered:
        database.rows(WEBHOOKS["note_delivered"], {"ids": delivered})
        report.delivered += len(delivered)
    if untried := [each.id for each, outcome in outcomes if outcome is _Kept.UNTRIED]:
        database.rows(WEBHOOKS["release_deliveries"], {"ids": untried})
    for each, outcome in outcomes:
        if isinstance(outcome, CallFailedError):
            report.failed += 1
            report.disabled += _note_failed(database, each, outcome)


def _note_failed(database: Database, delivery: Delivery, failure: CallFailedError) -> bool:
    """Returns whether the webhook is switched off by it."""
    row = database.row(
        WEBHOOKS["note_failed"],
        {
            "id": delivery.id,
            "org_id": delivery.org_id,
            "secret": delivery.secret,
            "failure": str(failure),
            "gone": failure.gone,
            "wait": _wait(delivery.sends),
            "most": MOST_SENDS,
            "most_failures": MOST_FAILURES,
            "patience": PATIENCE,
        },
    )
    if row is None or not row["off"]:
        return False
    database.rows(WEBHOOKS["drop_deliveries"], {"org_id": delivery.org_id})
    logger.warning("A webhook was switched off: %s", failure, extra={"org_id": delivery.org_id})
    return True


def _wait(sends: int) -> timedelta:
    """Until it is sent again: doubles, up to a ceiling; a random part between three quarters and all of it."""
    return min(FIRST_WAIT * 2.0 ** (sends - 1), LONGEST_WAIT) * random.uniform(0.75, 1.0)  # noqa: S311
