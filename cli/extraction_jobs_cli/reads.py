"""Commands that read and change nothing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from extraction_jobs_cli import screen
from extraction_jobs_cli.exits import CommandError, Exit
from extraction_jobs_cli.options import JobId, Json, SourceType, Statuses, Stuck, api_of
from extraction_jobs_client.messages import FoundObject, Orphans, Statistics, Sweep

app = typer.Typer()


class Format(StrEnum):
    """The format of an export."""

    JSONL = "jsonl"
    CSV = "csv"


@app.command("list")
def list_jobs(
    context: typer.Context,
    status: Statuses = None,
    source_type: SourceType = None,
    stuck: Stuck = False,
    limit: Annotated[
        int, typer.Option("--limit", "-l", min=1, help="Show at most this many jobs.")
    ] = 50,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print only ids, one per line.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List jobs, newest first."""
    jobs = list(
        api_of(context).jobs(
            status=[each.value for each in status or ()],
            source_type=source_type,
            stuck=stuck,
            most=limit,
        )
    )
    if as_json:
        screen.print_json(jobs)
    elif quiet:
        for job in jobs:
            typer.echo(job["id"])
    elif jobs:
        console = screen.console()
        console.print(screen.jobs_table(jobs, console.width, ages=True))
    else:
        typer.echo("No jobs match.")


@app.command()
def show(context: typer.Context, job_id: JobId, as_json: Json = False) -> None:
    """Show one job and its progress."""
    job = api_of(context).job(job_id)
    if as_json:
        screen.print_json(job)
        return
    rate = job["items_per_minute"]
    screen.console().print(
        screen.facts(
            [
                ("job", job["id"]),
                ("status", screen.status(job)),
                ("source", " ".join(filter(None, (job["source_type"], job["source_id"])))),
                ("address", job["source_uri"]),
                ("priority", None if job["priority"] == "normal" else job["priority"]),
                ("waits for", screen.waits_for(job)),
                ("not before", _time(job["run_after"]) if job["waits_for"] == "time" else None),
                ("attempt", f"{job['attempt']} of {job['max_attempts']} (lease {job['lease']})"),
                (job["items_are"], f"{job['processed_items']} of {job['total_items']}"),
                (f"failed {job['items_are']}", job["failed_items"] or None),
                ("rate", f"{rate:.1f} {job['items_are']} per minute" if rate else None),
                ("left", screen.lasting(job["estimated_seconds_left"])),
                ("objects", job["objects_found"]),
                ("types", ", ".join(job["discovered_types"])),
                ("coverage", None if job["coverage"] is None else f"{job['coverage']:.0%}"),
                ("cost", f"{job['cost_usd']:.4f} USD" if job["cost_usd"] else None),
                ("created", _time(job["created_at"])),
                ("by", job["created_by"]),
                ("started", _time(job["started_at"])),
                ("heartbeat", _time(job["updated_at"] if job["status"] == "running" else None)),
                ("deadline", _time(job["deadline_at"])),
                ("ended", _time(job["completed_at"])),
                ("result deleted", _time(job["results_deleted_at"])),
                ("review", job["review_reason"]),
                ("error" if job["status"] == "failed" else "note", job["error_message"]),
            ]
        )
    )


@app.command()
def events(context: typer.Context, job_id: JobId, as_json: Json = False) -> None:
    """Show a job's history: who changed its status, when and why."""
    found = list(api_of(context).events(job_id))
    if as_json:
        screen.print_json(found)
        return
    table = screen.table("at", "attempt", "who", "from", "to", "why")
    for each in found:
        caller = (each["detail"] or {}).get("caller")
        table.add_row(
            screen.text(each["at"]),
            screen.text(each["attempt"]),
            screen.text(f"{each['actor']} ({caller})" if caller else each["actor"]),
            screen.text(each["from_status"]),
            screen.text(each["to_status"], screen.COLOURS.get(each["to_status"], "")),
            screen.text(each["reason"]),
        )
    screen.console().print(table)


@app.command()
def objects(context: typer.Context, job_id: JobId, as_json: Json = False) -> None:
    """Show what was found in the document: each value with its confidence and its quote."""
    found = list(api_of(context).objects(job_id))
    if as_json:
        screen.print_json(found)
        return
    show_objects(found)


@app.command()
def export(
    context: typer.Context,
    job_id: JobId,
    form: Annotated[Format, typer.Option("--format", "-f", help="The format of the file.")] = (
        Format.JSONL
    ),
    kind: Annotated[
        str | None, typer.Option("--type", help="Only objects of this type.", show_default=False)
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write to this file.", show_default="standard output"),
    ] = None,
) -> None:
    """Export a job's objects as JSON Lines, or as CSV for a spreadsheet."""
    pages = api_of(context).export(job_id, form.value, kind)
    first = next(pages)  # before a file is begun: the job may not be there
    if output is None:
        sys.stdout.buffer.write(first)
        sys.stdout.buffer.writelines(pages)
        sys.stdout.buffer.flush()
        return
    # Under its own name only when it is whole.
    part = output.with_name(output.name + ".part")
    try:
        with part.open("wb") as file:
            file.write(first)
            file.writelines(pages)
        part.replace(output)
    except OSError as error:
        raise CommandError(f"{output} cannot be written: {error.strerror}", Exit.USAGE) from None
    finally:
        part.unlink(missing_ok=True)


@app.command()
def stats(context: typer.Context, as_json: Json = False) -> None:
    """Show counts by status, ages, throughput and the last sweep."""
    found = api_of(context).statistics()
    if as_json:
        screen.print_json(found)
        return
    screen.console().print(
        screen.facts(
            [
                *((name, screen.text(n, screen.COLOURS[name])) for name, n in _counts(found)),
                ("paused", screen.pause(found["pause"])),
                ("oldest pending", screen.lasting(found["oldest_pending_seconds"])),
                ("oldest heartbeat", screen.lasting(found["oldest_heartbeat_seconds"])),
                ("orphans", found["orphans"]),
                ("completed, last hour", found["completed_last_hour"]),
                ("failed, last hour", found["failed_last_hour"]),
                ("last sweep", _last_sweep(found["last_sweep"], found["operator"])),
            ]
        )
    )


@app.command()
def orphans(context: typer.Context, as_json: Json = False) -> None:
    """Show running jobs whose worker seems to be dead, and what the next sweep will do with each."""
    found = api_of(context).orphans()
    if as_json:
        screen.print_json(found["items"])
    else:
        _show_orphans(found)


@app.command()
def sweep(
    context: typer.Context,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Required: this command only shows, and changes nothing."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what the next sweep would do for this project. The sweep itself runs every minute."""
    if not dry_run:
        raise CommandError(
            "The sweep runs every minute. Use --dry-run to see what the next one would do, or retry to act now.",
            Exit.USAGE,
        )
    found = api_of(context).orphans()
    if as_json:
        screen.print_json(found)
        return
    _show_orphans(found)
    typer.echo(f"Messages that it would send: {found['due_messages']}")


def show_objects(found: Sequence[FoundObject]) -> None:
    """Print a table for each object: its values with their confidence and quotes."""
    console = screen.console()
    for each in found:
        table = screen.table(
            *("property", "value", "confidence", "page", "quote"),
            title=f"{each['type']} ({each['confidence']:.2f})",
        )
        for path, value, leaf in screen.leaves("", each["properties"], each["evidence"]):
            citation = (leaf.get("citations") or [{}])[0]
            sure = leaf.get("confidence")
            table.add_row(
                screen.text(path),
                screen.text(value),
                screen.text("" if sure is None else f"{sure:.2f}"),
                screen.text(citation.get("page")),
                screen.text(citation.get("quote")),
            )
        console.print(table)
    if not found:
        typer.echo("No objects.")


def _show_orphans(found: Orphans) -> None:
    if not found["items"]:
        typer.echo(f"No orphans: no heartbeat is older than {found['threshold_minutes']:g} min.")
        return
    table = screen.table("id", "source", "attempt", "heartbeat", "the next sweep will")
    for each in found["items"]:
        table.add_row(
            screen.text(each["id"]),
            screen.text(each["source_type"]),
            screen.text(f"{each['attempt']}/{each['max_attempts']}"),
            screen.text(f"{screen.lasting(each['idle_seconds'])} ago"),
            screen.text(each["action"]),
        )
    screen.console().print(table)


def _counts(found: Statistics) -> list[tuple[str, int]]:
    return [(name, found["counts"].get(name, 0)) for name in screen.COLOURS]


def _last_sweep(sweep: Sweep | None, operator: bool) -> str:
    if not operator:
        return "shown to operators only"
    if sweep is None:
        return "none yet"
    done = ", ".join(
        f"{count} {words}"
        for count, words in (
            (sweep["recovered"], "recovered"),
            (sweep["failed"], "failed"),
            (sweep["redispatched"], "sent again"),
        )
    )
    errors = f"; errors: {'; '.join(sweep['errors'])}" if sweep["errors"] else ""
    return f"{screen.lasting(sweep['seconds_ago'])} ago: {done}{errors}"


def _time(at: str | None) -> str | None:
    return None if at is None else f"{at} ({screen.ago(at)})"
