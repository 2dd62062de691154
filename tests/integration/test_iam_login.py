"""A function logs in to RDS as its own role: the token is the one that AWS's own client makes, fresh each time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import boto3
import botocore.auth
import pytest
from psycopg.conninfo import conninfo_to_dict

from extraction_aws.iam_login import login_token
from tests.conftest import Psql
from tests.integration.conftest import Api, Environment, Logs

HOST, PORT, USER = "jobs.proxy-abc.eu-west-1.rds.amazonaws.com", "5432", "extraction_jobs_api"


class Now:
    """The signer's clock."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 25, 9, 0, tzinfo=UTC).replace(tzinfo=None)

    def __call__(self, *_: object, **__: object) -> datetime:
        return self.time


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Now:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret/key")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session+token==")
    now = Now()
    monkeypatch.setattr(botocore.auth, "get_current_datetime", now)
    return now


def test_the_token_is_the_one_that_the_client_of_rds_makes(now: Now) -> None:
    session = boto3.Session(
        aws_access_key_id="AKIAEXAMPLE",
        aws_secret_access_key="secret/key",
        aws_session_token="session+token==",
        region_name="eu-west-1",
    )
    theirs = session.client("rds").generate_db_auth_token(
        DBHostname=HOST, Port=int(PORT), DBUsername=USER
    )
    ours = login_token(host=HOST, port=PORT, user=USER)
    told = [
        (each.netloc, parse_qs(each.query)) for each in map(urlsplit, (f"//{ours}", f"//{theirs}"))
    ]
    assert told[0] == told[1]
    assert told[0][1]["X-Amz-Expires"] == ["900"]


def test_each_connection_is_made_with_a_fresh_token(
    now: Now, psql: Psql, api: Api, environment: Environment, database_url: str
) -> None:
    at = {name: str(value) for name, value in conninfo_to_dict(database_url).items()}
    port = at.get("port", "5432")

    def let_in() -> None:
        token = login_token(host=at["host"], port=port, user="by_iam")
        psql(f"ALTER ROLE by_iam PASSWORD '{token}'")

    psql("DROP ROLE IF EXISTS by_iam")
    psql("CREATE ROLE by_iam LOGIN IN ROLE pg_read_all_data")
    let_in()
    environment(
        DATABASE_URL="",
        DATABASE_USER="by_iam",
        DATABASE_HOST=at["host"],
        DATABASE_PORT=port,
        DATABASE_NAME=at["dbname"],
        DATABASE_SSLMODE="disable",
    )
    assert api("GET", "/health").status == 200
    now.time += timedelta(minutes=20)
    let_in()
    psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'by_iam'")
    assert [api("GET", "/health").status for _ in range(2)][1] == 200


def test_a_login_without_credentials_names_what_is_missing_and_no_token_is_logged(
    now: Now,
    monkeypatch: pytest.MonkeyPatch,
    api: Api,
    environment: Environment,
    database_url: str,
    logs: Logs,
) -> None:
    at = conninfo_to_dict(database_url)
    environment(
        DATABASE_URL="",
        DATABASE_USER="nobody_here",
        DATABASE_HOST=str(at["host"]),
        DATABASE_PORT=str(at.get("port", 5432)),
        DATABASE_NAME=str(at["dbname"]),
        DATABASE_SSLMODE="disable",
    )
    assert api("GET", "/health").status == 503
    assert "X-Amz-Signature" not in logs.text
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert api("GET", "/health").status == 500
    assert any("AWS_ACCESS_KEY_ID: must be set to log in by IAM" in each for each in logs.messages)
