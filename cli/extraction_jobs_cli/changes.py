"""Commands that change jobs: create, retry, cancel, approve, reject."""

from __future__ import annotations

import sys
import uuid
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from extraction_jobs_cli import screen
from extraction_jobs_cli.exits import CommandError, Exit, of_jobs
from extraction_jobs_cli.options import (
    Interval,
    JobId,
    Json,
    SourceType,
    Statuses,
    Stuck,
    api_of,
)
from extraction_jobs_cli.sources import object_types_of, source_of
from extraction_jobs_cli.watching import until_ended

app = typer.Typer()

Ids = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="JOB", help="Ids; - reads them from standard input.", show_default=False
    ),
]
TextFilter = Annotated[
    str | None,
    typer.Option(
        "--text", help="Only with this in the id, the source or the error.", show_default=False
    ),
]
After = Annotated[
    datetime | None,
    typer.Option("--created-after", help="Made at this local time or later.", show_default=False),
]
Before = Annotated[
    datetime | None,
    typer.Option("--created-before", help="Made before this local time.", show_default=False),
]
Limit = Annotated[
    int, typer.Option("--limit", "-l", min=1, max=1000, help="At most so many, the oldest first.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show which jobs it would be.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before changing many.")]


@app.command()
def retry(
    context: typer.Context,
    ids: Ids = None,
    status: Statuses = None,
    source_type: SourceType = None,
    stuck: Stuck = False,
    text: TextFilter = None,
    created_after: After = None,
    created_before: Before = None,
    limit: Limit = 100,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Retry jobs: those named, or those of a filter (failed ones, unless it says more)."""
    wanted = _filter(ids, status, source_type, stuck, text, created_after, created_before)
    _change(context, "retry", wanted, limit, dry_run=dry_run, yes=yes, as_json=as_json)


@app.command()
def cancel(
    context: typer.Context,
    ids: Ids = None,
    status: Statuses = None,
    source_type: SourceType = None,
    stuck: Stuck = False,
    text: TextFilter = None,
    created_after: After = None,
    created_before: Before = None,
    limit: Limit = 100,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Cancel jobs for good: those named, or the pending and running ones of a filter."""
    wanted = _filter(ids, status, source_type, stuck, text, created_after, created_before)
    _change(context, "cancel", wanted, limit, dry_run=dry_run, yes=yes, as_json=as_json)


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
    _review(context, job_id, "approve", note, as_json=as_json)


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
    _review(context, job_id, "reject", note, as_json=as_json)


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
    body: dict[str, object] = {"source_type": source_type}
    body |= {"source_uri": uri} if uri else source_of(str(file), api)
    name = source_id or (Path(file).name if file and file != "-" else None)
    body |= {"source_id": name} if name else {}
    body |= {"extraction_config": {"object_types": object_types_of(types)}} if types else {}
    # A key of its own makes it safe to send again when the answer is lost.
    job = api.post_body("", body, idempotency_key=idempotency_key or str(uuid.uuid4()))
    if wait:
        [job] = until_ended(api, [job["id"]], interval=interval)
    if as_json:
        screen.print_json(job)
    else:
        typer.echo(f"{job['id']} {job['status']}" if wait else job["id"])
    if wait:
        raise typer.Exit(of_jobs([job["status"]]))


def _filter(
    ids: list[str] | None,
    status: Statuses,
    source_type: str | None,
    stuck: bool,
    text: str | None,
    created_after: datetime | None,
    created_before: datetime | None,
) -> dict[str, Any]:
    named = ids or []
    if named == ["-"]:
        named = sys.stdin.read().split()
        if not named:
            raise CommandError("No ids came from standard input.", Exit.USAGE)
    found = {
        "ids": named,
        "status": [str(each) for each in status or ()],
        "source_type": source_type,
        "stuck": stuck,
        "text": text,
        "created_after": _moment(created_after),
        "created_before": _moment(created_before),
    }
    found = {name: value for name, value in found.items() if value}
    if not found:
        raise CommandError("Say which jobs: ids, or a filter such as --status failed.", Exit.USAGE)
    return found


def _moment(local: datetime | None) -> str | None:
    return None if local is None else local.astimezone().isoformat()


def _change(
    context: typer.Context,
    verb: str,
    wanted: dict[str, Any],
    limit: int,
    *,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    api = api_of(context)
    if set(wanted) == {"ids"} and len(wanted["ids"]) == 1 and not dry_run:
        job = api.post(f"/{wanted['ids'][0]}/{verb}")
        if as_json:
            screen.print_json(job)
        else:
            typer.echo(f"{job['id']} {job['status']}")
        return
    body = {"filter": wanted, "limit": limit}
    if "ids" not in wanted and not dry_run and not yes:
        shown = api.post_body(f"/{verb}", body | {"dry_run": True})
        _ask(verb, shown)
        # Those that were shown, and no other that meets the filter by now; nor one that is something else by now.
        named = {"ids": [job["id"] for job in shown["jobs"]]}
        statuses = {"status": sorted({job["status"] for job in shown["jobs"]})}
        body = {"filter": wanted | named | statuses, "limit": limit}
    report = api.post_body(f"/{verb}", body | {"dry_run": dry_run})
    if as_json:
        screen.print_json(report)
    else:
        _show_report(verb, report)
    if report["skipped"]:
        raise typer.Exit(Exit.NOT_ALL_WELL)


def _ask(verb: str, preview: dict[str, Any]) -> None:
    """Shows what is about to be changed and asks; where nobody can be asked, --yes must have been given."""
    if not sys.stdin.isatty():
        raise CommandError(
            f"This would {verb} {preview['matched']} job(s). Give --yes to do it, or --dry-run to look.",
            Exit.USAGE,
        )
    _show_report(verb, preview, err=True)
    if not preview["jobs"] or not typer.confirm(f"{verb.title()} these?", err=True):
        raise typer.Exit(Exit.DONE)


def _show_report(verb: str, report: dict[str, Any], *, err: bool = False) -> None:
    done = {"retry": "retried", "cancel": "cancelled"}[verb]
    would = "would be " if report["dry_run"] else ""
    console = screen.console()
    console.stderr = err
    if report["jobs"]:
        table = screen.table("id", "was", "attempt", "created", "source")
        for job in report["jobs"]:
            source = " ".join(filter(None, (job["source_type"], job["source_id"])))
            table.add_row(
                screen.text(job["id"]),
                screen.status(job),
                screen.text(job["attempt"]),
                screen.text(screen.ago(job["created_at"])),
                screen.text(source),
            )
        console.print(table)
    for each in report["skipped"]:
        console.print(screen.text(f"{each['id']} skipped: {each['reason']}", "yellow"))
    more = "; more meet the filter" if report["truncated"] else ""
    unsent = f"; {report['unsent']} message(s) are left to the sweep" if report["unsent"] else ""
    console.print(screen.text(f"{report['matched']} job(s) {would}{done}{more}{unsent}."))


def _review(
    context: typer.Context, job_id: str, verb: str, note: str | None, *, as_json: bool
) -> None:
    job = api_of(context).post(f"/{job_id}/{verb}", {"note": note} if note else None)
    if as_json:
        screen.print_json(job)
    else:
        typer.echo(f"{job['id']} {job['status']}")
