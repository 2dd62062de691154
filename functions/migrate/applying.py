"""Applies the migrations to the database that the environment names."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from extraction_aws.deployment import deployment
from extraction_aws.logs import set_up_logging
from extraction_aws.postgres import Connector
from extraction_jobs.migrate import migrate

logger = set_up_logging("migrate")

# Kept free at the function's end: to cancel what runs (20 s) and to answer CloudFormation (53 s).
MARGIN_SECONDS = 90.0
_CANCEL_SECONDS = 20.0


@logger.inject_lambda_context
def apply(event: dict[str, Any], context: LambdaContext) -> list[str]:  # noqa: ARG001
    """Applies what is new before this invocation ends; returns the names of the files.

    Raises:
        SettingsError: the environment is not what it should be.
        psycopg.Error: the database cannot be reached, or a file failed.
        MigrationChangedError, MigrationsRunningError, MigrationsOutOfTimeError: see there.
    """

    def seconds_left() -> float:
        return context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS

    try:
        settings = deployment()
        connector = Connector(
            settings,
            application_name="migrate",
            # A statement may take as long as the run: an index on a large table takes minutes.
            reply_seconds=max(seconds_left(), 0) + _CANCEL_SECONDS,
            checked=False,  # this is what puts them right
        )
        with connector() as connection:
            applied = migrate(
                connection,
                roles=settings.database_roles,
                announcing=bool(settings.event_bus_name),
                webhooks=settings.calls_webhooks,
                seconds_left=seconds_left,
            )
    except Exception:
        logger.exception("The migrations failed")
        raise
    logger.info("Migrations applied: %s", ", ".join(applied) or "none")
    return applied
