"""What can be measured: the product, the bare SQL, and its peers. A contestant is one module in `contestants/`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import psycopg


class NotOfferedError(Exception):
    """A contestant cannot do a workload; the sentence says why."""


class NotInstalledError(Exception):
    """A contestant's program is not on this machine: `make setup-peers` puts it there."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """How many jobs were made runnable again, and how long that took."""

    jobs: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Worked:
    """How long a number of empty jobs took, in how many statements a job; None: the contestant does not count."""

    seconds: float
    statements: float | None


class Session(Protocol):
    """A contestant's own client."""

    @property
    def statements(self) -> int | None:
        """How many it has sent; None: it does not count."""
        ...

    def recover(self) -> Recovered:
        """Makes every orphan runnable again."""
        ...

    def idle_sweeps(self, times: int) -> list[float]:
        """Runs of what looks for orphans, when there is none: the seconds of each."""
        ...

    def create(self, count: int) -> float:
        """Makes empty jobs one by one; seconds."""
        ...

    def create_bulk(self, count: int) -> float:
        """Makes empty jobs, a thousand a call; seconds."""
        ...

    def close(self) -> None:
        """Ends it."""
        ...


class Contestant(Protocol):
    """One way to keep jobs in Postgres.

    Attributes:
        name: of the contestant.
        application: the application_name of its connections.
        ways: of claim → finish: settings that its documentation offers. Each is measured, the best counts.
        calls: what is called to recover, for the report.
        no_sweep_beside_pending: why its idle sweep cannot be measured beside pending jobs; empty: it can.
    """

    name: str
    application: str
    ways: tuple[str, ...]
    calls: str
    no_sweep_beside_pending: str

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

        A contestant that deletes a job when it has finished has none of the finished ones. Without `history` a
        contestant that keeps one leaves it out, where the row does not touch it.
        """
        ...

    def rearm(self, connection: psycopg.Connection[Any]) -> None:
        """Turns what was recovered back into orphans."""
        ...

    def load_pending(self, url: str, count: int) -> None:
        """Makes pending jobs that are due."""
        ...

    def work(self, url: str, count: int, *, way: str) -> Worked:
        """Claims and finishes that many of those, ten at a time."""
        ...

    def open(self, url: str) -> Session:
        """A session, warm."""
        ...

    def version(self) -> str:
        """Which version is measured."""
        ...
