"""The migrations' function: applied once, by one at a time, all or nothing; CloudFormation always gets its answer."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg.rows import dict_row

import migrate as migrate_function
from extraction_aws.deployment import deployment
from extraction_jobs.migrate import _LOCK, Migration, MigrationChangedError, migrate, migrations
from extraction_jobs.settings import SettingsError
from tests.integration.conftest import Logs
from tests.integration.lambda_events import Event, event_of, lambda_context
from tests.waiting import until

ALL = [migration.name for migration in migrations()]
_numbers = itertools.count()


@pytest.fixture
def empty_database(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database with nothing in it, which the function is told to use."""
    name = f"unmigrated_{next(_numbers)}"
    url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
        monkeypatch.setenv("DATABASE_URL", url)
        deployment.cache_clear()
        yield url
        deployment.cache_clear()
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def run(event: Event) -> dict[str, Any]:
    return migrate_function.handler(event, lambda_context())


def ask(url: str, statement: str) -> list[dict[str, Any]]:
    with psycopg.connect(url, autocommit=True, row_factory=dict_row) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


LEDGER = "SELECT number, name, digest, applied_at FROM kb.schema_migrations ORDER BY number"
# Every table, column, index, function and trigger of ours, as the catalogue has them.
SCHEMA = """
    SELECT 'column' AS kind, table_name || '.' || column_name || ' ' || data_type AS what
    FROM information_schema.columns WHERE table_schema = 'kb'
    UNION ALL SELECT 'index', indexdef FROM pg_indexes WHERE schemaname = 'kb'
    UNION ALL SELECT 'trigger', pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'function', prosrc FROM pg_proc WHERE pronamespace = 'kb'::regnamespace
    ORDER BY 1, 2"""


def test_the_first_run_applies_all_in_order_and_the_second_changes_nothing(
    empty_database: str,
) -> None:
    assert run(event_of("migrate")) == {"applied": ALL}
    ledger, schema = ask(empty_database, LEDGER), ask(empty_database, SCHEMA)
    assert [row["name"] for row in ledger] == ALL
    assert run(event_of("migrate")) == {"applied": []}
    assert (ask(empty_database, LEDGER), ask(empty_database, SCHEMA)) == (ledger, schema)


def test_a_second_run_leaves_the_jobs_alone(empty_database: str) -> None:
    run(event_of("migrate"))
    ask(
        empty_database,
        "INSERT INTO kb.object_extraction_jobs (org_id, project_id, source_type) VALUES ('a', 'b', 'c')",
    )
    jobs = "SELECT *, xmin::text FROM kb.object_extraction_jobs"
    before = ask(empty_database, jobs)
    run(event_of("migrate"))
    assert ask(empty_database, jobs) == before


def test_of_runs_at_the_same_moment_one_applies_and_the_others_find_nothing_to_do(
    empty_database: str,
) -> None:
    waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'migrate'"
    with ThreadPoolExecutor(3) as pool, psycopg.connect(empty_database) as holder:
        holder.execute(b"SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        runs = [pool.submit(run, event_of("migrate")) for _ in range(3)]
        until(lambda: len(ask(empty_database, waiting)) == 3)
        holder.rollback()
        applied = sorted([each.result()["applied"] for each in runs], key=len)
    assert applied == [[], [], ALL]
    assert len(ask(empty_database, LEDGER)) == len(ALL)


def test_a_file_that_was_edited_after_it_was_applied_is_refused_by_name(
    empty_database: str,
) -> None:
    run(event_of("migrate"))
    schema = ask(empty_database, SCHEMA)
    ask(empty_database, "UPDATE kb.schema_migrations SET digest = 'x' WHERE number = 2")
    with pytest.raises(MigrationChangedError, match=r"0002_changes_by_hand.sql was edited"):
        run(event_of("migrate"))
    assert ask(empty_database, SCHEMA) == schema


def test_a_file_that_fails_undoes_those_before_it(empty_database: str) -> None:
    wanted = [*migrations(), Migration(9999, "9999_broken.sql", b"SELECT 1 / 0")]
    with (
        psycopg.connect(empty_database, autocommit=True, row_factory=dict_row) as connection,
        pytest.raises(psycopg.errors.DivisionByZero),
    ):
        migrate(connection, wanted)
    assert ask(empty_database, SCHEMA.replace("'kb'::regnamespace", "0")) == []
    assert run(event_of("migrate")) == {"applied": ALL}


# ---------------------------------------------------------------- CloudFormation


class CloudFormation:
    """Where CloudFormation waits for the answer: a server on this machine."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        self.content_types: list[str | None] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.answers.append(json.loads(body))
                outer.content_types.append(self.headers["Content-Type"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=[0.01])
        self.thread.start()

    def event(self, kind: str = "Create") -> Event:
        """What it would ask."""
        address = f"http://127.0.0.1:{self.server.server_port}/answer"
        return event_of("migrate-create") | {"RequestType": kind, "ResponseURL": address}

    def stop(self) -> None:
        """Ends the server."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    """See CloudFormation."""
    started = CloudFormation()
    yield started
    started.stop()


def test_a_create_and_an_update_are_answered_with_success(
    empty_database: str, cloudformation: CloudFormation
) -> None:
    event = cloudformation.event("Create")
    assert run(event) == {"applied": ALL}
    assert run(cloudformation.event("Update")) == {"applied": []}
    first, second = cloudformation.answers
    assert first == {
        "Status": "SUCCESS",
        "Reason": f"Done (log stream {lambda_context().log_stream_name})",
        "PhysicalResourceId": second["PhysicalResourceId"],
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": "Migrations",
        "Data": {"Applied": ", ".join(ALL)},
    }
    assert (second["Status"], second["Data"]) == ("SUCCESS", {"Applied": "none"})
    # The address is signed for an empty content type.
    assert cloudformation.content_types == ["", ""]


def test_a_delete_leaves_the_tables_and_needs_no_database(
    empty_database: str, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(cloudformation.event("Create"))
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:hunter2@127.0.0.1:9/spec")
    deployment.cache_clear()
    assert run(cloudformation.event("Delete")) == {"applied": []}
    assert cloudformation.answers[-1]["Status"] == "SUCCESS"
    assert ask(empty_database, LEDGER)


@pytest.mark.parametrize(
    ("url", "error", "reason"),
    [
        pytest.param(
            "postgresql://app:hunter2@127.0.0.1:9/spec",
            psycopg.OperationalError,
            "OperationalError: see the function's log",
            id="unreachable",
        ),
        pytest.param("hunter2", SettingsError, "DATABASE_URL: not a connection", id="wrong URL"),
    ],
)
def test_a_database_that_is_not_there_fails_the_deploy_with_a_reason(
    empty_database: str,
    cloudformation: CloudFormation,
    monkeypatch: pytest.MonkeyPatch,
    logs: Logs,
    url: str,
    error: type[Exception],
    reason: str,
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    deployment.cache_clear()
    with pytest.raises(error):
        run(cloudformation.event("Create"))
    [answer] = cloudformation.answers
    assert answer["Status"] == "FAILED"
    assert reason in answer["Reason"]
    assert "hunter2" not in json.dumps(answer) + logs.text
    assert "The migrations failed" in logs.messages


def test_an_edited_file_fails_the_deploy_and_names_the_file(
    empty_database: str, cloudformation: CloudFormation
) -> None:
    run(event_of("migrate"))
    ask(empty_database, "UPDATE kb.schema_migrations SET digest = 'x' WHERE number = 1")
    with pytest.raises(MigrationChangedError):
        run(cloudformation.event("Update"))
    [answer] = cloudformation.answers
    assert answer["Status"] == "FAILED"
    assert "0001_job_tables.sql was edited after it was applied" in answer["Reason"]
