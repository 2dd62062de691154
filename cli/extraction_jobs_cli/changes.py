"""Commands that change one job: create, approve, reject."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from extraction_jobs_cli import screen
from extraction_jobs_cli.exits import CommandError, Exit, of_jobs
from extraction_jobs_cli.options import Interval, JobId, Json, Priority, api_of
from extraction_jobs_cli.sources import object_types_of, read_document
from extraction_jobs_client.messages import Job, JobRequest

app = typer.Typer()


@app.command()
def approve(
    context: typer.Context,
    job_id: JobId,
    note: Annotated[
        str | None, typer.Option(help="A note for the job's history.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Approve the result of a job that requires review: the job is completed."""
    _show(api_of(context).approve(job_id, note), as_json=as_json)


@app.command()
def reject(
    context: typer.Context,
    job_id: JobId,
    note: Annotated[
        str | None, typer.Option(help="A note for the job's history.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Reject the result of a job that requires review: the job is failed."""
    _show(api_of(context).reject(job_id, note), as_json=as_json)


@app.command()
def create(
    context: typer.Context,
    file: Annotated[
        str | None,
        typer.Argument(
            help="The document; - reads standard input.",
            show_default=False,
        ),
    ] = None,
    uri: Annotated[
        str | None,
        typer.Option(
            "--uri",
            help="Address of the document in S3, s3://bucket/org/key, instead of a file.",
            show_default=False,
        ),
    ] = None,
    types: Annotated[
        str | None,
        typer.Option(
            "--types",
            "-t",
            help="What to extract: names of ready-made sets, separated by commas, or a .json file of JSON Schemas.",
            show_default=False,
        ),
    ] = None,
    source_type: Annotated[
        str, typer.Option(help="The kind of source, in your own words.")
    ] = "document",
    source_id: Annotated[
        str | None,
        typer.Option(help="Your own name for the source.", show_default="the file's name"),
    ] = None,
    idempotency_key: Annotated[
        str | None,
        typer.Option(
            help="With the same key, a second call returns the first job.", show_default=False
        ),
    ] = None,
    run_after: Annotated[
        str | None,
        typer.Option(
            help="Do not start the job before this date and time, with its zone, like 2026-03-02T22:00:00+01:00.",
            show_default=False,
        ),
    ] = None,
    priority: Annotated[
        Priority, typer.Option(help="Which of your organisation's waiting jobs starts first.")
    ] = Priority.NORMAL,
    wait: Annotated[
        bool, typer.Option("--wait", "-w", help="Wait until the job has ended.")
    ] = False,
    interval: Interval = 1.0,
    as_json: Json = False,
) -> None:
    """Create a job for a document."""
    if (file is None) == (uri is None):
        raise CommandError("Give a file, or an address with --uri.", Exit.USAGE)
    api = api_of(context)
    file_name = Path(file).name if file and file != "-" else None
    request: JobRequest = {
        "source_type": source_type,
        "source_id": source_id or file_name,
        "source_uri": uri,
        "run_after": run_after,
        "priority": priority.value,
    }
    if types:
        request["extraction_config"] = {"object_types": object_types_of(types)}
    job = api.create(
        None if file is None else read_document(file),
        file_name=file_name or "document",
        idempotency_key=idempotency_key,
        **request,
    )
    if wait:
        job = api.wait(job["id"], interval_seconds=interval)
    if as_json:
        screen.print_json(job)
    else:
        typer.echo(screen.outcome(job) if wait else job["id"])
    if wait:
        raise typer.Exit(of_jobs([job["status"]]))


def _show(job: Job, *, as_json: bool) -> None:
    if as_json:
        screen.print_json(job)
    else:
        typer.echo(screen.outcome(job))
