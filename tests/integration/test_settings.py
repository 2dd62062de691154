"""A wrong environment is refused, naming the variable and the rule; a wrong database secret never tells itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit
from uuid import UUID

import pytest

from extraction_aws.clients import client
from extraction_aws.deployment import Deployment
from extraction_jobs.settings import SettingsError
from tests.conftest import Psql
from tests.integration.conftest import (
    Api,
    Environment,
    Invoke,
    Logs,
    failed_messages,
    message,
    sqs_event,
)
from tests.integration.lambda_events import SEED_JOB

# One for each rule that a setting has: no number, below and above its bounds, no finite number, none of a list.
WRONG = [
    ("ORPHAN_THRESHOLD_MINUTES", "5m"),
    ("ORPHAN_THRESHOLD_MINUTES", "nan"),
    ("JOB_TIMEOUT_MINUTES", "99999"),
    ("MAX_JOB_TIMEOUT_MINUTES", "29"),  # below JOB_TIMEOUT_MINUTES
    ("HEARTBEAT_SECONDS", "151"),  # above half of the threshold
    ("SWEEP_BATCH_SIZE", "1.5"),
    ("RECOVERY_RATE_PER_SECOND", "inf"),
    ("MAX_ATTEMPTS", "0"),
    ("RETAIN_JOBS_DAYS", "-1"),
    ("EXTRACTOR", "OFFLINE"),
    ("MODEL_INPUT_PRICE", "$3"),
    ("MODEL_PROMPT_CACHING", "yes"),
    ("MODEL_PROVIDER", "azure"),
    ("MODEL_BASE_URL", "https://user:secret@host/v1"),
    ("BEDROCK_GUARDRAIL_ID", "abc"),  # without its version
    ("DATABASE_SSLMODE", "VERIFY-FULL"),
    ("DATABASE_PROXY", "maybe"),
]


def test_a_wrong_value_is_refused_by_name() -> None:
    for name, value in WRONG:
        with pytest.raises(SettingsError, match=name):
            Deployment.from_environment({name: value})


def test_public_authorities_are_checked_in_full_or_not_at_all() -> None:
    system = {"DATABASE_SSLROOTCERT": "system"}
    assert Deployment.from_environment(system).database_sslmode == "verify-full"
    with pytest.raises(SettingsError, match=r"DATABASE_SSLMODE: must be verify-full when"):
        Deployment.from_environment(system | {"DATABASE_SSLMODE": "require"})


def test_a_model_needs_a_name() -> None:
    with pytest.raises(SettingsError, match=r"MODEL_ID: must be set"):
        Deployment.from_environment({"EXTRACTOR": "hybrid"})
    openai = {"EXTRACTOR": "model", "MODEL_ID": "m", "MODEL_PROVIDER": "openai"}
    with pytest.raises(SettingsError, match=r"MODEL_BASE_URL: must be set"):
        Deployment.from_environment(openai)


def test_a_budget_is_kept_where_nothing_is_spent_or_the_prices_are_known() -> None:
    model = {"EXTRACTOR": "model", "MODEL_ID": "m"}
    assert Deployment.from_environment({}).keeps_budgets
    assert not Deployment.from_environment(model).keeps_budgets
    assert Deployment.from_environment(model | {"MODEL_OUTPUT_PRICE": "15"}).keeps_budgets


def test_a_part_of_a_job_is_not_kept_longer_than_the_job() -> None:
    for part in ("RETAIN_RESULTS_DAYS", "RETAIN_HISTORIES_DAYS"):
        with pytest.raises(SettingsError, match=f"{part} must not be above RETAIN_JOBS_DAYS"):
            Deployment.from_environment({"RETAIN_JOBS_DAYS": "30", part: "31"})
        Deployment.from_environment({"RETAIN_JOBS_DAYS": "30", part: "30"})
        Deployment.from_environment({part: "31"})


def test_every_wrong_value_is_named_at_once() -> None:
    with pytest.raises(SettingsError, match=r"MAX_ATTEMPTS.*; SWEEP_BATCH_SIZE|SWEEP.*; MAX_ATT"):
        Deployment.from_environment({"MAX_ATTEMPTS": "0", "SWEEP_BATCH_SIZE": "x"})


def test_with_wrong_settings_every_function_fails_and_logs_the_variable(
    api: Api, work: Invoke, sweep: Invoke, bury: Invoke, environment: Environment, logs: Logs
) -> None:
    environment(MAX_ATTEMPTS="many")
    answer = api("GET", "/health")
    assert answer.status == 500
    assert "MAX_ATTEMPTS" not in answer.text, "callers have no business with it"
    assert failed_messages(work(sqs_event(message(_seed())))) == ["message-0"]
    with pytest.raises(SettingsError, match="MAX_ATTEMPTS"):
        sweep()
    assert failed_messages(bury(sqs_event(message(_seed())))) == ["message-0"]
    told = [line for line in logs.messages if "MAX_ATTEMPTS: " in line]
    assert len(told) >= 2


def test_without_a_queue_or_a_database_a_function_says_which_variable_is_missing(
    api: Api, sweep: Invoke, environment: Environment, logs: Logs
) -> None:
    environment(JOBS_QUEUE_URL="")
    assert api("GET", "/health").status == 500
    with pytest.raises(SettingsError, match="JOBS_QUEUE_URL: must be set"):
        sweep()
    environment(JOBS_QUEUE_URL="x", DATABASE_URL="", DATABASE_SECRET_ARN="")
    assert api("GET", "/health").status == 500
    assert "The settings are wrong: JOBS_QUEUE_URL: must be set" in logs.messages
    assert "The settings are wrong: DATABASE_SECRET_ARN: must be set" in logs.messages


def _seed() -> UUID:
    return UUID(SEED_JOB)


# ---------------------------------------------------------------- the database's secret


class Secret:
    """The secret of the database, as RDS writes it."""

    def __init__(self, database_url: str) -> None:
        url = urlsplit(database_url)
        self.fields: dict[str, object] = {
            "username": url.username,
            "password": unquote(url.password or ""),
            "host": url.hostname,
            "port": url.port,
            "dbname": url.path[1:],
        }
        self.arn = client("secretsmanager").create_secret(
            Name=url.path[1:], SecretString=json.dumps(self.fields)
        )["ARN"]

    def put(self, value: str) -> None:
        """Changes it, as a rotation does."""
        client("secretsmanager").put_secret_value(SecretId=self.arn, SecretString=value)

    def put_fields(self, **changes: object) -> None:
        """Changes some of it."""
        self.put(json.dumps(self.fields | changes))

    def delete(self) -> None:
        """Leaves nothing for the next test."""
        client("secretsmanager").delete_secret(SecretId=self.arn, ForceDeleteWithoutRecovery=True)


@pytest.fixture
def secret(environment: Environment, database_url: str) -> Iterator[Secret]:
    """The functions get the database's address from a secret."""
    secret = Secret(database_url)
    # The embedded Postgres has no TLS.
    environment(DATABASE_URL="", DATABASE_SECRET_ARN=secret.arn, DATABASE_SSLMODE="disable")
    yield secret
    secret.delete()


def test_host_port_and_name_of_the_environment_go_before_those_of_the_secret(
    api: Api, secret: Secret, environment: Environment
) -> None:
    right = {name: str(secret.fields[name]) for name in ("host", "port", "dbname")}
    secret.put_fields(host="nowhere.invalid", port=9, dbname="nothing")
    environment(
        DATABASE_HOST=right["host"], DATABASE_PORT=right["port"], DATABASE_NAME=right["dbname"]
    )
    assert api("GET", "/health").status == 200


def test_a_password_that_was_rotated_is_read_again_without_a_failed_request(
    api: Api, psql: Psql, secret: Secret
) -> None:
    psql("DROP ROLE IF EXISTS rotated")
    psql("CREATE ROLE rotated LOGIN PASSWORD 'first' IN ROLE pg_read_all_data")
    secret.put_fields(username="rotated", password="first")
    assert api("GET", "/health").status == 200
    psql("ALTER ROLE rotated PASSWORD 'second'")
    secret.put_fields(username="rotated", password="second")
    psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'rotated'")
    statuses = [api("GET", "/health").status for _ in range(2)]
    assert statuses[1] == 200, "the connection that was cut costs one 503 at most"


def test_a_secret_that_is_none_is_told_without_telling_it(
    api: Api, secret: Secret, environment: Environment, logs: Logs
) -> None:
    for value, told in (
        ("hunter2", "is not a JSON object"),
        ('["hunter2"]', "is not a JSON object"),
        ('{"password": "hunter2"}', "has no 'username'"),
        ('{"username": "u", "host": "h"}', "has no 'password'"),
        ('{"username": "u", "password": "hunter2"}', "has no 'host'"),
    ):
        secret.put(value)
        environment()
        assert api("GET", "/health").status == 500
        assert f"DATABASE_SECRET_ARN: the secret {told}" in logs.messages[-1]
    assert "hunter2" not in logs.text


def test_a_wrong_password_is_503_and_stays_unsaid(api: Api, secret: Secret, logs: Logs) -> None:
    secret.put_fields(password="hunter2")
    assert api("GET", "/health").status == 503
    assert any("password authentication failed" in each for each in logs.messages)
    assert "hunter2" not in logs.text


def test_a_secret_that_cannot_be_read_is_503_and_says_why(
    api: Api, sweep: Invoke, secret: Secret, environment: Environment, logs: Logs
) -> None:
    environment(DATABASE_SECRET_ARN=secret.arn + "x")
    assert api("GET", "/health").status == 503
    assert any("the secret cannot be read: ResourceNotFoundException" in m for m in logs.messages)


def test_a_connection_string_that_is_none_is_told_without_telling_it(
    api: Api, sweep: Invoke, work: Invoke, environment: Environment, logs: Logs
) -> None:
    for url in (
        "hunter2",
        "postgresql://app:hunter2@[::1/d",
        "host=h password=hunter2 colour=blue",
        "postgres:/app:hunter2@h/d",
    ):
        environment(DATABASE_URL=url)
        assert api("GET", "/health").status == 500
        with pytest.raises(SettingsError, match="DATABASE_URL: not a connection string") as raised:
            sweep()
        assert "hunter2" not in repr(raised.value)
        assert failed_messages(work(sqs_event(message(_seed())))) == ["message-0"]
    told = "The settings are wrong: DATABASE_URL: not a connection string"
    assert logs.messages.count(told) >= 4
    assert "hunter2" not in logs.text
