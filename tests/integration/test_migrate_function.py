"""The migrations' function: applied once, by one at a time, all or nothing; CloudFormation always gets its answer."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import psycopg
import pytest
from psycopg.rows import dict_row

import applying
import migrate as migrate_function
from cloudformation import answer
from extraction_aws.deployment import deployment
from extraction_aws.postgres import Connector
from extraction_jobs import migrate as library
from extraction_jobs.migrate import MigrationChangedError, migrate
from extraction_jobs.migration_files import Migration, migrations
from extraction_jobs.migration_run import LOCK, MigrationsOutOfTimeError, MigrationsRunningError
from extraction_jobs.settings import SettingsError
from tests.integration.conftest import Logs
from tests.integration.lambda_events import Event, FakeContext, event_of, lambda_context
from tests.serving import Asked, Reply, answering
from tests.waiting import until

ALL = [migration.name for migration in migrations()]


@pytest.fixture
def empty_database(bare_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database with nothing in it, which the function is told to use."""
    monkeypatch.setenv("DATABASE_URL", bare_database)
    deployment.cache_clear()
    yield bare_database
    deployment.cache_clear()


def run(event: Event, context: Any = None) -> dict[str, Any]:
    return migrate_function.handler(event, context or lambda_context())


@dataclass
class EndingContext(FakeContext):
    """A context whose time runs, with `seconds` left for the migrations when it is made."""

    seconds: float = 0.0
    made_at: float = field(default_factory=time.monotonic)

    def get_remaining_time_in_millis(self) -> int:
        """What is left now."""
        left = applying.MARGIN_SECONDS + self.seconds - (time.monotonic() - self.made_at)
        return int(left * 1000)


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


def test_of_runs_at_the_same_moment_one_applies_and_the_others_find_nothing_to_do(
    empty_database: str,
) -> None:
    waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'migrate'"
    with ThreadPoolExecutor(3) as pool, psycopg.connect(empty_database) as holder:
        holder.execute(b"SELECT pg_advisory_xact_lock(%s)", [LOCK])
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
    # Up to the first that runs outside a transaction: what was before that one is kept.
    together = takewhile(lambda each: each.outside_a_transaction is None, migrations())
    wanted = [*together, Migration(9999, "9999_broken.sql", b"SELECT 1 / 0")]
    with (
        psycopg.connect(empty_database, autocommit=True, row_factory=dict_row) as connection,
        pytest.raises(psycopg.errors.DivisionByZero),
    ):
        migrate(connection, wanted)
    assert ask(empty_database, SCHEMA.replace("'kb'::regnamespace", "0")) == []
    assert run(event_of("migrate")) == {"applied": ALL}


# ---------------------------------------------------------------- CloudFormation


@dataclass
class CloudFormation:
    """Where CloudFormation waits for the answer. `refusals`: the status codes of the next ones; then 200."""

    address: str = ""
    answers: list[dict[str, Any]] = field(default_factory=list)
    content_types: list[str | None] = field(default_factory=list)
    refusals: list[int] = field(default_factory=list)

    def reply(self, asked: Asked) -> Reply:
        status = self.refusals.pop(0) if self.refusals else 200
        if status == 200:
            self.answers.append(json.loads(asked.body))
            self.content_types.append(asked.headers.get("content-type"))
        return status, {}, b""

    def event(self, kind: str = "Create") -> Event:
        """What it would ask."""
        return event_of("migrate-create") | {"RequestType": kind, "ResponseURL": self.address}


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    """See CloudFormation."""
    started = CloudFormation()
    with answering(started.reply) as started.address:
        yield started


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
    monkeypatch.setenv("DATABASE_SSLMODE", "no such mode")
    deployment.cache_clear()
    assert run(cloudformation.event("Delete")) == {"applied": []}
    assert cloudformation.answers[-1]["Status"] == "SUCCESS"
    assert ask(empty_database, LEDGER)


def test_a_database_that_is_not_there_fails_the_deploy_with_a_reason(
    empty_database: str, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch, logs: Logs
) -> None:
    nowhere = "postgresql://app:hunter2@127.0.0.1:9/spec"
    told = "OperationalError: see the log of the function"
    for value, error, reason in (
        (nowhere, psycopg.OperationalError, told),
        ("hunter2", SettingsError, "DATABASE_URL: not a connection"),
    ):
        monkeypatch.setenv("DATABASE_URL", value)
        deployment.cache_clear()
        with pytest.raises(error):
            run(cloudformation.event("Create"))
        answer = cloudformation.answers[-1]
        assert answer["Status"] == "FAILED"
        assert reason in answer["Reason"]
        assert "hunter2" not in json.dumps(answer) + logs.text
        assert "The migrations failed" in logs.messages


def test_a_file_that_fails_is_named_in_the_answer(
    empty_database: str, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Migration(9001, "9001_broken.sql", b"SELECT 1 / 0")
    monkeypatch.setattr(library, "migrations", lambda: [*migrations(), broken])
    with pytest.raises(psycopg.errors.DivisionByZero):
        run(cloudformation.event("Update"))
    [answered] = cloudformation.answers
    assert answered["Status"] == "FAILED"
    assert answered["Reason"].startswith("9001_broken.sql: DivisionByZero: division by zero")


def test_an_answer_that_does_not_arrive_is_sent_again_and_the_last_failure_is_told(
    cloudformation: CloudFormation,
) -> None:
    pauses: list[float] = []
    cloudformation.refusals = [500, 503]
    answer(cloudformation.event(), "a stream", "SUCCESS", "Done", {}, sleep=pauses.append)
    assert [each["Status"] for each in cloudformation.answers] == ["SUCCESS"]
    assert len(pauses) == 2

    cloudformation.refusals = [500] * 4
    with pytest.raises(HTTPError):
        answer(cloudformation.event(), "a stream", "SUCCESS", "Done", {}, sleep=pauses.append)
    assert len(cloudformation.answers) == 1
    assert sum(pauses[2:]) < 15


def test_an_answer_fits_into_what_cloudformation_takes(cloudformation: CloudFormation) -> None:
    answer(cloudformation.event(), "a stream", "FAILED", "x" * 5000, {"Applied": "y" * 5000})
    assert len(json.dumps(cloudformation.answers[0])) < 4096


@pytest.mark.parametrize(("kind", "status"), [("Create", "FAILED"), ("Delete", "SUCCESS")])
def test_a_layer_that_cannot_be_imported_is_answered_too(
    cloudformation: CloudFormation, kind: str, status: str
) -> None:
    folder = Path(migrate_function.__file__).parent
    program = (
        f"import json, sys, types; sys.path.insert(0, {str(folder)!r}); import migrate;"
        "migrate.handler(json.load(sys.stdin), types.SimpleNamespace(log_stream_name='a stream'))"
    )
    event = json.dumps(cloudformation.event(kind))
    # No site-packages: nothing of the two layers.
    command = [sys.executable, "-I", "-S", "-c", program]
    ended = subprocess.run(command, input=event, capture_output=True, text=True, check=False)
    [answered] = cloudformation.answers
    assert answered["Status"] == status
    assert (ended.returncode == 0) == (status == "SUCCESS")
    if status == "FAILED":
        assert answered["Reason"].startswith("ModuleNotFoundError: No module named")


# ---------------------------------------------------------------- another run, and the end of this one


@contextmanager
def dead_run(url: str) -> Iterator[int]:
    """A session that a run left behind, with the lock; gives its process in Postgres."""
    with psycopg.connect(url, autocommit=True, application_name="migrate") as session:
        session.execute(b"SELECT pg_advisory_lock(%s)", [LOCK])
        yield session.info.backend_pid


def test_with_nothing_to_apply_the_lock_of_a_dead_run_is_not_waited_for(
    empty_database: str, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_ROLES", "true")
    deployment.cache_clear()
    run(event_of("migrate"))
    # Nor for the switch of announcements.
    monkeypatch.setenv("EVENT_BUS_NAME", "default")
    deployment.cache_clear()
    enabled = "SELECT tgenabled FROM pg_trigger WHERE tgname = 'announce_ending'"
    [before] = ask(empty_database, enabled)
    with dead_run(empty_database):
        assert run(cloudformation.event("Update")) == {"applied": []}
    assert cloudformation.answers[-1]["Status"] == "SUCCESS"
    [after] = ask(empty_database, enabled)
    assert (before["tgenabled"], after["tgenabled"]) == ("D", "O")


def test_with_something_to_apply_a_run_that_waits_in_vain_says_who_holds_the_lock(
    empty_database: str, cloudformation: CloudFormation
) -> None:
    with dead_run(empty_database) as pid, pytest.raises(MigrationsRunningError):
        run(cloudformation.event("Update"), EndingContext(seconds=0.3))
    [answered] = cloudformation.answers
    assert answered["Status"] == "FAILED"
    for told in (f"process {pid} of Postgres", "'migrate', connected since 20", ", idle)"):
        assert told in answered["Reason"]
    assert f"pg_terminate_backend({pid})" in answered["Reason"]


def test_a_ledger_that_is_ahead_of_the_code_is_fine_and_logged(
    empty_database: str, cloudformation: CloudFormation, logs: Logs
) -> None:
    run(event_of("migrate"))
    ask(
        empty_database,
        "INSERT INTO kb.schema_migrations (number, name, digest) VALUES (9001, '9001_newer.sql', 'x')",
    )
    assert run(cloudformation.event("Update")) == {"applied": []}
    assert cloudformation.answers[-1]["Status"] == "SUCCESS"
    [line] = [each for each in logs.lines if "does not know" in each["message"]]
    assert line["level"] == "WARNING"
    assert line["message"].endswith(": 9001_newer.sql")


def test_a_file_may_take_longer_than_an_ordinary_answer(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connector.__init__, "__kwdefaults__", {"reply_seconds": 0.3})
    slow = Migration(9001, "9001_slow.sql", b"SELECT pg_sleep(0.6)")
    monkeypatch.setattr(library, "migrations", lambda: [*migrations(), slow])
    assert run(event_of("migrate")) == {"applied": [*ALL, slow.name]}


def test_at_its_own_end_the_function_cancels_the_file_and_answers_and_the_next_run_goes_on(
    empty_database: str, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(event_of("migrate"))
    slow = Migration(9001, "9001_slow.sql", b"SELECT pg_sleep(100)")
    monkeypatch.setattr(library, "migrations", lambda: [*migrations(), slow])
    context = EndingContext(seconds=1.0)
    with pytest.raises(MigrationsOutOfTimeError):
        run(cloudformation.event("Update"), context)
    [answered] = cloudformation.answers
    assert answered["Status"] == "FAILED"
    assert "There was no time left to finish 9001_slow.sql." in answered["Reason"]
    assert context.get_remaining_time_in_millis() > 80_000, "cancelled at once: time to answer"
    sessions = "SELECT pid FROM pg_stat_activity WHERE application_name = 'migrate'"
    until(lambda: ask(empty_database, sessions) == [])

    mended = Migration(9001, "9001_slow.sql", b"SELECT pg_sleep(0)")
    monkeypatch.setattr(library, "migrations", lambda: [*migrations(), mended])
    assert run(cloudformation.event("Update")) == {"applied": [mended.name]}
