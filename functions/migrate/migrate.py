"""The migrations' Lambda function: CloudFormation calls it at each deploy, an operator with {}."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import psycopg
from aws_lambda_powertools.utilities.typing import LambdaContext

from extraction_aws.deployment import deployment
from extraction_aws.logs import set_up_logging
from extraction_aws.postgres import Connector
from extraction_jobs.announcements import switch_announcing
from extraction_jobs.migrate import MigrationChangedError, MigrationsRunningError, migrate
from extraction_jobs.settings import SettingsError

logger = set_up_logging("migrate")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Applies the migrations that are new; answers CloudFormation if it is the one who asks.

    A deletion of the stack leaves the tables: they are the customer's data.

    Raises:
        Exception: whatever went wrong, if it was not CloudFormation who asked.
    """
    if "ResponseURL" not in event:
        return {"applied": _apply()}
    try:
        applied = [] if event["RequestType"] == "Delete" else _apply()
    except Exception as error:
        logger.exception("The migrations failed")
        # Without an answer the deploy would hang until it times out.
        _answer(event, context, "FAILED", {}, f"{type(error).__name__}: {_told(error)}")
        raise
    _answer(event, context, "SUCCESS", {"Applied": ", ".join(applied) or "none"}, "Done")
    return {"applied": applied}


def _apply() -> list[str]:
    settings = deployment()
    with Connector(settings, application_name="migrate")() as connection:
        applied = migrate(connection, roles=settings.database_roles)
        announcing = bool(settings.event_bus_name)
        if switch_announcing(connection, on=announcing):
            logger.info("Endings are %s", "announced" if announcing else "no longer announced")
    logger.info("Migrations applied: %s", ", ".join(applied) or "none")
    return applied


def _answer(
    event: dict[str, Any],
    context: LambdaContext,
    status: str,
    data: dict[str, str],
    reason: str,
) -> None:
    """Puts the outcome where CloudFormation waits for it."""
    body = {
        "Status": status,
        "Reason": f"{reason} (log stream {context.log_stream_name})"[:1000],
        # Never changes, so that CloudFormation never replaces (and so deletes) the resource.
        "PhysicalResourceId": "extraction-jobs-migrations",
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": data,
    }
    request = urllib.request.Request(  # noqa: S310 - the address comes from CloudFormation
        event["ResponseURL"],
        data=json.dumps(body).encode(),
        method="PUT",
        headers={"Content-Type": ""},
    )
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310
        pass


def _told(error: Exception) -> str:
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        return error.diag.message_primary
    ours = isinstance(error, MigrationChangedError | MigrationsRunningError | SettingsError)
    return str(error) if ours else "see the function's log"
