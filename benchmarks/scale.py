"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes of a run.

    Attributes:
        finished, orphans: rows to recover beside and to recover.
        table_sizes: finished rows beside which an idle sweep is measured.
        backlog: pending jobs, sent and not due again, beside which it is measured once more.
        jobs: claimed and finished, a round.
        whole_jobs: made, worked on and finished one after the other, a round.
        inserts, bulk_inserts: made one by one, and a thousand a call, a round.
        kills, peer_kills: of a worker of the product, of each peer.
        rounds: of everything, contestants in turns; medians count.
    """

    finished: int = 1_000_000
    orphans: int = 10_000
    table_sizes: tuple[int, ...] = (10_000, 1_000_000)
    backlog: int = 100_000
    jobs: int = 10_000
    whole_jobs: int = 200
    inserts: int = 1_000
    bulk_inserts: int = 20_000
    kills: int = 20
    peer_kills: int = 8
    rounds: int = 5


QUICK = Scale(
    finished=50_000,
    orphans=2_000,
    table_sizes=(1_000, 50_000),
    backlog=5_000,
    jobs=2_000,
    whole_jobs=50,
    inserts=300,
    bulk_inserts=3_000,
    kills=5,
    peer_kills=2,
    rounds=3,
)
FULL = Scale(table_sizes=(10_000, 1_000_000, 10_000_000), kills=100)
