"""Opening connections: with the credentials of a secret, or as the function's own role."""

from __future__ import annotations

import json
import os
import socket
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from extraction_aws.clients import client
from extraction_aws.deployment import Deployment
from extraction_aws.iam_login import login_token
from extraction_jobs.database import REPLY_SECONDS, Connection, Database, connect
from extraction_jobs.settings import SettingsError


class Connector:
    """Makes connections, by a secret or as the function's own IAM role.

    The secret is read once, and again when Postgres refuses it: it may have been rotated. A login by IAM is signed
    anew for each connection.

    Args:
        deployment: says where the database is and who logs in.
        application_name: what `pg_stat_activity` shows.
        reply_seconds: how long an answer may take before a connection counts as lost.
        checked: behind a proxy, whether a session's settings are looked at.
    """

    def __init__(
        self,
        deployment: Deployment,
        *,
        application_name: str,
        reply_seconds: float = REPLY_SECONDS,
        checked: bool = True,
    ) -> None:
        self._deployment = deployment
        self._application_name = application_name
        self._reply_seconds = reply_seconds
        self._checked = checked
        self._conninfo: str | None = None
        self._source = "DATABASE_URL" if deployment.database_url else "DATABASE_SECRET_ARN"

    def __call__(self) -> Connection:
        """A new connection.

        Raises:
            psycopg.OperationalError: Postgres, or the secret, cannot be reached now.
            SettingsError: the URL, the secret or the session's settings are not what they should be.
        """
        if self._deployment.logs_in_by_iam:
            self._conninfo = None
        fresh = self._conninfo is None
        try:
            return self._connect()
        except psycopg.OperationalError:
            if fresh or self._deployment.database_url:
                raise
            self._conninfo = None
            return self._connect()

    def _connect(self) -> Connection:
        if self._conninfo is None:
            self._conninfo = self._read_conninfo()
        try:
            return connect(
                self._conninfo,
                application_name=self._application_name,
                behind_proxy=self._deployment.database_proxy,
                reply_seconds=self._reply_seconds,
                checked=self._checked,
            )
        except psycopg.ProgrammingError:
            # libpq's message quotes the string, and the string holds the password.
            raise SettingsError(f"{self._source}: not a connection string") from None

    def _read_conninfo(self) -> str:
        deployment = self._deployment
        if deployment.database_url:
            return deployment.database_url
        login = self._by_iam() if deployment.logs_in_by_iam else self._by_secret()
        if deployment.database_sslrootcert:
            login["sslrootcert"] = deployment.database_sslrootcert
        return make_conninfo(sslmode=deployment.database_sslmode, **login)

    def _by_iam(self) -> dict[str, Any]:
        deployment = self._deployment
        user = deployment.required("database_user")
        host = deployment.required("database_host")
        port = deployment.database_port or "5432"
        return {
            "user": user,
            "password": login_token(host=host, port=port, user=user),
            "host": host,
            "port": port,
            "dbname": deployment.required("database_name"),
        }

    def _by_secret(self) -> dict[str, Any]:
        deployment = self._deployment
        secret = self._read_secret(deployment.required("database_secret_arn"))
        try:
            return {
                "user": secret["username"],
                "password": secret["password"],
                "host": deployment.database_host or secret["host"],
                "port": deployment.database_port or secret.get("port", 5432),
                "dbname": deployment.database_name or secret.get("dbname", "postgres"),
            }
        except KeyError as error:
            raise SettingsError(f"DATABASE_SECRET_ARN: the secret has no {error}") from None

    def _read_secret(self, arn: str) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = client("secretsmanager").get_secret_value(SecretId=arn)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "unknown")
            raise psycopg.OperationalError(f"the secret cannot be read: {code}") from None
        except BotoCoreError as error:
            kind = type(error).__name__
            raise psycopg.OperationalError(f"the secret cannot be read: {kind}") from None
        try:
            secret = json.loads(answer["SecretString"])
        except (KeyError, ValueError):
            secret = None
        if not isinstance(secret, dict):
            raise SettingsError("DATABASE_SECRET_ARN: the secret is not a JSON object")
        return secret


def open_database(deployment: Deployment) -> Database:
    """A Database that connects at first use."""
    return Database(Connector(deployment, application_name=process_name()))


def process_name() -> str:
    """Who this process is: its log stream in Lambda, host:pid elsewhere.

    Read at each use: Lambda names the log stream before it runs the function.
    """
    return os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME") or f"{socket.gethostname()}:{os.getpid()}"
