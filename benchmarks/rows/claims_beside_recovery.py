"""How much claims are slowed while a sweep recovers 100,000 orphans at once, beside finished jobs."""

from __future__ import annotations

import logging
import multiprocessing
import statistics
import time
from multiprocessing.synchronize import Event

import psycopg

from benchmarks.contestants.product import AcceptingQueue, Product, ProductSession
from benchmarks.report import Figure
from benchmarks.scale import Scale
from benchmarks.server import Server
from extraction_jobs.claim import Claimed, claim
from extraction_jobs.model import JobId
from extraction_jobs.sweep import Sweeper
from extraction_jobs.sweep_report import Count

AIM = 1.1
# Claims come one at a time at this rate, which leaves the machine free between them: what is measured is what the
# sweep takes from a claim, not what two busy processes take from each other.
CLAIMS_PER_SECOND = 50
# Where the sweep is over sooner, so many claims are measured at least.
AT_LEAST = 100

_LOAD_PENDING = b"""
INSERT INTO kb.object_extraction_jobs (org_id, project_id, source_type, revision, dispatched_at, next_dispatch_at)
SELECT 'acme', 'library', 'document', 1, now(), now() + interval '1 hour' FROM generate_series(1, 5000)
RETURNING id"""


def measure(server: Server, scale: Scale) -> list[Figure]:
    """Claims alone and claims beside the sweep, in turns; the median of each, and their ratio."""
    orphans = 10 * scale.orphans
    product = Product()
    url = server.create_database("claims")
    product.install(url)
    with psycopg.connect(url, autocommit=True) as connection:
        product.load(connection, finished=scale.finished, healthy=2 * orphans, orphans=orphans)
    session = product.open(url)
    alone, beside, slowest = list[float](), list[float](), list[float]()
    for _ in range(scale.rounds):
        with psycopg.connect(url, autocommit=True) as connection:
            jobs = [JobId(row[0]) for row in connection.execute(_LOAD_PENDING)]
        server.settle(url)
        _claims(session, jobs, None)  # the connection and its statements are warm
        alone.append(statistics.median(_claims(session, jobs, None)))
        latencies = _beside_a_sweep(session, jobs, url, orphans)
        beside.append(statistics.median(latencies))
        slowest.append(statistics.quantiles(latencies, n=100)[98])
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DELETE FROM kb.object_extraction_jobs WHERE lease = 0")
            product.rearm(connection)
    session.close()
    server.drop_database("claims")
    ratios = [ours / theirs for ours, theirs in zip(beside, alone, strict=True)]
    row = f"claims beside a mass recovery of {orphans:,} orphans beside {scale.finished:,} finished"
    return [
        Figure(row, "alone", "ms", alone, note=f"{CLAIMS_PER_SECOND} claims a second"),
        Figure(
            row,
            "product",
            "ms",
            beside,
            ratios,
            aim=f"at most {AIM}x of alone",
            met=statistics.median(ratios) <= AIM,
            note=f"p99 {statistics.median(slowest):.1f} ms; the ratio is to claims alone",
        ),
    ]


def _beside_a_sweep(
    session: ProductSession, jobs: list[JobId], url: str, orphans: int
) -> list[float]:
    processes = multiprocessing.get_context("spawn")
    ready, go, done = processes.Event(), processes.Event(), processes.Event()
    recovered = processes.Value("q", 0)
    sweeper = processes.Process(target=_sweep, args=(url, ready, go, done, recovered), daemon=True)
    sweeper.start()
    assert ready.wait(60)
    go.set()
    latencies = _claims(session, jobs, done)
    sweeper.join()
    assert recovered.value == orphans, f"{recovered.value} recovered, not {orphans}"
    return latencies


def _sweep(url: str, ready: Event, go: Event, done: Event, recovered: object) -> None:
    logging.disable(logging.CRITICAL)  # as the process that started this one
    session = ProductSession(url)
    session.database.rows(b"SELECT 1")
    ready.set()
    go.wait()
    report = Sweeper(session.database, AcceptingQueue(), session.settings).sweep()
    recovered.value = report.counts[Count.RECOVERED]  # type: ignore[attr-defined]
    done.set()


def _claims(session: ProductSession, jobs: list[JobId], until: Event | None) -> list[float]:
    """Claims at the rate, until it is over or `jobs` are; the milliseconds of each."""
    latencies = list[float]()
    following = time.perf_counter()
    while jobs and (len(latencies) < AT_LEAST or (until is not None and not until.is_set())):
        time.sleep(max(0.0, following - time.perf_counter()))
        following += 1 / CLAIMS_PER_SECOND
        started = time.perf_counter()
        outcome = claim(
            jobs.pop(), worker="benchmark", database=session.database, settings=session.settings
        )
        latencies.append((time.perf_counter() - started) * 1000)
        assert isinstance(outcome, Claimed)
    return latencies
