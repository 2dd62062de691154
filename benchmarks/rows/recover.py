"""Recovery of 10,000 orphans beside 1,000,000 finished and 20,000 healthy running jobs."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from benchmarks.contestant import Recovered
from benchmarks.contestants import CONTESTANTS, LIMIT, PRODUCT
from benchmarks.contestants.product import ProductSession
from benchmarks.report import Figure, of_limit
from benchmarks.scale import Scale
from benchmarks.server import Server

AIM = 3.0
WITH_MESSAGES = "product, messages sent and noted"


def measure(server: Server, scale: Scale) -> list[Figure]:
    """Each contestant recovers the same orphans again and again, in turns."""
    orphans, healthy, finished = scale.orphans, 2 * scale.orphans, scale.finished
    urls = {}
    for contestant in CONTESTANTS.values():
        url = urls[contestant.name] = server.create_database(f"recover {contestant.name}")
        contestant.install(url)
        with psycopg.connect(url, autocommit=True) as connection:
            contestant.load(connection, finished=finished, healthy=healthy, orphans=orphans)

    seconds: dict[str, list[float]] = {name: [] for name in [*CONTESTANTS, WITH_MESSAGES]}
    wal: dict[str, list[float]] = {name: [] for name in seconds}
    for _ in range(scale.rounds):
        for name, contestant in CONTESTANTS.items():
            session = contestant.open(urls[name])
            ways: dict[str, Callable[[], Recovered]] = {name: session.recover}
            if isinstance(session, ProductSession):
                ways[WITH_MESSAGES] = session.recover_and_send
            for way, recover in ways.items():
                server.settle(urls[name])
                before = server.wal_position()
                recovered = recover()
                seconds[way].append(recovered.seconds)
                wal[way].append((server.wal_position() - before) / orphans)
                if recovered.jobs != orphans:
                    raise RuntimeError(f"{way}: {recovered.jobs} recovered, not {orphans}")
                with psycopg.connect(urls[name], autocommit=True) as connection:
                    contestant.rearm(connection)
            session.close()
    for name in CONTESTANTS:
        server.drop_database(f"recover {name}")

    row = f"recover {orphans:,} orphans beside {finished:,} finished and {healthy:,} healthy"
    figures = []
    for name, runs in seconds.items():
        bytes_each = sorted(wal[name])[len(wal[name]) // 2]
        calls = CONTESTANTS[name].calls if name in CONTESTANTS else "the same sweep"
        figure = Figure(
            row,
            name,
            "s",
            runs,
            of_limit(runs, seconds[LIMIT]),
            note=f"{calls}; {bytes_each:,.0f} B of WAL a job",
        )
        if name == PRODUCT:
            figure = figure.aiming(f"at most {AIM}x", lambda ratio: ratio <= AIM)
        figures.append(figure)
    return figures
