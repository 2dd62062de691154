"""Making jobs one by one over one connection. In bulk the product offers no way, so none is measured."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence

import psycopg

from benchmarks.contestants import CONTESTANTS, LIMIT
from benchmarks.contestants.product import ProductSession
from benchmarks.report import Figure
from benchmarks.scale import Scale
from benchmarks.server import Server

AIM = 0.9
ROW = "make jobs one by one"
NOTED = "product, message noted"


def measure(server: Server, scale: Scale) -> list[Figure]:
    """Jobs a second, contestants in turns."""
    ways: dict[str, Callable[[], None]] = {}
    for name, contestant in CONTESTANTS.items():
        url = server.create_database(f"insert {name}")
        contestant.install(url)
        with psycopg.connect(url, autocommit=True) as connection:
            contestant.load(
                connection, finished=scale.table_sizes[0], healthy=0, orphans=0, history=False
            )
        server.settle(url)
        session = contestant.open(url)
        ways[name] = session.create
        if isinstance(session, ProductSession):
            ways[NOTED] = session.create_and_note
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for create in ways.values():
        for _ in range(20):
            create()
    for _ in range(scale.rounds):
        for name, create in ways.items():
            started = time.perf_counter()
            for _ in range(scale.inserts):
                create()
            rates[name].append(scale.inserts / (time.perf_counter() - started))
    for name in CONTESTANTS:
        server.drop_database(f"insert {name}")

    return _figures(rates)


def _figures(rates: Mapping[str, Sequence[float]]) -> list[Figure]:
    figures = []
    for name, runs in rates.items():
        ratios = [ours / theirs for ours, theirs in zip(runs, rates[LIMIT], strict=True)]
        aim, met = "", None
        if name == "product":
            aim, met = f"at least {AIM}x", statistics.median(ratios) >= AIM
        figures.append(Figure(ROW, name, "jobs/s", runs, [] if name == LIMIT else ratios, aim, met))
    return figures
