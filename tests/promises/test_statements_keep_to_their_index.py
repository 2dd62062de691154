"""Promise 17: what names a job reads that job, and a page of a list reads that page, whatever the statistics say.

What could go wrong. A planner prefers the index of the pending jobs when its statistics say that hardly any are
pending: then each claim of a burst reads the whole burst. A session that planned its statements while the tables were
nearly empty goes on reading whole tables. A list walks the primary key backward and throws away the jobs of others.

What must hold. Each call touches a bounded number of pages (buffers, as the server itself counts them), far below what
the burst holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import product
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from extraction_jobs.database import Connection, Database, connect
from extraction_jobs.model import Tenant
from extraction_jobs.queries import LIFECYCLE
from extraction_jobs.sweep_steps import LOOK
from tests.conftest import ROLE_PASSWORD

from .every_call import PARAMS_OF_A_LOOK, Calls, lists, lives, look
from .sizes import size

FINISHED = size(20_000, 1_000_000)
BURST = size(10_000, 100_000)
# One job in so many is of the project that has few, or of the rare type of source.
EVERY_FEW, EVERY_RARE = size(500, 5_000), size(400, 4_000)
# Good plans touch up to 150, for a page of 20 jobs of six statuses; with what a plan behind a proxy reads, 205.
# To read the burst's smallest index takes 400.
MOST_BUFFERS = 250
# A plan that is made anew reads the first page of each empty index once for each mention of the table.
MOST_OF_A_LOOK = {"generic": 20, "warm": 30}

MOST, FEW, NEW = Tenant("acme", "most"), Tenant("acme", "few"), Tenant("newcomer", "first")

FILL = """
INSERT INTO kb.object_extraction_jobs (id, org_id, project_id, source_type, source_id, status, revision, attempt, lease,
  started_at, updated_at, completed_at, deadline_at, next_dispatch_at, run_after)
SELECT rpad(lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - %(age)s * 10000000 + n), 12, '0'),
            32, md5(n::text))::uuid,
  CASE WHEN n %% 3 = 0 THEN 'globex' ELSE 'acme' END,
  CASE WHEN n %% %(few)s = 1 THEN 'few' ELSE 'most' END,
  CASE WHEN n %% %(rare)s = 2 THEN 'rare' ELSE 'document' END, %(status)s || '-' || n,
  %(status)s, 2, 0, 0, CASE WHEN %(status)s <> 'pending' THEN now() END, now(),
  CASE WHEN %(status)s NOT IN ('pending', 'running') THEN now() END,
  CASE WHEN %(status)s = 'running' THEN now() + interval '1 hour' END, now() + interval '1 hour', now()
FROM generate_series(1, %(count)s) AS n
"""
TABLES = (
    "object_extraction_jobs",
    "extraction_job_events",
    "extraction_documents",
    "extraction_chunks",
    "extracted_objects",
    "extracted_relationships",
)


@dataclass
class Session:
    """A warm connection, and what its server has counted of it.

    `role` logs in as one that row-level security binds; it may read.
    """

    url: str
    behind_proxy: bool = False
    plans: str = "auto"
    role: str | None = None
    database: Database = field(init=False)

    def __post_init__(self) -> None:
        self.database = Database(self._connect)
        if self.role:
            self.database.act_for({MOST.org_id, NEW.org_id})

    @property
    def calls(self) -> Sequence[Callable[[Tenant], Calls]]:
        return (lists,) if self.role else (lives, lists)

    def _connect(self) -> Connection:
        login = {"user": self.role, "password": ROLE_PASSWORD} if self.role else {}
        url = make_conninfo(self.url, **login)
        connection = connect(url, application_name="warm", behind_proxy=self.behind_proxy)
        connection.execute(f"SET plan_cache_mode = {self.plans}".encode())
        return connection

    def buffers_of(self, call: Callable[[Database], object]) -> int:
        """How many pages a call touches."""
        # To be told touches some too.
        first, before = self._touched(), self._touched()
        call(self.database)
        return self._touched() - before - (before - first)

    def _touched(self) -> int:
        # What it has counted a backend tells only after a statement, and only if it is told to.
        self.database.rows(b"SELECT pg_stat_force_next_flush()")
        [row] = self.database.rows(
            b"SELECT sum(coalesce(hits, 0) + coalesce(reads, 0))::bigint AS touched"
            b" FROM pg_stat_get_backend_io(pg_backend_pid()) WHERE object = 'relation'"
        )
        return int(row["touched"])

    def close(self) -> None:
        self.database.close()


SESSIONS: dict[str, dict[str, Any]] = {
    "warm": {},
    "generic": {"plans": "force_generic_plan"},
    "as the api": {"role": "extraction_jobs_api"},
}
if size(0, 1):
    SESSIONS |= {
        "custom": {"plans": "force_custom_plan"},
        "behind a proxy": {"behind_proxy": True},
        "as the api behind a proxy": {"role": "extraction_jobs_api", "behind_proxy": True},
    }
# What the statistics know: how many finished jobs there were when they were taken.
NIGHTS = {"a quiet night": FINISHED, "an empty table": 3}


@dataclass
class Burst:
    """A database after a burst, and the sessions that were warm before."""

    url: str
    sessions: dict[str, Session]


@pytest.fixture(scope="module", params=NIGHTS)
def burst(request: pytest.FixtureRequest, server: str, migrated: str) -> Iterator[Burst]:
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE burst TEMPLATE "{migrated}"'.encode())
        url = urlunsplit(urlsplit(server)._replace(path="/burst"))
        sessions = {name: Session(url, **how) for name, how in SESSIONS.items()}
        with psycopg.connect(url, autocommit=True) as person:
            for table in TABLES:
                person.execute(f"ALTER TABLE kb.{table} SET (autovacuum_enabled = off)".encode())
            person.execute(b"CREATE TABLE middle AS SELECT kb.uuid_v7() AS id")
            person.execute(b"GRANT SELECT ON middle TO PUBLIC")
            _fill(person, "completed", NIGHTS[request.param])
            for table in TABLES:
                person.execute(f"VACUUM ANALYZE kb.{table}".encode())
            # More than it takes until a statement is prepared and has its generic plan.
            for session in sessions.values():
                for _, tenant, calls in product(range(8), (MOST, NEW), session.calls):
                    for _name, call in calls(tenant):
                        call(session.database)
                for _ in range(0 if session.role else 8):
                    session.database.rows(LOOK, PARAMS_OF_A_LOOK)
            _fill(person, "completed", FINISHED - NIGHTS[request.param])
            for status in ("failed", "pending", "running"):
                _fill(person, status, BURST)
            person.execute(
                b"UPDATE middle SET id = (SELECT id FROM kb.object_extraction_jobs"
                b" WHERE org_id = 'acme' ORDER BY id OFFSET %s LIMIT 1)",
                [FINISHED // 3],
            )
        try:
            yield Burst(url, sessions)
        finally:
            for session in sessions.values():
                session.close()
            admin.execute(b"DROP DATABASE burst WITH (FORCE)")


def _fill(person: psycopg.Connection[Any], status: str, count: int) -> None:
    ages = ("running", "pending", "failed", "completed")
    # Without triggers, and not by ALTER TABLE, which makes every session plan anew.
    person.execute(b"SET session_replication_role = replica")
    person.execute(
        FILL,
        {
            "status": status,
            "age": 1 + ages.index(status),
            "count": count,
            "few": EVERY_FEW,
            "rare": EVERY_RARE,
        },
    )


@pytest.mark.parametrize("tenant", [MOST, FEW, NEW], ids=["most", "few", "new"])
@pytest.mark.parametrize("session", SESSIONS)
def test_a_call_reads_what_it_names_and_not_the_burst(
    session: str, tenant: Tenant, burst: Burst
) -> None:
    warm = burst.sessions[session]
    for calls in warm.calls:
        touched = [(name, warm.buffers_of(call)) for name, call in calls(tenant)]
        assert [(name, buffers) for name, buffers in touched if buffers > MOST_BUFFERS] == []


@pytest.mark.parametrize("session", MOST_OF_A_LOOK)
def test_a_sweep_that_finds_nothing_reads_a_few_pages_and_not_all_that_waits(
    session: str, burst: Burst
) -> None:
    """Workers hold a hundred jobs. A session that plans anew reads the catalogue too; a sweeper's is warm."""
    with psycopg.connect(burst.url, autocommit=True) as person:
        person.execute(b"SET session_replication_role = replica")
        person.execute(
            b"DELETE FROM kb.object_extraction_jobs WHERE status = 'running' AND id NOT IN"
            b" (SELECT id FROM kb.object_extraction_jobs WHERE status = 'running' ORDER BY id LIMIT 100)"
        )
        person.execute(b"VACUUM kb.object_extraction_jobs")
    warm = burst.sessions[session]
    look(warm.database)  # plans anew
    assert max(warm.buffers_of(look) for _ in range(5)) <= MOST_OF_A_LOOK[session]


@pytest.mark.parametrize("session", ["warm", "generic"])
@pytest.mark.parametrize(
    ("statement", "status"),
    [("note_dispatched", "pending"), ("retry_many", "failed"), ("cancel_many", "pending")],
)
def test_a_statement_for_many_jobs_looks_each_up_and_compares_none_with_all(
    statement: str, status: str, session: str, burst: Burst
) -> None:
    database = burst.sessions[session].database
    jobs = database.rows(
        b"SELECT id, revision FROM kb.object_extraction_jobs"
        b" WHERE status = %(status)s AND org_id = 'acme' AND project_id = 'most' LIMIT 500",
        {"status": status},
    )
    params = {
        "ids": [job["id"] for job in jobs],
        "revisions": [job["revision"] for job in jobs],
        "due_in_seconds": [0.0] * len(jobs),
        "redispatch_after": timedelta(minutes=5),
        "redispatch_max": timedelta(hours=1),
        "dispatch_grace": timedelta(seconds=15),
        "stuck": False,
        "threshold": timedelta(minutes=5),
        "reason": "",
        "caller": "someone",
        **MOST.columns(),
    }
    with database.rolled_back():
        [told] = database.rows(b"EXPLAIN (ANALYZE, FORMAT JSON) " + LIFECYCLE[statement], params)
    compared = re.findall(r"'Rows Removed by Join Filter': (\d+)", str(told))
    assert sum(map(int, compared)) < len(jobs)
