"""The options that several commands have, and the client that they use."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from extraction_jobs_client import Client


class Status(StrEnum):
    """A job's status."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    REQUIRES_REVIEW = "requires_review"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Priority(StrEnum):
    """A job's priority."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


JobId = Annotated[str, typer.Argument(metavar="JOB", help="The job id.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Statuses = Annotated[
    list[Status] | None,
    typer.Option(
        "--status", "-s", help="Only jobs with this status; can be repeated.", show_default=False
    ),
]
SourceType = Annotated[
    str | None, typer.Option(help="Only jobs of this source type.", show_default=False)
]
Stuck = Annotated[
    bool, typer.Option("--stuck", help="Only running jobs whose last heartbeat is too old.")
]
Interval = Annotated[
    float, typer.Option("--interval", "-n", min=0.05, help="Seconds between two requests.")
]


def api_of(
    context: typer.Context,
    org_id: str | None = None,
    *,
    needs: Sequence[str] = ("org_id", "project_id"),
) -> Client:
    """The API that the command is for.

    Args:
        context: main put into it how to connect, so that --help needs no deployment.
        org_id: goes before the organisation of the options.
        needs: which of the two must be known.
    """
    made = context.obj(org_id, needs)
    assert isinstance(made, Client)  # noqa: S101 - for the type checker
    return made
