"""The contestants, by name. The first is what all others are measured against."""

from __future__ import annotations

from benchmarks.contestant import Contestant
from benchmarks.contestants.bare_sql import BareSql
from benchmarks.contestants.graphile_worker import GraphileWorker
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
LIMIT = BareSql.name
PRODUCT = Product.name
