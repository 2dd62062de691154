"""`retry` and `cancel`: one job, some by their ids, or those of a filter."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, cast

import typer

from extraction_jobs_cli import screen
from extraction_jobs_cli.exits import CommandError, Exit
from extraction_jobs_cli.options import Json, SourceType, Statuses, Stuck, api_of
from extraction_jobs_client import Client, ExtractionJobsError
from extraction_jobs_client.messages import BulkJob, BulkReport, Filter

app = typer.Typer()
Action = Literal["retry", "cancel"]
_DONE: dict[Action, str] = {"retry": "retried", "cancel": "cancelled"}
_MOST = 1000  # jobs in one call
_FEW = 100  # jobs of a filter, unless the caller says how many

Ids = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="JOB", help="Job ids; - reads them from standard input.", show_default=False
    ),
]
TextFilter = Annotated[
    str | None,
    typer.Option(
        "--text",
        help="Only jobs with this text in the id, the source or the error.",
        show_default=False,
    ),
]
After = Annotated[
    datetime | None,
    typer.Option(
        "--created-after", help="Only jobs created at this local time or later.", show_default=False
    ),
]
Before = Annotated[
    datetime | None,
    typer.Option(
        "--created-before", help="Only jobs created before this local time.", show_default=False
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(
        *("--limit", "-l"),
        min=1,
        max=_MOST,
        help="Of a filter, change at most this many jobs, oldest first.",
        show_default="100",
    ),
]
Every = Annotated[
    bool, typer.Option("--all", help="Change all jobs that match. The total is shown first.")
]
Rejected = Annotated[
    bool, typer.Option("--rejected", help="Retry jobs whose result a person rejected, too.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show which jobs would change, and change nothing.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]


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
    rejected: Rejected = False,
    limit: Limit = None,
    every: Every = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Retry jobs, by id or by filter. A filter without a status means failed jobs, but rejected ones only if asked."""
    wanted = _filter(ids, status, source_type, stuck, text, created_after, created_before)
    if rejected:
        wanted["rejected"] = True
    _change(context, "retry", wanted, limit, every, dry_run, yes, as_json)


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
    limit: Limit = None,
    every: Every = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Cancel jobs, by id or by filter. A filter without a status means pending and running jobs."""
    wanted = _filter(ids, status, source_type, stuck, text, created_after, created_before)
    _change(context, "cancel", wanted, limit, every, dry_run, yes, as_json)


def _filter(
    ids: list[str] | None,
    status: Statuses,
    source_type: str | None,
    stuck: bool,
    text: str | None,
    created_after: datetime | None,
    created_before: datetime | None,
) -> Filter:
    named = ids or []
    if named == ["-"]:
        named = sys.stdin.read().split()
        if not named:
            raise CommandError("There are no ids on standard input.", Exit.USAGE)
    found = {
        "ids": named,
        "status": [each.value for each in status or ()],
        "source_type": source_type,
        "stuck": stuck,
        "text": text,
        "created_after": _moment(created_after),
        "created_before": _moment(created_before),
    }
    given = {name: value for name, value in found.items() if value}
    if not given:
        raise CommandError("Say which jobs: ids, or a filter such as --status failed.", Exit.USAGE)
    return cast("Filter", given)


def _moment(local: datetime | None) -> str | None:
    return None if local is None else local.astimezone().isoformat()


def _change(
    context: typer.Context,
    action: Action,
    wanted: Filter,
    limit: int | None,
    every: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    api, ids = api_of(context), wanted.get("ids")
    if ids and (every or limit is not None):
        raise CommandError("--all and --limit need a filter, not ids.", Exit.USAGE)
    if ids and len(ids) == len(wanted) == 1 and not dry_run:
        job = api.retry(ids[0]) if action == "retry" else api.cancel(ids[0])
        if as_json:
            screen.print_json(job)
        else:
            typer.echo(screen.outcome(job))
        return
    most = limit or _FEW
    if ids:
        report = _change_named(api, action, wanted, ids, dry_run=dry_run)
    elif yes and not every:
        report = api.change_many(action, wanted, limit=most, dry_run=dry_run)
    else:
        report = (
            _all(api, action, wanted)
            if every
            else api.change_many(action, wanted, limit=most, dry_run=True)
        )
        if not dry_run:
            _confirm(report, listed=not every, yes=yes)
            report = _change_shown(api, action, wanted, report["jobs"])
    if as_json:
        screen.print_json(report)
    else:
        _show_report(report)
    if report["skipped"]:
        raise typer.Exit(Exit.NOT_ALL_WELL)


def _all(api: Client, action: Action, wanted: Filter) -> BulkReport:
    """A dry run without a limit, page by page."""
    found = api.change_many(action, wanted, limit=_MOST, dry_run=True)
    page = found
    while page["truncated"] and page["jobs"]:
        last = page["jobs"][-1]["id"]
        page = api.change_many(action, wanted, limit=_MOST, dry_run=True, after=last)
        found["jobs"] += page["jobs"]
    return {**found, "matched": len(found["jobs"]), "truncated": False}


def _confirm(preview: BulkReport, *, listed: bool, yes: bool) -> None:
    """Shows what is about to be changed and asks; where nobody can be asked, --yes must have been given."""
    verb = preview["action"]
    if not yes and not sys.stdin.isatty():
        raise CommandError(
            f"This would {verb} {preview['matched']} job(s). Add --yes to do it, or --dry-run to see the list.",
            Exit.USAGE,
        )
    _show_report(preview, err=True, listed=listed)
    if not preview["jobs"]:
        raise typer.Exit(Exit.DONE)
    if not yes and not typer.confirm(f"{verb.title()} these?", err=True):
        raise typer.Exit(Exit.DONE)


def _change_shown(
    api: Client, action: Action, wanted: Filter, jobs: Sequence[BulkJob]
) -> BulkReport:
    """Changes the jobs that were shown: no other that matches by now, and none that has another status by now."""
    statuses = sorted({job["status"] for job in jobs})
    return _change_named(api, action, {**wanted, "status": statuses}, [job["id"] for job in jobs])


def _change_named(
    api: Client, action: Action, wanted: Filter, ids: Sequence[str], *, dry_run: bool = False
) -> BulkReport:
    """Changes all these jobs, in as many calls as it takes."""
    total = BulkReport(
        action=action, dry_run=dry_run, matched=0, jobs=[], skipped=[], truncated=False, unsent=0
    )
    for first in range(0, len(ids), _MOST):
        part: Filter = {**wanted, "ids": list(ids[first : first + _MOST])}
        try:
            done = api.change_many(action, part, limit=_MOST, dry_run=dry_run)
        except (ExtractionJobsError, KeyboardInterrupt):
            if not dry_run:
                typer.echo(
                    f"{total['matched']} job(s) were {_DONE[action]} before this. Repeat the command to continue.",
                    err=True,
                )
            raise
        total["matched"] += done["matched"]
        total["jobs"] += done["jobs"]
        total["skipped"] += done["skipped"]
        total["unsent"] += done["unsent"]
    return total


def _show_report(report: BulkReport, *, err: bool = False, listed: bool = True) -> None:
    console = screen.console()
    console.stderr = err
    if report["jobs"] and listed:
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
    would = "would be " if report["dry_run"] else ""
    more = "; more jobs match" if report["truncated"] else ""
    unsent = f"; the next sweep sends {report['unsent']} message(s)" if report["unsent"] else ""
    done = f"{would}{_DONE[report['action']]}"
    console.print(screen.text(f"{report['matched']} job(s) {done}{more}{unsent}."))
