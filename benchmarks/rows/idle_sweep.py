"""A sweep that finds nothing, which is what nearly every sweep does: beside ever more finished jobs it must cost the
same.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping

import psycopg

from benchmarks.contestant import Session
from benchmarks.contestants import CONTESTANTS, LIMIT
from benchmarks.report import Figure
from benchmarks.scale import Scale
from benchmarks.server import Server

AIM_BUFFERS = 20
HEALTHY = 100
SWEEPS = 50


def measure(server: Server, scale: Scale) -> list[Figure]:
    """Time and buffers of an idle sweep over a warm connection, at each size of the table."""
    sizes = [(finished, 0) for finished in scale.table_sizes]
    figures = []
    for finished, pending in [*sizes, (scale.table_sizes[0], scale.backlog)]:
        sessions = {
            name: _loaded(server, name, finished=finished, pending=pending) for name in CONTESTANTS
        }
        row = (
            f"sweep that finds nothing beside {finished:,} finished, {HEALTHY} healthy, "
            f"{pending:,} pending"
        )
        figures += _compared(server, row, sessions, scale.rounds)
        for name, session in sessions.items():
            session.close()
            server.drop_database(f"idle {name}")
    return figures


def _loaded(server: Server, name: str, *, finished: int, pending: int) -> Session:
    """A warm session with a database of that size."""
    contestant = CONTESTANTS[name]
    url = server.create_database(f"idle {name}")
    contestant.install(url)
    with psycopg.connect(url, autocommit=True) as connection:
        contestant.load(connection, finished=finished, healthy=HEALTHY, orphans=0, history=False)
        if pending:
            contestant.load_pending(connection, pending)
    server.settle(url)
    session = contestant.open(url)
    for _ in range(10):  # statements get prepared, the catalogue cached
        session.idle_sweep()
    return session


def _compared(
    server: Server, row: str, sessions: Mapping[str, Session], rounds: int
) -> list[Figure]:
    milliseconds: dict[str, list[float]] = {name: [] for name in sessions}
    for _ in range(rounds):
        for name, session in sessions.items():
            milliseconds[name].append(statistics.median(_timed(session) for _ in range(SWEEPS)))
    figures = []
    for name, session in sessions.items():
        is_limit = name == LIMIT
        pairs = zip(milliseconds[name], milliseconds[LIMIT], strict=True)
        ratios = [] if is_limit else [ours / theirs for ours, theirs in pairs]
        buffers, statements = _counted(server, session)
        note = f"{statements:g} statement{'s' * (statements > 1)}"
        aim = "" if is_limit else f"at most {AIM_BUFFERS}, whatever the size"
        met = None if is_limit else buffers <= AIM_BUFFERS
        figures += [
            Figure(row, name, "ms", milliseconds[name], ratios, note=note),
            Figure(row, name, "buffers", [buffers], aim=aim, met=met),
        ]
    return figures


def _timed(session: Session) -> float:
    """The milliseconds of one sweep."""
    started = time.perf_counter()
    session.idle_sweep()
    return (time.perf_counter() - started) * 1000


def _counted(server: Server, session: Session) -> tuple[float, float]:
    """Buffers and statements a sweep."""
    counted, sent = server.counts(session.connection), session.statements
    for _ in range(SWEEPS):
        session.idle_sweep()
    # What the counting itself touches is spread over all the sweeps.
    touched = server.counts(session.connection) - counted
    return touched.buffers / SWEEPS, (session.statements - sent) / SWEEPS
