"""Claim to finish of empty jobs, ten at a time: the bare SQL and the product by ten processes with a connection each,
which are told what to claim; the peers by one process that works on ten, which finds what to claim by itself.
"""

from __future__ import annotations

import psycopg

from benchmarks.contestants import CONTESTANTS, LIMIT, PRODUCT
from benchmarks.report import Figure, of_limit
from benchmarks.scale import Scale
from benchmarks.server import Server

AIM = 0.9
AIM_STATEMENTS = 2


def measure(server: Server, scale: Scale) -> list[Figure]:
    """Contestants in turns, each with fresh jobs every time."""
    urls = {}
    ways = [(name, way) for name, contestant in CONTESTANTS.items() for way in contestant.ways]
    rates: dict[tuple[str, str], list[float]] = {way: [] for way in ways}
    wal: dict[tuple[str, str], list[float]] = {way: [] for way in ways}
    statements: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    for name, contestant in CONTESTANTS.items():
        urls[name] = server.create_database(f"claim {name}")
        contestant.install(urls[name])
    for _ in range(scale.rounds):
        for name, way in ways:
            # Before the jobs are made: their pages are in the WAL whole by then.
            server.settle(urls[name])
            CONTESTANTS[name].load_pending(urls[name], scale.jobs)
            with psycopg.connect(urls[name], autocommit=True) as connection:
                connection.execute("ANALYZE")
            before = server.wal_position()
            worked = CONTESTANTS[name].work(urls[name], scale.jobs, way=way)
            wal[name, way].append((server.wal_position() - before) / scale.jobs)
            rates[name, way].append(scale.jobs / worked.seconds)
            if worked.statements is not None:
                statements[name].append(worked.statements)
    for name in CONTESTANTS:
        server.drop_database(f"claim {name}")

    row = "claim → finish of an empty job, 10 at a time"
    figures = []
    limit = rates[LIMIT, "default"]
    for name, way in ways:
        figure = Figure(
            row,
            name if way == "default" else f"{name}, {way}",
            "jobs/s",
            rates[name, way],
            of_limit(rates[name, way], limit),
            note=f"{sorted(wal[name, way])[scale.rounds // 2]:,.0f} B of WAL a job",
        )
        if name == PRODUCT:
            figure = figure.aiming(f"at least {AIM}x", lambda ratio: ratio >= AIM)
        figures.append(figure)
    for name, sent in statements.items():
        if sent:
            figure = Figure(row, name, "statements", sent)
            figures.append(
                figure.aiming(f"{AIM_STATEMENTS}", lambda _: max(sent) <= AIM_STATEMENTS)  # noqa: B023
                if name == PRODUCT
                else figure
            )
    return figures
