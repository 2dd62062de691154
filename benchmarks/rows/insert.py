"""Making jobs over one connection: one by one, and a thousand a call."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from benchmarks.contestant import NotOfferedError
from benchmarks.contestants import CONTESTANTS, LIMIT, PRODUCT
from benchmarks.contestants.product import ProductSession
from benchmarks.report import Figure, of_limit
from benchmarks.scale import Scale
from benchmarks.server import Server

AIM_EACH, AIM_BULK = 0.9, 0.35
EACH, BULK = "make jobs one by one", "make jobs in bulk, 1,000 a call"
NOTED = "product, message noted"

Ways = dict[str, Callable[[int], float]]


def measure(server: Server, scale: Scale) -> list[Figure]:
    """Jobs a second, contestants in turns."""
    each: Ways = {}
    bulk: Ways = {}
    sessions = []
    for name, contestant in CONTESTANTS.items():
        url = server.create_database(f"insert {name}")
        contestant.install(url)
        with psycopg.connect(url, autocommit=True) as connection:
            contestant.load(
                connection, finished=scale.table_sizes[0], healthy=0, orphans=0, history=False
            )
        server.settle(url)
        session = contestant.open(url)
        sessions.append(session)
        each[name], bulk[name] = session.create, session.create_bulk
        if isinstance(session, ProductSession):
            each[NOTED] = session.create_and_note
    figures = [
        *_compared(EACH, each, scale.inserts, scale.rounds, AIM_EACH),
        *_compared(BULK, bulk, scale.bulk_inserts, scale.rounds, AIM_BULK),
    ]
    for session in sessions:
        session.close()
    for name in CONTESTANTS:
        server.drop_database(f"insert {name}")
    return figures


def _compared(row: str, ways: Ways, count: int, rounds: int, aim: float) -> list[Figure]:
    rates: dict[str, list[float]] = {}
    figures = []
    for name, create in ways.items():
        try:
            create(20)  # statements get prepared, the catalogue cached
        except NotOfferedError as reason:
            figures.append(Figure(row, name, "jobs/s", [], note=f"not offered: {reason}"))
        else:
            rates[name] = []
    for _ in range(rounds):
        for name, runs in rates.items():
            runs.append(count / ways[name](count))
    for name, runs in rates.items():
        figure = Figure(row, name, "jobs/s", runs, of_limit(runs, rates[LIMIT]))
        if name == PRODUCT:
            figure = figure.aiming(f"at least {aim}x", lambda ratio: ratio >= aim)
        figures.append(figure)
    return figures
