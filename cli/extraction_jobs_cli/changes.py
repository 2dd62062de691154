"""Commands that change one job: create, approve, reject."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from extraction_jobs_cli import screen
from extraction_jobs_cli.exits import CommandError, Exit, of_jobs
from extraction_jobs_cli.options import Interval, JobId, Json, api_of
from extraction_jobs_cli.sources import object_types_of, read_document
from extraction_jobs_client.messages import Job, JobRequest

app = typer.Typer()


@app.command()
def approve(
    context: typer.Context,
    job_id: JobId,
    note: Annotated[
        str | None, typer.Option(help="Kept in the history.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """End a job's review: the result is good."""
    _show(api_of(context).approve(job_id, note), as_json=as_json)


@app.command()
def reject(
    context: typer.Context,
    job_id: JobId,
    note: Annotated[
        str | None, typer.Option(help="Kept in the history.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """End a job's review: the result is no good, the job failed."""
    _show(api_of(context).reject(job_id, note), as_json=as_json)


@app.command()
def create(
    context: typer.Context,
    file: Annotated[
        str | None,
        typer.Argument(
            help="The document, of any size that the service reads; - reads standard input.",
            show_default=False,
        ),
    ] = None,
    uri: Annotated[
        str | None,
        typer.Option("--uri", help="s3://bucket/org/key, instead of a file.", show_default=False),
    ] = None,
    types: Annotated[
        str | None,
        typer.Option(
            "--types",
            "-t",
            help="Ready-made sets, with commas between; or a file of JSON Schemas (*.json).",
            show_default=False,
        ),
    ] = None,
    source_type: Annotated[str, typer.Option(help="What the source is.")] = "document",
    source_id: Annotated[
        str | None, typer.Option(help="Your name for it.", show_default="the file's name")
    ] = None,
    idempotency_key: Annotated[
        str | None,
        typer.Option(help="Used again, it makes no second job.", show_default=False),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Wait for its end.")] = False,
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
        typer.echo(f"{job['id']} {job['status']}" if wait else job["id"])
    if wait:
        raise typer.Exit(of_jobs([job["status"]]))


def _show(job: Job, *, as_json: bool) -> None:
    if as_json:
        screen.print_json(job)
    else:
        typer.echo(f"{job['id']} {job['status']}")
