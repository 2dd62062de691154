"""Recovery of 10,000 orphans beside 1,000,000 finished and 20,000 healthy running jobs."""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg

from benchmarks.contestants import CONTESTANTS, LIMIT
from benchmarks.contestants.product import ProductSession
from benchmarks.report import Figure
from benchmarks.scale import Scale
from benchmarks.server import Server

AIM = 1.2


def measure(server: Server, scale: Scale) -> list[Figure]:
    """Each contestant recovers the same orphans again and again, in turns."""
    orphans, healthy, finished = scale.orphans, 2 * scale.orphans, scale.finished
    urls = {}
    for contestant in CONTESTANTS.values():
        url = urls[contestant.name] = server.create_database(f"recover {contestant.name}")
        contestant.install(url)
        with psycopg.connect(url, autocommit=True) as connection:
            contestant.load(connection, finished=finished, healthy=healthy, orphans=orphans)

    seconds: dict[str, list[float]] = {name: [] for name in [*CONTESTANTS, "with messages"]}
    wal: dict[str, list[float]] = {name: [] for name in seconds}
    for _ in range(scale.rounds):
        for name, contestant in CONTESTANTS.items():
            session = contestant.open(urls[name])
            ways: dict[str, Callable[[], int]] = {name: session.recover}
            if isinstance(session, ProductSession):
                ways["with messages"] = session.recover_and_send
            for way, recover in ways.items():
                server.settle(urls[name])
                before = server.wal_position()
                started = time.perf_counter()
                recovered = recover()
                seconds[way].append(time.perf_counter() - started)
                wal[way].append((server.wal_position() - before) / orphans)
                assert recovered == orphans, f"{way}: {recovered} recovered, not {orphans}"
                with psycopg.connect(urls[name], autocommit=True) as connection:
                    contestant.rearm(connection)
            session.close()
    for name in CONTESTANTS:
        server.drop_database(f"recover {name}")

    row = f"recover {orphans:,} orphans beside {finished:,} finished and {healthy:,} healthy"
    figures = []
    for name, runs in seconds.items():
        ratios = [ours / theirs for ours, theirs in zip(runs, seconds[LIMIT], strict=True)]
        bytes_each = sorted(wal[name])[len(wal[name]) // 2]
        figure = Figure(
            row,
            name,
            "s",
            runs,
            [] if name == LIMIT else ratios,
            note=f"{bytes_each:,.0f} B of WAL a job",
        )
        if name == "product":
            met = figure.ratio is not None and figure.ratio <= AIM
            figure = Figure(row, name, "s", runs, ratios, f"at most {AIM}x", met, figure.note)
        figures.append(figure)
    return figures
