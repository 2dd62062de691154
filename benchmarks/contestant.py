"""What can be measured: the product, the bare SQL, later its peers. A contestant is one module in `contestants/`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import psycopg


class Session(Protocol):
    """A contestant's own client over one connection."""

    @property
    def connection(self) -> psycopg.Connection[Any]:
        """What it runs its statements over."""
        ...

    @property
    def statements(self) -> int:
        """How many it has sent."""
        ...

    def recover(self) -> int:
        """Makes every orphan runnable again; how many."""
        ...

    def idle_sweep(self) -> None:
        """One run of what looks for orphans, when there is none."""
        ...

    def create(self) -> None:
        """Makes one empty job."""
        ...

    def claim_and_finish(self, job: Any) -> None:
        """Takes the job and completes it."""
        ...

    def close(self) -> None:
        """Ends the connection."""
        ...


class Contestant(Protocol):
    """One way to keep jobs in Postgres."""

    name: str

    def install(self, url: str) -> None:
        """Its tables, in an empty database."""
        ...

    def load(
        self,
        connection: psycopg.Connection[Any],
        *,
        finished: int,
        healthy: int,
        orphans: int,
        history: bool = True,
    ) -> None:
        """Fills the tables in bulk. Finished jobs come first, then healthy and orphaned ones, mingled.

        Without `history` a contestant that keeps one leaves it out, where the row does not touch it.
        """
        ...

    def rearm(self, connection: psycopg.Connection[Any]) -> None:
        """Turns what was recovered back into orphans."""
        ...

    def load_pending(self, connection: psycopg.Connection[Any], count: int) -> Sequence[Any]:
        """Makes pending jobs that are due; what `claim_and_finish` takes, for each."""
        ...

    def open(self, url: str) -> Session:
        """A session."""
        ...
