"""Each function's role in the database: what it may do is what it needs, and a wall of its own between organisations.

That it may do what it needs, every other test here shows: the functions run as these roles.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.rows import DictRow, dict_row

from extraction_jobs.database import Connection, Database, connect
from extraction_jobs.migrate import migrate
from extraction_jobs.session import SETTINGS
from tests.conftest import ROLE_PASSWORD, Psql
from tests.integration.conftest import Api

JOBS = "kb.object_extraction_jobs"
# Tables whose rows a role may delete, and those it may change in any column.
OF_A_RESULT = {
    "extraction_chunks",
    "extraction_pages",
    "extracted_objects",
    "extracted_relationships",
}
DELETES = {
    # By a caller's wish; the rest of the job goes by itself.
    "extraction_jobs_api": {"object_extraction_jobs", "extraction_webhooks"},
    "extraction_jobs_worker": {*OF_A_RESULT, "extraction_announcements"},
    # By retention.
    "extraction_jobs_sweeper": {
        *OF_A_RESULT,
        "object_extraction_jobs",
        "extraction_job_events",
        "extraction_documents",
        "extraction_announcements",
        "extraction_webhook_deliveries",
        "extraction_sweeps",
        "extraction_pauses",
    },
    "extraction_jobs_dead_letters": set(),
}
WHOLE_ROWS = {
    "extraction_jobs_api": {"extraction_webhooks"},
    "extraction_jobs_worker": {"object_extraction_jobs", "extraction_documents", "extraction_chunks",
                               "extraction_pages", "extraction_announcements"},
    "extraction_jobs_sweeper": {"extraction_announcements", "extraction_webhook_deliveries", "extraction_retention",
                                "extraction_use"},
    "extraction_jobs_dead_letters": set(),
}  # fmt: skip


@contextmanager
def logged_in(url: str, role: str) -> Iterator[Connection]:
    conninfo = make_conninfo(url, user=role, password=ROLE_PASSWORD)
    with psycopg.connect(conninfo, autocommit=True, row_factory=dict_row) as connection:
        yield connection


def granted(psql: Psql, role: str, privilege: str) -> set[str]:
    rows = psql(
        "SELECT relname FROM pg_class WHERE relnamespace = 'kb'::regnamespace AND relkind = 'r'"
        f" AND has_table_privilege('{role}', oid, '{privilege}')"
    )
    return {row["relname"] for row in rows}


def test_a_role_is_nothing_but_a_login_with_the_settings_of_a_session(psql: Psql) -> None:
    powers = ("rolsuper", "rolcreaterole", "rolcreatedb", "rolreplication", "rolbypassrls")
    for role in DELETES:
        [found] = psql(f"SELECT * FROM pg_roles WHERE rolname = '{role}'")
        assert found["rolcanlogin"]
        assert not any(found[power] for power in powers)
        assert {each.partition("=")[0] for each in found["rolconfig"]} == set(SETTINGS)
        assert psql(f"SELECT 1 FROM pg_auth_members WHERE member = '{role}'::regrole") == []


def test_a_role_deletes_and_rewrites_only_what_its_function_does(psql: Psql) -> None:
    for role, deletes in DELETES.items():
        assert granted(psql, role, "DELETE") == deletes
        assert granted(psql, role, "UPDATE") == WHOLE_ROWS[role]
        assert granted(psql, role, "TRUNCATE") == granted(psql, role, "TRIGGER") == set()
        assert "schema_migrations" not in granted(psql, role, "SELECT")


def test_history_is_written_and_never_rewritten(psql: Psql) -> None:
    table = "extraction_job_events"
    for role in DELETES:
        assert table in granted(psql, role, "INSERT")
        assert table not in granted(psql, role, "UPDATE")
        # Retention deletes it with its job, where that is configured.
        assert (table in granted(psql, role, "DELETE")) == (role == "extraction_jobs_sweeper")


FORBIDDEN = [
    f"UPDATE {JOBS} SET org_id = 'globex'", f"UPDATE {JOBS} SET project_id = 'other'",
    f"UPDATE {JOBS} SET lease = 0", f"UPDATE {JOBS} SET extraction_config = '{{}}'", f"DROP TABLE {JOBS}",
    f"ALTER TABLE {JOBS} DISABLE ROW LEVEL SECURITY", f"DROP POLICY own_organisations ON {JOBS}",
    "SELECT * FROM kb.extraction_chunks", "INSERT INTO kb.extracted_objects SELECT * FROM kb.extracted_objects",
    "SELECT * FROM kb.extraction_announcements", "SELECT * FROM kb.extraction_webhook_deliveries",
    "SELECT secret FROM kb.extraction_webhooks", "UPDATE kb.extraction_webhooks SET url = secret",
    "DELETE FROM kb.extraction_webhooks RETURNING secret", "UPDATE kb.extraction_documents SET text = ''",
    "CREATE TABLE kb.mine ()",
    "CREATE OR REPLACE FUNCTION kb.organisations() RETURNS text[] LANGUAGE sql AS $$ SELECT '{acme}'::text[] $$",
    "SET ROLE extraction_jobs_worker", "COPY (SELECT 1) TO PROGRAM 'true'",
]  # fmt: skip


def test_the_apis_role_cannot_touch_what_it_should_not(api: Api, empty_tables: str) -> None:
    api.created()
    with logged_in(empty_tables, "extraction_jobs_api") as connection:
        connection.execute("SET kb.organisations = '{acme}'")
        for statement in FORBIDDEN:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())


def test_the_apis_role_deletes_jobs_that_have_ended_of_its_callers_and_what_goes_with_them(
    empty_tables: str, two_tenants: dict[str, UUID], psql: Psql
) -> None:
    """Whatever the statement says: this one forgets to say whose, and in which status."""
    database = acting(empty_tables)
    delete = f"DELETE FROM {JOBS} RETURNING id".encode()
    assert database.rows(delete) == [], "for nobody, nothing"
    database.act_for(["acme"])
    for status in ("pending", "running"):
        psql(f"UPDATE {JOBS} SET status = '{status}'")
        assert database.rows(delete) == []
    psql(f"UPDATE {JOBS} SET status = 'failed'")
    assert database.rows(delete) == [{"id": two_tenants["acme"]}]
    database.close()
    for table in TENANT_TABLES:
        column = "id" if table == "object_extraction_jobs" else "job_id"
        rows = psql(f"SELECT DISTINCT {column} AS job FROM kb.{table}")
        assert [row["job"] for row in rows] == [two_tenants["initech"]], table


def test_a_role_cannot_delete_a_job_that_has_not_ended(
    api: Api, empty_tables: str, psql: Psql
) -> None:
    api.created()
    for role, status in product(("api", "sweeper"), ("pending", "running")):
        psql(f"UPDATE {JOBS} SET status = '{status}'")
        with logged_in(empty_tables, f"extraction_jobs_{role}") as connection:
            connection.execute("SET kb.organisations = '{acme}'")
            assert connection.execute(f"DELETE FROM {JOBS}".encode()).rowcount == 0


def test_a_role_cannot_have_the_owner_delete_a_history_for_it(api: Api, empty_tables: str) -> None:
    """What deletes the history with its job runs as the owner: it must not serve another table's rows."""
    with logged_in(empty_tables, "extraction_jobs_api") as connection:
        connection.execute("CREATE TEMPORARY TABLE mine (id uuid)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "CREATE TRIGGER mine AFTER DELETE ON mine REFERENCING OLD TABLE AS deleted"
                " FOR EACH STATEMENT EXECUTE FUNCTION kb.delete_with_job()"
            )


TENANT_TABLES = (
    "object_extraction_jobs",
    "extraction_job_events",
    "extraction_documents",
    "extracted_objects",
    "extracted_relationships",
)


@pytest.fixture
def two_tenants(api: Api, psql: Psql) -> dict[str, UUID]:
    """A job of either organisation, each with a row in every table that holds something of a tenant."""
    jobs = {org: api.created(org_id=org) for org in ("acme", "initech")}
    for job in jobs.values():
        psql(
            f"INSERT INTO kb.extracted_objects SELECT '{job}', 1, n, gen_random_uuid(), 'Note', '{{}}', '{{}}', 1, 0, 1"
            " FROM generate_series(0, 1) AS n"
        )
        psql(f"INSERT INTO kb.extracted_relationships VALUES ('{job}', 1, 0, 'knows', 0, 1, 1)")
    return jobs


def acting(url: str) -> Database:
    conninfo = make_conninfo(url, user="extraction_jobs_api", password=ROLE_PASSWORD)
    return Database(lambda: connect(conninfo, application_name="api", behind_proxy=False))


def seen(database: Database, table: str) -> set[UUID]:
    column = "id" if table == "object_extraction_jobs" else "job_id"
    rows: list[DictRow] = database.rows(f"SELECT {column} AS job FROM kb.{table}".encode())
    return {row["job"] for row in rows}


def test_a_statement_that_forgets_to_say_whose_sees_the_callers_rows_only(
    empty_tables: str, two_tenants: dict[str, UUID]
) -> None:
    several = ((), ("acme",), ("initech",), ("acme", "initech"), ("globex", '"{}"'))
    for table in TENANT_TABLES:
        database = acting(empty_tables)
        assert seen(database, table) == set(), "for nobody, nothing"
        for organisations in several:
            database.act_for(organisations)
            assert seen(database, table) == {
                job for org, job in two_tenants.items() if org in organisations
            }
        database.close()


def test_another_organisations_job_is_not_changed_by_a_statement_without_a_filter(
    empty_tables: str, two_tenants: dict[str, UUID], psql: Psql
) -> None:
    database = acting(empty_tables)
    database.act_for(["acme"])
    changed = database.rows(
        f"UPDATE {JOBS} SET status = 'cancelled', revision = revision + 1 RETURNING id".encode()
    )
    assert [row["id"] for row in changed] == [two_tenants["acme"]]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.rows(
            f"INSERT INTO {JOBS} (org_id, project_id, source_type) VALUES ('initech', 'p', 's')".encode()
        )
    database.close()
    assert psql.job(two_tenants["initech"])["status"] == "pending"


def test_for_whom_a_transaction_acted_is_forgotten_with_it(
    empty_tables: str, two_tenants: dict[str, UUID]
) -> None:
    """Behind a proxy the next transaction of another function may come over the same connection."""
    with logged_in(empty_tables, "extraction_jobs_api") as connection:
        with connection.pipeline():
            connection.execute("SELECT kb.act_for('{acme}')")
            during = connection.execute(f"SELECT count(*) AS n FROM {JOBS}".encode())
        assert during.fetchall() == [{"n": 1}]
        assert connection.execute(f"SELECT count(*) AS n FROM {JOBS}".encode()).fetchall() == [
            {"n": 0}
        ]


def test_the_roles_are_made_once_and_granted_again_when_there_is_something_new(
    empty_tables: str, psql: Psql
) -> None:
    with connect(empty_tables, application_name="migrate", behind_proxy=False) as connection:
        assert migrate(connection, roles=True) == []
        psql(f"REVOKE SELECT ON {JOBS} FROM extraction_jobs_api")
        psql("UPDATE kb.schema_migrations SET digest = 'of an older file' WHERE number = 0")
        assert migrate(connection, roles=True) == ["roles.sql"]
        assert migrate(connection, roles=True) == []
    assert "object_extraction_jobs" in granted(psql, "extraction_jobs_api", "SELECT")


def test_a_database_that_was_restored_into_a_server_without_the_roles_gets_them(
    empty_tables: str, psql: Psql
) -> None:
    def applied() -> list[str]:
        with connect(empty_tables, application_name="migrate", behind_proxy=False) as connection:
            return migrate(connection, roles=True)

    psql("ALTER ROLE extraction_jobs_api RENAME TO extraction_jobs_elsewhere")
    try:
        assert applied() == ["roles.sql"]
        assert "object_extraction_jobs" in granted(psql, "extraction_jobs_api", "SELECT")
        psql("DROP OWNED BY extraction_jobs_api")
        psql("DROP ROLE extraction_jobs_api")
    finally:
        psql("ALTER ROLE extraction_jobs_elsewhere RENAME TO extraction_jobs_api")
        # The other tests' policies are for the role that has its name back.
        psql("UPDATE kb.schema_migrations SET digest = 'of another role' WHERE number = 0")
        applied()
