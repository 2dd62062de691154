"""Promise 18: settings of the database that was there before change nothing.

What could go wrong. The database, or the role that logs in, has settings of its own: a date style that cannot be read
back, another isolation level, a search path whose `now()` is not Postgres', time limits of a
millisecond. Then a claim takes effect, its answer cannot be read, and the attempt is lost; or every claim fails.

What is done to it. All of that is set, on the database and on the role in this database, and a job lives its life.

What must hold. The job is completed by its first attempt. Behind a proxy, which refuses start-up options, the roles of
the functions carry what the product relies on; where that is overruled, the session is refused and the message names
each setting, before anything was claimed.

The guards. SETTINGS in session.py: given at connect, set on the roles (sql/roles.sql), looked at behind a proxy.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from psycopg.conninfo import make_conninfo

from extraction_jobs import listing, session
from extraction_jobs.database import Database, connect
from extraction_jobs.settings import SettingsError
from extraction_jobs.sweep import Sweeper
from tests.conftest import ROLE_PASSWORD, TENANT, Psql

from .conftest import Lab

HOSTILE = {
    "datestyle": "'German, DMY'",
    "intervalstyle": "sql_standard",
    "timezone": "'Asia/Kathmandu'",
    "default_transaction_isolation": "serializable",
    "search_path": "hostile, pg_catalog",
    "standard_conforming_strings": "off",
    "array_nulls": "off",
    "extra_float_digits": "-15",
    "client_encoding": "latin1",
    "row_security": "off",
    "statement_timeout": "1",
    "lock_timeout": "1",
    "transaction_timeout": "1",
    "idle_in_transaction_session_timeout": "1",
    "idle_session_timeout": "1",
    "enable_indexscan": "off",
    "enable_nestloop": "off",
}
# Of them, what makes statements fail or mean something else.
REFUSED = ("DateStyle", "IntervalStyle", "default_transaction_isolation", "search_path")
WORKER = "extraction_jobs_worker"


@pytest.fixture
def whose(request: pytest.FixtureRequest, psql: Psql, empty_tables: str) -> Iterator[str]:
    """Whose settings are hostile: of all who log in to this database, or of one role there."""
    address = urlsplit(empty_tables)
    database = f'"{address.path[1:]}"'
    whose = {
        "database": f"DATABASE {database}",
        "user": f"ROLE {address.username} IN DATABASE {database}",
        "worker": f"ROLE {WORKER} IN DATABASE {database}",
    }[request.param]
    psql("CREATE SCHEMA IF NOT EXISTS hostile")
    psql(
        "CREATE OR REPLACE FUNCTION hostile.now() RETURNS timestamptz"
        " LANGUAGE sql AS $$ SELECT 'epoch'::timestamptz $$"
    )
    for name, value in HOSTILE.items():
        psql(f"ALTER {whose} SET {name} = {value}")
    yield whose
    psql(f"ALTER {whose} RESET ALL")


@pytest.mark.parametrize("whose", ["database", "user"], indirect=True)
def test_a_job_lives_its_life_whatever_the_database_or_the_role_sets(lab: Lab, whose: str) -> None:
    job = lab.new_job(source_text="Summe: 12,50 € – šest", timeout_minutes=7.25)
    assert lab.work(job) == "completed"
    row = lab.psql.job(job.id)
    assert (row["status"], row["attempt"], row["lease"]) == ("completed", 1, 1)
    database = lab.open_database()
    assert Sweeper(database, lab.queue, lab.settings).sweep().errors == []
    page = listing.list_jobs(
        TENANT, listing.JobFilter(), 10, database=database, settings=lab.settings
    )
    assert [(each.id, each.timeout_minutes) for each in page.items] == [(job.id, 7.25)]
    assert page.items[0].created_at == row["created_at"]


def behind_a_proxy(url: str) -> Database:
    conninfo = make_conninfo(url, user=WORKER, password=ROLE_PASSWORD)
    return Database(lambda: connect(conninfo, application_name="test", behind_proxy=True))


@pytest.mark.parametrize("whose", ["database"], indirect=True)
def test_behind_a_proxy_the_functions_roles_carry_what_is_relied_on(
    lab: Lab, whose: str, empty_tables: str
) -> None:
    job = lab.new_job()
    database = behind_a_proxy(empty_tables)
    assert lab.work(job, database=database) == "completed"
    database.close()
    assert lab.psql.job(job.id)["attempt"] == 1


@pytest.mark.parametrize("whose", ["worker"], indirect=True)
def test_where_that_is_overruled_the_session_is_refused_and_no_attempt_is_lost(
    lab: Lab, whose: str, empty_tables: str
) -> None:
    job = lab.new_job()
    # What no session can live with is not what this is about: only that each is named.
    for name in ("statement_timeout", "transaction_timeout", "idle_session_timeout"):
        lab.psql(f"ALTER {whose} RESET {name}")
    with pytest.raises(SettingsError) as refused:
        lab.work(job, database=behind_a_proxy(empty_tables))
    for name in REFUSED:
        assert name in str(refused.value)
    row = lab.psql.job(job.id)
    assert (row["status"], row["attempt"]) == ("pending", 0)


def test_a_server_that_does_not_know_a_setting_yet_is_given_the_others(
    empty_tables: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "SETTINGS", {**session.SETTINGS, "not_known_yet": "0"})
    monkeypatch.setattr(session, "_NEWER", "not_known_yet")
    with connect(empty_tables, application_name="test", behind_proxy=False) as connection:
        found = connection.execute("SELECT current_setting('enable_seqscan') AS found").fetchone()
    assert found == {"found": "off"}
