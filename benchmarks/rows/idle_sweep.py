"""A sweep that finds nothing, which is what nearly every sweep does: beside ever more finished jobs it must cost the
same.
"""

from __future__ import annotations

import statistics
import time

import psycopg

from benchmarks.contestants import CONTESTANTS, LIMIT
from benchmarks.report import Figure
from benchmarks.scale import Scale
from benchmarks.server import Server

AIM_BUFFERS = 20
HEALTHY = 100
SWEEPS = 50


def measure(server: Server, scale: Scale) -> list[Figure]:
    """Time and buffers of an idle sweep over a warm connection, at each size of the table."""
    figures = []
    for finished in scale.table_sizes:
        row = f"sweep that finds nothing beside {finished:,} finished and {HEALTHY} healthy"
        milliseconds: dict[str, list[float]] = {}
        buffers: dict[str, float] = {}
        statements: dict[str, float] = {}
        sessions = {}
        for name, contestant in CONTESTANTS.items():
            url = server.create_database(f"idle {name}")
            contestant.install(url)
            with psycopg.connect(url, autocommit=True) as connection:
                contestant.load(
                    connection, finished=finished, healthy=HEALTHY, orphans=0, history=False
                )
            server.settle(url)
            sessions[name] = contestant.open(url)
            milliseconds[name] = []
            for _ in range(10):  # statements get prepared, the catalogue cached
                sessions[name].idle_sweep()
        for _ in range(scale.rounds):
            for name, session in sessions.items():
                times = []
                for _ in range(SWEEPS):
                    started = time.perf_counter()
                    session.idle_sweep()
                    times.append((time.perf_counter() - started) * 1000)
                milliseconds[name].append(statistics.median(times))
        for name, session in sessions.items():
            counted = server.counts(session.connection)
            sent = session.statements
            for _ in range(SWEEPS):
                session.idle_sweep()
            # What the counting itself touches is counted once for all the sweeps.
            difference = server.counts(session.connection) - counted
            buffers[name] = difference.buffers / SWEEPS
            statements[name] = (session.statements - sent) / SWEEPS
            session.close()
            server.drop_database(f"idle {name}")
        for name, runs in milliseconds.items():
            ratios = [ours / theirs for ours, theirs in zip(runs, milliseconds[LIMIT], strict=True)]
            figures.append(
                Figure(
                    row,
                    name,
                    "ms",
                    runs,
                    [] if name == LIMIT else ratios,
                    note=f"{statements[name]:g} statements",
                )
            )
            figures.append(
                Figure(
                    row,
                    name,
                    "buffers",
                    [buffers[name]],
                    aim="" if name == LIMIT else f"at most {AIM_BUFFERS}, whatever the size",
                    met=None if name == LIMIT else buffers[name] <= AIM_BUFFERS,
                )
            )
    return figures
