"""The contestants, by name. The first is what all others are measured against."""

from __future__ import annotations

from benchmarks.contestant import Contestant, NotInstalledError
from benchmarks.contestants.bare_sql import BareSql
from benchmarks.contestants.graphile_worker import GraphileWorker
from benchmarks.contestants.peer import Peer
from benchmarks.contestants.pg_boss import PgBoss
from benchmarks.contestants.pgqueuer import PgQueuer
from benchmarks.contestants.procrastinate import Procrastinate
from benchmarks.contestants.product import Product

CONTESTANTS: dict[str, Contestant] = {
    contestant.name: contestant
    for contestant in (
        BareSql(),
        Product(),
        GraphileWorker(),
        PgBoss(),
        PgQueuer(),
        Procrastinate(),
    )
}


def leave_out_what_is_missing() -> list[str]:
    """Takes the peers that are not installed out of CONTESTANTS; their names."""
    missing = []
    for name, contestant in list(CONTESTANTS.items()):
        try:
            if isinstance(contestant, Peer):
                contestant.command()
        except NotInstalledError:
            missing.append(name)
            del CONTESTANTS[name]
    return missing


LIMIT = BareSql.name
PRODUCT = Product.name
