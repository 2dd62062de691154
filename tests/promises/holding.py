"""Sync points inside Postgres: a statement is held up between two of its steps, another acts, the first goes on.

No sleeps: who is held, who waits and who is done is asked of the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from enum import Enum
from typing import TypeVar

import psycopg

from tests.conftest import Psql
from tests.waiting import until

HELD = "held"
_LOCK = 7316
Outcome = TypeVar("Outcome")
OtherOutcome = TypeVar("OtherOutcome")


class Point(Enum):
    """Where an UPDATE of a job is held. What comes before the point has been done."""

    # Its snapshot is taken; it has not looked at a row.
    BEFORE_ITS_LOOK = "BEFORE UPDATE ON kb.object_extraction_jobs FOR EACH STATEMENT"
    # It has found the row and holds its lock.
    BEFORE_ITS_WRITE = "BEFORE UPDATE ON kb.object_extraction_jobs FOR EACH ROW"
    # The row is written; nobody else can see it yet.
    BEFORE_ITS_COMMIT = "AFTER UPDATE ON kb.object_extraction_jobs FOR EACH ROW"


@contextmanager
def sync_points(psql: Psql) -> Iterator[None]:
    """Makes the points for as long as the block lasts; only connections named HELD stop at them."""
    psql(
        "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" PERFORM pg_advisory_xact_lock_shared({_LOCK}, TG_ARGV[0]::integer); RETURN NEW; END $$"
    )
    for number, point in enumerate(Point):
        psql(
            f"CREATE TRIGGER hold_{number} {point.value}"
            f" WHEN (current_setting('application_name') = '{HELD}') EXECUTE FUNCTION hold({number})"
        )
    try:
        yield
    finally:
        psql("DROP FUNCTION hold CASCADE")


def interleave(
    held: Callable[[], Outcome],
    other: Callable[[], OtherOutcome],
    point: Point,
    *,
    psql: Psql,
    url: str,
    other_must_not_wait: bool = False,
) -> tuple[Outcome, OtherOutcome]:
    """Starts `held`, which must come to `point` over a connection named HELD; there it stops. Then `other` runs
    until it is done or waits for the first's lock. Then the first goes on. Gives what both said.
    """
    number = list(Point).index(point)
    with psycopg.connect(url) as keeper, ThreadPoolExecutor(2) as pool:
        keeper.execute(f"SELECT pg_advisory_xact_lock({_LOCK}, {number})".encode())
        first = pool.submit(held)
        until(lambda: _stands_at_the_point(psql) or first.done(), every=0.002)
        second = pool.submit(other)
        until(lambda: second.done() or (not other_must_not_wait and _waits(psql)), every=0.002)
        keeper.rollback()
        return _result(first), _result(second)


def _result(future: Future[Outcome]) -> Outcome:
    return future.result(20)


def _stands_at_the_point(psql: Psql) -> bool:
    return bool(
        psql(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            f" AND classid = {_LOCK} AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    )


def _waits(psql: Psql) -> bool:
    return bool(
        psql(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            f" AND wait_event <> 'advisory' AND application_name <> '{HELD}'"
        )
    )
