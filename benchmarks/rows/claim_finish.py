"""Claim to finish of empty jobs by ten workers, each a process with a connection of its own."""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from typing import Any

import psycopg

from benchmarks.contestants import CONTESTANTS, LIMIT
from benchmarks.report import Figure
from benchmarks.scale import Scale
from benchmarks.server import Server

AIM = 0.9
AIM_STATEMENTS = 2
WORKERS = 10
# Enough that every statement is prepared and has its generic plan.
WARM_UP = 10


@dataclass(frozen=True, slots=True)
class Share:
    """What one worker did: between which moments (seconds, one clock for all processes), in how many statements."""

    started: float
    ended: float
    statements: int


def measure(server: Server, scale: Scale) -> list[Figure]:
    """Contestants in turns, each with fresh jobs every time."""
    urls, rates, wal, statements = {}, {}, {}, {}
    for name, contestant in CONTESTANTS.items():
        urls[name] = server.create_database(f"claim {name}")
        contestant.install(urls[name])
        rates[name], wal[name], statements[name] = list[float](), list[float](), list[float]()
    for _ in range(scale.rounds):
        for name, contestant in CONTESTANTS.items():
            server.settle(
                urls[name]
            )  # before the jobs are made: their pages are in the WAL whole by then
            with psycopg.connect(urls[name], autocommit=True) as connection:
                jobs = contestant.load_pending(connection, scale.jobs + WORKERS * WARM_UP)
                connection.execute("ANALYZE")
            rate, wal_each, statements_each = _run(server, name, urls[name], jobs)
            rates[name].append(rate)
            wal[name].append(wal_each)
            statements[name].append(statements_each)
    for name in CONTESTANTS:
        server.drop_database(f"claim {name}")

    row = f"claim → finish of an empty job, {WORKERS} workers"
    figures = []
    for name, runs in rates.items():
        ratios = [ours / theirs for ours, theirs in zip(runs, rates[LIMIT], strict=True)]
        is_limit = name == LIMIT
        figures += [
            Figure(
                row,
                name,
                "jobs/s",
                runs,
                [] if is_limit else ratios,
                "" if is_limit else f"at least {AIM}x",
                None if is_limit else statistics.median(ratios) >= AIM,
            ),
            Figure(
                row,
                name,
                "statements",
                statements[name],
                aim="" if is_limit else f"{AIM_STATEMENTS}",
                met=None if is_limit else max(statements[name]) <= AIM_STATEMENTS,
            ),
            Figure(row, name, "B of WAL", wal[name]),
        ]
    return figures


def _run(server: Server, name: str, url: str, jobs: Sequence[Any]) -> tuple[float, float, float]:
    """Jobs a second, bytes of WAL a job, statements a job."""
    # Not forked: no worker starts with this process's connections.
    processes = multiprocessing.get_context("spawn")
    barrier, shares = processes.Barrier(WORKERS + 1), processes.Queue()
    workers = [
        processes.Process(target=_work, args=(name, url, jobs[index::WORKERS], barrier, shares))
        for index in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    barrier.wait(60)
    before = server.wal_position()
    barrier.wait(60)
    done: list[Share] = [shares.get(timeout=300) for _ in workers]
    written = server.wal_position() - before
    for worker in workers:
        worker.join()
    count = len(jobs) - WORKERS * WARM_UP
    elapsed = max(share.ended for share in done) - min(share.started for share in done)
    sent = sum(share.statements for share in done)
    return count / elapsed, written / count, sent / count


def _work(name: str, url: str, jobs: Sequence[Any], barrier: Barrier, shares: Queue[Share]) -> None:
    session = CONTESTANTS[name].open(url)
    for job in jobs[:WARM_UP]:
        session.claim_and_finish(job)
    before = session.statements
    barrier.wait(60)
    barrier.wait(60)
    started = time.monotonic()
    for job in jobs[WARM_UP:]:
        session.claim_and_finish(job)
    shares.put(Share(started, time.monotonic(), session.statements - before))
    session.close()
