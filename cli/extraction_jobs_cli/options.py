"""The options that commands have in common, and what they find in the context."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from extraction_jobs_cli.api import Api


class Status(StrEnum):
    """A job's status."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    REQUIRES_REVIEW = "requires_review"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = {"completed", "requires_review", "failed", "cancelled"}

JobId = Annotated[str, typer.Argument(metavar="JOB", help="The job's id.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]
Statuses = Annotated[
    list[Status] | None,
    typer.Option("--status", "-s", help="Only these; may be repeated.", show_default=False),
]
SourceType = Annotated[str | None, typer.Option(help="Only of this type.", show_default=False)]
Stuck = Annotated[
    bool, typer.Option("--stuck", help="Only running jobs whose heartbeat is over the threshold.")
]
Interval = Annotated[
    float, typer.Option("--interval", "-n", min=0.05, help="Seconds between two looks.")
]


def api_of(context: typer.Context, org_id: str | None = None) -> Api:
    """The API that the command is for; made at first use, so that --help needs none.

    With an organisation it is for that one, and for no project.
    """
    made = context.obj(org_id)
    assert isinstance(made, Api)  # noqa: S101 - for the type checker: main puts it there
    return made
