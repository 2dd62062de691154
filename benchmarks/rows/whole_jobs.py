"""Whole jobs of a document of one chunk, one after the other over one connection: create, message, claim, read,
extract, finish.

Both read the same text with the same rules. The bare SQL keeps the text and what was found in the job's only row; the
product keeps the source, the text that was read, each object with its evidence, and three lines of history. Messages
are taken in memory, and the note that one was sent is part of the job.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg.types.json import Jsonb

from benchmarks.contestants import LIMIT, PRODUCT
from benchmarks.contestants.bare_sql import BareSql
from benchmarks.contestants.product import TENANT, AcceptingQueue, Product
from benchmarks.report import Figure, of_limit
from benchmarks.scale import Scale
from benchmarks.server import Server
from extraction import (
    Limits,
    OfflineExtractor,
    extract_document,
    read_document,
    requested_object_types,
)
from extraction_jobs.create import NewJob, create_job
from extraction_jobs.database import Database, Params, connect
from extraction_jobs.settings import Settings
from extraction_jobs.work import Worker
from tests.promises.no_sources import NoSources

ROW = "a whole job of one chunk: create, message, claim, read, extract, finish"
# Create and the note of its message; claim and finish.
AIM_STATEMENTS = 4
# 0.6 of the limit's speed.
AIM_SERVER_TIME = 1.67
WARM_UP = 20
SERVER_TIME = "ms of waiting for Postgres"
TEXT = (Path(__file__).parents[2] / "examples/documents/invoice-2026-117.txt").read_text()
TYPES = {"object_types": "invoice"}

_CREATE = b"INSERT INTO jobs (payload) VALUES (%s) RETURNING id"
_CLAIM = b"""
UPDATE jobs SET status = 'running', attempt = attempt + 1, lease = lease + 1, updated_at = now()
WHERE id = %s AND status = 'pending' RETURNING lease, payload"""
_FINISH = b"""
UPDATE jobs SET status = 'completed', updated_at = now(), payload = payload || %s
WHERE id = %s AND lease = %s AND status = 'running' RETURNING id"""


@dataclass
class Counted:
    """What was sent so far, and the seconds that were waited for answers."""

    statements: int = 0
    seconds: float = 0.0


class WholeJobs(Protocol):
    """A client that does a job from its creation to its end."""

    counted: Counted

    def job(self) -> None:
        """One."""
        ...

    def close(self) -> None:
        """Ends it."""
        ...


class BareJobs:
    """The least SQL that does it: three statements on one row."""

    def __init__(self, url: str) -> None:
        BareSql().install(url)
        self.counted = Counted()
        self._connection = psycopg.connect(url, autocommit=True)
        self._extractor = OfflineExtractor()

    def job(self) -> None:
        """See WholeJobs."""
        [(job_id,)] = self._run(_CREATE, [Jsonb({"text": TEXT} | TYPES)])
        [(lease, payload)] = self._run(_CLAIM, [job_id])
        document = read_document(
            payload["text"].encode(), media_type=None, name=None, limits=Limits()
        )
        types = requested_object_types(payload["object_types"])
        found = extract_document(self._extractor, document, types).extraction.objects
        objects = [
            {"type": each.type, "properties": each.properties, "evidence": each.evidence}
            for each in found
        ]
        [_] = self._run(_FINISH, [Jsonb({"objects": objects}), job_id, lease])

    def close(self) -> None:
        """See WholeJobs."""
        self._connection.close()

    def _run(self, statement: bytes, params: Sequence[object]) -> list[tuple[Any, ...]]:
        started = time.perf_counter()
        rows = self._connection.execute(statement, params, prepare=True).fetchall()
        self.counted.statements += 1
        self.counted.seconds += time.perf_counter() - started
        return rows


class ProductJobs:
    """The product, by the functions that its Lambdas call."""

    def __init__(self, url: str) -> None:
        Product().install(url)
        self.counted = Counted()
        self._database = _TimedDatabase(url, self.counted)
        self._worker = Worker(
            name="benchmark",
            database=self._database,
            open_heartbeat_database=lambda: _TimedDatabase(url, self.counted),
            queue=AcceptingQueue(),
            sources=NoSources(),
            extractor=OfflineExtractor(),
            settings=Settings(),
        )

    def job(self) -> None:
        """See WholeJobs."""
        worker = self._worker
        new = NewJob(TENANT, "document", source_text=TEXT, extraction_config=TYPES)
        job = create_job(
            new, database=worker.database, queue=worker.queue, settings=worker.settings
        ).job
        assert worker.work(job.id) == "completed"

    def close(self) -> None:
        """See WholeJobs."""
        self._database.close()


class _TimedDatabase(Database):
    """The product's Database, timing what it sends."""

    def __init__(self, url: str, counted: Counted) -> None:
        super().__init__(lambda: connect(url, application_name="benchmark", behind_proxy=False))
        self._counted = counted

    def rows(self, statement: bytes, params: Params | None = None) -> list[dict[str, Any]]:
        """See Database."""
        started = time.perf_counter()
        rows = super().rows(statement, params)
        self._counted.statements += 1
        self._counted.seconds += time.perf_counter() - started
        return rows


def measure(server: Server, scale: Scale) -> list[Figure]:
    """The bare SQL and the product in turns."""
    makers: dict[str, Callable[[str], WholeJobs]] = {LIMIT: BareJobs, PRODUCT: ProductJobs}
    urls = {name: server.create_database(f"whole {name}") for name in makers}
    clients = {name: make(urls[name]) for name, make in makers.items()}
    runs: dict[str, dict[str, list[float]]] = {
        name: {"statements": [], "B of WAL": [], SERVER_TIME: [], "ms in all": []}
        for name in makers
    }
    for _ in range(scale.rounds):
        for name, client in clients.items():
            for _ in range(WARM_UP):
                client.job()
            server.settle(urls[name])
            for unit, value in _round(server, client, scale.whole_jobs).items():
                runs[name][unit].append(value)
    for name, client in clients.items():
        client.close()
        server.drop_database(f"whole {name}")

    figures = []
    for name, measured in runs.items():
        for unit, values in measured.items():
            figure = Figure(ROW, name, unit, values, of_limit(values, runs[LIMIT][unit]))
            if name == PRODUCT and unit == SERVER_TIME:
                figure = figure.aiming(
                    f"at most {AIM_SERVER_TIME}x", lambda ratio: ratio <= AIM_SERVER_TIME
                )
            if name == PRODUCT and unit == "statements":
                aim = f"{AIM_STATEMENTS}"
                figure = replace(figure, aim=aim, met=max(values) <= AIM_STATEMENTS)
            figures.append(figure)
    return figures


def _round(server: Server, client: WholeJobs, jobs: int) -> dict[str, float]:
    """What one of so many jobs takes, by its unit."""
    before, wal, started = replace(client.counted), server.wal_position(), time.perf_counter()
    for _ in range(jobs):
        client.job()
    whole = time.perf_counter() - started
    return {
        "statements": (client.counted.statements - before.statements) / jobs,
        "B of WAL": (server.wal_position() - wal) / jobs,
        SERVER_TIME: (client.counted.seconds - before.seconds) / jobs * 1000,
        "ms in all": whole / jobs * 1000,
    }
