"""The contestants, by name. The first is what all others are measured against."""

from __future__ import annotations

from benchmarks.contestant import Contestant
from benchmarks.contestants.bare_sql import BareSql
from benchmarks.contestants.product import Product

CONTESTANTS: dict[str, Contestant] = {
    contestant.name: contestant for contestant in (BareSql(), Product())
}
LIMIT = BareSql.name
