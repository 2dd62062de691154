"""What one job takes, by the size of its document, for docs/scale.md: time, WAL, bytes kept.

How to run it:

    PYTHONPATH=layers/extraction_jobs .venv/bin/python -m benchmarks.job_sizes

Each job is made and worked on by the product's own code, offline, over a Postgres of this run; WAL is of everything
that the job did, the pages that are written whole after a checkpoint included.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.server import Server, started
from extraction import OfflineExtractor
from extraction_jobs.create import NewJob, create_job
from extraction_jobs.database import Database, connect
from extraction_jobs.migrate import migrate
from extraction_jobs.model import Tenant
from extraction_jobs.settings import Settings
from extraction_jobs.work import Worker
from tests.conftest import MemoryQueue
from tests.promises.no_sources import NoSources

_DOCUMENTS = Path(__file__).parents[1] / "examples" / "documents"
_CHARACTERS_A_PAGE = 3000
_JOBS = 5

_KEPT = """
    SELECT sum(bytes)::bigint AS bytes FROM (
      SELECT pg_column_size(job.*) FROM kb.object_extraction_jobs AS job
      UNION ALL SELECT pg_column_size(each.*) FROM kb.extraction_job_events AS each
      UNION ALL SELECT pg_column_size(each.*) FROM kb.extraction_documents AS each
      UNION ALL SELECT pg_column_size(each.*) FROM kb.extraction_chunks AS each
      UNION ALL SELECT pg_column_size(each.*) FROM kb.extracted_objects AS each
      UNION ALL SELECT pg_column_size(each.*) FROM kb.extracted_relationships AS each
    ) AS found (bytes)"""


@dataclass(frozen=True)
class Size:
    """A document."""

    name: str
    text: str


def sizes() -> list[Size]:
    """A small invoice, a contract of 20 pages, a document of 200."""
    invoice = (_DOCUMENTS / "invoice-2026-117.txt").read_text()
    contract = (_DOCUMENTS / "framework-agreement.txt").read_text()
    long = contract * (200 * _CHARACTERS_A_PAGE // len(contract) + 1)
    return [
        Size("small invoice", invoice),
        Size("contract of 20 pages", contract[: 20 * _CHARACTERS_A_PAGE]),
        Size("document of 200 pages", long[: 200 * _CHARACTERS_A_PAGE]),
    ]


def main() -> None:
    """Prints the table."""
    print("| document | characters | chunks | objects | worker | WAL | kept |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with started() as server:
        for number, size in enumerate(sizes()):
            url = server.create_database(f"size_{number}")
            with connect(url, application_name="migrate", behind_proxy=False) as owner:
                migrate(owner)
            print(_line(server, url, size))


def _line(server: Server, url: str, size: Size) -> str:
    def open_database() -> Database:
        return Database(lambda: connect(url, application_name="job_sizes", behind_proxy=False))

    database, queue = open_database(), MemoryQueue()
    worker = Worker(
        name="job_sizes",
        database=database,
        open_heartbeat_database=open_database,
        queue=queue,
        sources=NoSources(),
        extractor=OfflineExtractor(),
        settings=Settings(),
    )
    seconds = []
    with psycopg.connect(url, autocommit=True) as look:
        look.execute("CHECKPOINT")
        before = server.wal_position()
        for _ in range(_JOBS):
            new = NewJob(Tenant("acme", "library"), "document", source_text=size.text)
            job = create_job(new, database=database, queue=queue, settings=Settings()).job
            began = time.monotonic()
            outcome = worker.work(job.id)
            seconds.append(time.monotonic() - began)
            if outcome not in {"completed", "requires_review"}:
                raise RuntimeError(f"{size.name}: {outcome}")
        wal = (server.wal_position() - before) / _JOBS
        kept = _one(look, _KEPT) / _JOBS
        chunks = _one(look, "SELECT max(total_items) FROM kb.object_extraction_jobs")
        objects = _one(look, "SELECT max(objects_found) FROM kb.object_extraction_jobs")
    database.close()
    return (
        f"| {size.name} | {len(size.text):,} | {chunks:.0f} | {objects:.0f}"
        f" | {min(seconds):.2f} s | {wal / 1000:.0f} kB | {kept / 1000:.0f} kB |"
    )


def _one(connection: psycopg.Connection[tuple[object, ...]], statement: str) -> float:
    row = connection.execute(statement.encode()).fetchone()
    return float(str(row[0])) if row else 0.0


if __name__ == "__main__":
    main()
