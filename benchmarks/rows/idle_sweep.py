"""A sweep that finds nothing, which is what nearly every sweep does: beside ever more finished jobs it must cost the
same.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping

import psycopg

from benchmarks.contestant import Session
from benchmarks.contestants import CONTESTANTS, LIMIT, PRODUCT
from benchmarks.report import Figure, of_limit
from benchmarks.scale import Scale
from benchmarks.server import Server

AIM_BUFFERS = 20
HEALTHY = 100
SWEEPS = 50
# A backend tells what it has counted at most once a second.
TOLD_AFTER_SECONDS = 1.1
# So many more, that each connection of a peer's pool has its turn and tells.
TELLING = 12


def measure(server: Server, scale: Scale) -> list[Figure]:
    """Time and buffers of an idle sweep over a warm connection, at each size of the table."""
    sizes = [(finished, 0) for finished in scale.table_sizes]
    figures = []
    for finished, pending in [*sizes, (scale.table_sizes[0], scale.backlog)]:
        row = (
            f"sweep that finds nothing beside {finished:,} finished, {HEALTHY} healthy, "
            f"{pending:,} pending"
        )
        urls, sessions = {}, {}
        for name, contestant in CONTESTANTS.items():
            if pending and contestant.no_sweep_beside_pending:
                note = contestant.no_sweep_beside_pending
                figures.append(Figure(row, name, "ms", [], note=note))
                continue
            urls[name] = server.create_database(f"idle {name}")
            sessions[name] = _loaded(server, name, urls[name], finished=finished, pending=pending)
        figures += _compared(server, row, urls, sessions, scale.rounds)
        for name, session in sessions.items():
            session.close()
            server.drop_database(f"idle {name}")
    return figures


def _loaded(server: Server, name: str, url: str, *, finished: int, pending: int) -> Session:
    """A warm session with a database of that size."""
    contestant = CONTESTANTS[name]
    contestant.install(url)
    with psycopg.connect(url, autocommit=True) as connection:
        contestant.load(connection, finished=finished, healthy=HEALTHY, orphans=0, history=False)
    if pending:
        contestant.load_pending(url, pending)
    server.settle(url)
    session = contestant.open(url)
    session.idle_sweeps(10)  # statements get prepared, the catalogue cached
    return session


def _compared(
    server: Server,
    row: str,
    urls: Mapping[str, str],
    sessions: Mapping[str, Session],
    rounds: int,
) -> list[Figure]:
    milliseconds: dict[str, list[float]] = {name: [] for name in sessions}
    for _ in range(rounds):
        for name, session in sessions.items():
            seconds = statistics.median(session.idle_sweeps(SWEEPS))
            milliseconds[name].append(seconds * 1000)
    figures = []
    for name, session in sessions.items():
        runs = milliseconds[name]
        buffers, statements = _counted(server, name, urls[name], session)
        note = ""
        if statements is not None:
            note = f"{statements:g} statement{'s' * (statements > 1)}"
        ratios = of_limit(runs, milliseconds[LIMIT])
        touched = Figure(row, name, "buffers", [buffers])
        if name == PRODUCT:
            aim = f"at most {AIM_BUFFERS}, whatever the size"
            touched = touched.aiming(aim, lambda _: buffers <= AIM_BUFFERS)  # noqa: B023
        figures += [Figure(row, name, "ms", runs, ratios, note=note), touched]
    return figures


def _counted(server: Server, name: str, url: str, session: Session) -> tuple[float, float | None]:
    """Buffers and statements a sweep."""
    application = CONTESTANTS[name].application

    def told() -> int:
        time.sleep(TOLD_AFTER_SECONDS)
        session.idle_sweeps(TELLING)
        return server.buffers(url, application)

    buffers, sent = told(), session.statements
    session.idle_sweeps(SWEEPS)
    touched = (told() - buffers) / (SWEEPS + TELLING)
    if session.statements is None or sent is None:
        return touched, None
    return touched, (session.statements - sent) / (SWEEPS + TELLING)
