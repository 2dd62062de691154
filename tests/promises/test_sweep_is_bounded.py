"""Promise 11: a sweep is bounded, however large the table and however many orphans there are.

What could go wrong. The sweep reads the whole table, so it costs more with each finished job, and starves the workers.
A hundred thousand orphans (a region was away for an hour) are locked in one statement and held in memory at once. All
of them come back in the same second, and the workers, the model and the database go down again under them; or the
newest come first and the oldest never.

What must hold. Each statement of the sweep uses its partial index and never scans the table. Each takes a batch at
most, the oldest first; memory is the same at the last batch as at the first thousand jobs; when its time is up the
sweep ends. What comes back is spread at random over a time that follows from the rate, what is sent again as well,
and no more of it is sent in one sweep than the rate allows until the next.

How much claims are slowed meanwhile is measured, not asserted: benchmarks/rows/claims_beside_recovery.py.
"""

from __future__ import annotations

import logging
import tracemalloc
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg.rows import dict_row

from extraction_jobs.database import Database, Params, connect
from extraction_jobs.dispatch import Dispatch
from extraction_jobs.queries import LIFECYCLE
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Sweeper
from extraction_jobs.sweep_report import MOST_NAMED, Count
from extraction_jobs.sweep_run import TIME_LIMIT_SECONDS
from extraction_jobs.sweep_steps import LOOK, STEPS
from tests.conftest import MemoryQueue

from .conftest import Lab, meddle
from .sizes import size

FINISHED = size(20_000, 10_000_000)
ORPHANS = size(4_000, 100_000)
DUE = size(4_000, 100_000)
HEALTHY = size(500, 20_000)
BATCH = size(200, 1_000)


class CountingDatabase(Database):
    """Counts the rows of each statement of the sweep, and the memory that Python holds after it."""

    def __init__(self, url: str) -> None:
        super().__init__(lambda: connect(url, application_name="sweeper", behind_proxy=False))
        self.taken: dict[str, list[int]] = {}
        self.started: list[float] = []
        self.memory: list[tuple[int, int]] = []

    def rows(self, statement: bytes, params: Params | None = None) -> list[dict[str, Any]]:
        rows = super().rows(statement, params)
        name = next((name for name, sql in LIFECYCLE.items() if sql == statement), "a question")
        self.taken.setdefault(name, []).append(len(rows))
        if name == "sweep_orphans":
            self.started += [row["started_at"].timestamp() for row in rows]
        if tracemalloc.is_tracing():
            held = tracemalloc.get_traced_memory()[0] - 32 * len(self.started)
            self.memory.append((len(self.started), held))
        return rows


class ForgetfulQueue:
    """Takes everything, keeps a count."""

    longest_delay = timedelta(minutes=15)
    sent = 0

    def send(self, dispatches: Sequence[Dispatch]) -> Sequence[Dispatch]:
        self.sent += len(dispatches)
        return dispatches


@pytest.fixture(scope="module")
def crowd(server: str, migrated: str) -> Iterator[str]:
    """The URL of a database with the crowd in it."""
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE crowd TEMPLATE "{migrated}"'.encode())
        url = urlunsplit(urlsplit(server)._replace(path="/crowd"))
        with psycopg.connect(url, autocommit=True) as connection:
            _fill(connection)
        yield url
        admin.execute(b"DROP DATABASE crowd WITH (FORCE)")


def _fill(connection: psycopg.Connection[Any]) -> None:
    """Rows first, indexes afterwards: the same indexes, sooner."""
    indexes = [
        row[0]
        for row in connection.execute(
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'kb'"
            " AND tablename = 'object_extraction_jobs' AND indexname NOT LIKE '%_pkey'"
        )
    ]
    for index in indexes:
        connection.execute(f"DROP INDEX kb.{index.split(' INDEX ')[1].split()[0]}".encode())
    connection.execute("ALTER TABLE kb.object_extraction_jobs DISABLE TRIGGER USER")
    connection.execute(
        "INSERT INTO kb.object_extraction_jobs (org_id, project_id, source_type, status, revision, attempt, lease,"
        " started_at, updated_at, heartbeat_mark, completed_at, deadline_at, next_dispatch_at)"
        " SELECT 'acme', 'library', 'document', status, 2, CASE status WHEN 'pending' THEN 0 ELSE 1 END, 1,"
        " now() - age, now() - age, now() - age, CASE status WHEN 'completed' THEN now() END,"
        " CASE status WHEN 'running' THEN now() + interval '1 day' END, now() - age"
        " FROM generate_series(1, %(all)s) AS n, LATERAL (SELECT CASE"
        "   WHEN n %% (%(all)s / %(orphans)s) = 0 AND n / (%(all)s / %(orphans)s) <= %(orphans)s THEN 'running'"
        "   WHEN n %% (%(all)s / %(orphans)s) = 1 AND n / (%(all)s / %(orphans)s) < %(due)s THEN 'pending'"
        "   ELSE 'completed' END AS status,"
        " interval '1 day' - n * interval '1 millisecond' AS age) AS each"
        " UNION ALL SELECT 'acme', 'library', 'document', 'running', 2, 1, 1, now(), now() + interval '1 hour', now(),"
        " NULL, now() + interval '1 day', now() FROM generate_series(1, %(healthy)s)",
        {"all": FINISHED + ORPHANS + DUE, "orphans": ORPHANS, "due": DUE, "healthy": HEALTHY},
    )
    connection.execute("ALTER TABLE kb.object_extraction_jobs ENABLE TRIGGER USER")
    for index in indexes:
        connection.execute(index.encode())
    connection.execute("ANALYZE kb.object_extraction_jobs")


INDEXES = {
    "sweep_overdue": "object_extraction_jobs_hard_limit",
    "sweep_spent": "object_extraction_jobs_heartbeat_mark",
    "sweep_orphans": "object_extraction_jobs_heartbeat_mark",
    "sweep_unclaimable": "object_extraction_jobs_unclaimable",
    "sweep_resumed": "object_extraction_jobs_waiting",
    "reserve_dispatches": "object_extraction_jobs_waiting",
}
PARAMS = {
    "threshold": Settings().orphan_threshold,
    "skip": [],
    "only": None,
    "batch": BATCH,
    "reason": "A test.",
    "held_reason": "A test.",
    "wait_from": timedelta(0),
    "spacing": timedelta(0),
    "longest_delay": timedelta(minutes=15),
    "reservation": timedelta(seconds=45),
    "record": False,
    "after": "-infinity",
    "near": 0.0,
}


@pytest.mark.parametrize("name", [*INDEXES, "look"])
def test_each_statement_of_the_sweep_reads_its_partial_index_and_not_the_table(
    name: str, crowd: str
) -> None:
    """So does the question which rows a batch held that failed."""
    asked = [LOOK]
    for step in STEPS:
        asked = [step.change, step.ids] if step.statement == name else asked
    for statement in asked:
        with psycopg.connect(crowd, row_factory=dict_row) as connection:
            rows = connection.execute(b"EXPLAIN " + statement, PARAMS)
            plan = "\n".join(row["QUERY PLAN"] for row in rows)
        assert INDEXES.get(name, "object_extraction_jobs_heartbeat_mark") in plan
        assert "Seq Scan on object_extraction_jobs" not in plan, plan


def test_a_sweep_reads_nothing_of_a_backlog_to_see_that_none_of_it_cannot_start(crowd: str) -> None:
    with psycopg.connect(crowd) as connection:
        asked = b"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + LIFECYCLE["sweep_unclaimable"]
        [(told,)] = connection.execute(asked, PARAMS).fetchall()
    assert told[0]["Plan"]["Shared Hit Blocks"] + told[0]["Plan"]["Shared Read Blocks"] <= 3


def test_a_mass_recovery_goes_in_batches_oldest_first_and_holds_no_more_memory_at_the_end(
    crowd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Tests keep all that is logged.
    monkeypatch.setattr(logging.getLogger("extraction_jobs.sweep_run"), "disabled", True)
    database, queue = CountingDatabase(crowd), ForgetfulQueue()
    settings = Settings(sweep_batch_size=BATCH, recovery_rate_per_second=4)
    tracemalloc.start()
    try:
        report = Sweeper(database, queue, settings, clock=lambda: 0.0).sweep()
    finally:
        tracemalloc.stop()
        database.close()
    assert report.counts[Count.RECOVERED] == ORPHANS
    assert len(report.recovered) == MOST_NAMED
    assert max(database.taken["sweep_orphans"]) == BATCH
    assert max(database.taken["reserve_dispatches"]) <= BATCH
    assert max(database.taken["note_dispatched"]) <= BATCH
    # Each orphan's last heartbeat was when it started. Within a batch there is no order.
    batches = [
        database.started[first : first + BATCH] for first in range(0, len(database.started), BATCH)
    ]
    assert all(max(each) < min(next_) for each, next_ in pairwise(batches))
    # After two thousand jobs (those that are named, those whose messages go with this sweep) it grows no more.
    later = [held for recovered, held in database.memory if recovered >= 2 * MOST_NAMED]
    assert max(later) - later[0] < 500_000
    # Of the recovered those that are due within two minutes (at random), of the backlog what a minute takes.
    assert queue.sent <= 4 * 120 + 4 * 60 + BATCH / 4
    assert report.redispatched == queue.sent


def test_a_sweep_whose_time_is_up_begins_no_other_batch(lab: Lab) -> None:
    """Each batch takes a third of the time that a sweep has."""
    lab.orphans(12)
    settings = Settings(sweep_batch_size=2)
    database, batches = lab.open_database(), list[float]()
    meddle(
        database, LIFECYCLE["sweep_orphans"], before=lambda: batches.append(TIME_LIMIT_SECONDS / 3)
    )
    report = Sweeper(database, MemoryQueue(), settings, clock=lambda: sum(batches)).sweep()
    assert report.counts[Count.RECOVERED] == 6
    assert Sweeper(database, MemoryQueue(), settings).sweep().counts[Count.RECOVERED] == 6


def test_a_sweep_with_much_to_do_gives_way_to_claims(lab: Lab) -> None:
    """Each batch takes a second; from the tenth on it rests three times as long as it works."""
    lab.orphans(14)
    database = lab.open_database()
    batches, rests = list[int](), list[float]()
    meddle(database, LIFECYCLE["sweep_orphans"], before=lambda: batches.append(1))
    settings = Settings(sweep_batch_size=1)
    Sweeper(
        database, MemoryQueue(), settings, clock=lambda: sum(batches), sleep=rests.append
    ).sweep()
    assert rests[0] == 3.0
    assert sum(rests) == 3.0 * 5


def test_a_backlog_is_sent_again_at_the_rate_oldest_first_and_not_in_one_instant(lab: Lab) -> None:
    """All messages were lost in the same moment: they are due together, and do not come together."""
    jobs = sorted((lab.new_job() for _ in range(200)), key=lambda job: job.id)
    lab.psql(
        "UPDATE kb.object_extraction_jobs SET next_dispatch_at = now() - interval '1 hour' + place * interval '1 s'"
        " FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS made (of, place) WHERE id = of",
        {"ids": [job.id for job in jobs]},
    )
    lab.queue.sent.clear()
    assert lab.sweep(dry_run=True, recovery_rate_per_second=2).redispatched == 120
    assert lab.sweep(recovery_rate_per_second=2, sweep_batch_size=50).redispatched == 120
    assert sorted(lab.sent) == [job.id for job in jobs[:120]], "the longest due"
    waits = [each.due_in_seconds for each in lab.queue.sent]
    assert max(waits) <= 60
    per_tenth = Counter(int(wait / 6) for wait in waits)
    assert len(per_tenth) == 10, "all over the minute"
    assert max(per_tenth.values()) <= 30, "12 in six seconds, at random"
    last = max(lab.queue.sent, key=lambda each: each.due_in_seconds)
    sent = lab.psql.job(last.job_id)
    assert sent["next_dispatch_at"] - sent["dispatched_at"] == pytest.approx(
        timedelta(seconds=last.due_in_seconds, minutes=10), abs=timedelta(seconds=1)
    ), "a message that the queue holds back is not lost so soon"
    assert lab.sweep(recovery_rate_per_second=2).redispatched == 80
    assert lab.sweep(recovery_rate_per_second=2).redispatched == 0


def test_a_first_message_goes_before_a_backlog_that_is_sent_again_within_the_rate_and_does_not_wait_among_it(
    lab: Lab,
) -> None:
    for _ in range(200):
        lab.new_job()
    lab.psql.update("next_dispatch_at = now() - interval '1 hour'")
    lab.queue.refuse = lambda _: True
    unsent = [lab.new_job() for _ in range(2)]
    lab.queue.refuse = lambda _: False
    lab.psql.update("next_dispatch_at = now()", *unsent)
    lab.queue.sent.clear()
    assert lab.sweep(recovery_rate_per_second=1, sweep_batch_size=50).redispatched == 60
    due_in = {each.job_id: each.due_in_seconds for each in lab.queue.sent}
    assert {job.id for job in unsent} <= set(due_in)
    assert max(due_in[job.id] for job in unsent) <= 1, "one second between two messages"
    assert max(due_in.values()) > 30


def test_a_mass_recovery_is_spread_out_and_one_orphan_does_not_wait(lab: Lab) -> None:
    lab.orphans(1)
    lab.sweep()
    assert lab.queue.sent[-1].due_in_seconds == 0
    lab.psql("DELETE FROM kb.object_extraction_jobs")
    lab.orphans(200)
    lab.queue.sent.clear()
    lab.sweep(recovery_rate_per_second=10.0, sweep_batch_size=50)
    rows = lab.psql("SELECT run_after - updated_at AS wait FROM kb.object_extraction_jobs")
    waits = [row["wait"].total_seconds() for row in rows]
    assert max(waits) <= 21
    per_second = Counter(int(wait) for wait in waits)
    assert len(per_second) >= 18, "over 20 seconds"
    assert max(per_second.values()) <= 30, "at about 10 a second"
    assert max(each.due_in_seconds for each in lab.queue.sent) > 15, (
        "the queue holds each back until it is due"
    )


def test_a_recovery_longer_than_the_queue_can_hold_back_is_sent_in_time_and_not_at_once(
    lab: Lab,
) -> None:
    lab.orphans(100)
    lab.queue.sent.clear()
    lab.sweep(recovery_rate_per_second=0.05)  # 2,000 seconds
    assert 0 < len(lab.queue.sent) < 100
    assert all(each.due_in_seconds <= 901 for each in lab.queue.sent)
    [row] = lab.psql(
        "SELECT count(*) AS n FROM kb.object_extraction_jobs"
        " WHERE dispatched_at IS NULL AND next_dispatch_at > now()"
        " AND run_after - next_dispatch_at <= interval '15 minutes'"
    )
    assert row["n"] == 100 - len(lab.queue.sent)
