"""Commands that delete: one job or some, and all jobs of an organisation."""

from __future__ import annotations

import sys
import time
from typing import Annotated, Any

import typer

from extraction_jobs_cli import screen
from extraction_jobs_cli.exits import CommandError, Exit, of_error
from extraction_jobs_cli.options import Json, api_of
from extraction_jobs_client import Client, ExtractionJobsError
from extraction_jobs_client.messages import Forgotten

app = typer.Typer()

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
# Jobs that others are writing at this moment are passed over; so often, a second apart, they are asked for again.
_FRUITLESS_CALLS = 30


@app.command()
def delete(
    context: typer.Context,
    ids: Annotated[
        list[str],
        typer.Argument(
            metavar="JOB", help="Job ids; - reads them from standard input.", show_default=False
        ),
    ],
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Delete jobs that have ended, with everything that they read and found. This cannot be undone."""
    named = sys.stdin.read().split() if ids == ["-"] else ids
    if not named:
        raise CommandError("There are no ids on standard input.", Exit.USAGE)
    if not yes:
        _require_terminal(f"This would delete {len(named)} job(s).")
        question = f"Delete {len(named)} job(s) with everything that they read and found?"
        if not typer.confirm(question, err=True):
            raise typer.Exit(Exit.DONE)
    deleted, skipped = _delete_each(api_of(context), named, tell=not as_json)
    if as_json:
        screen.print_json({"deleted": deleted, "skipped": skipped})
    if skipped:
        raise typer.Exit(Exit.NOT_ALL_WELL)


@app.command()
def forget(
    context: typer.Context,
    org_id: Annotated[
        str,
        typer.Argument(metavar="ORG", help="The organisation's name.", show_default=False),
    ],
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Count the jobs that would be deleted, and delete nothing."),
    ] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Delete all jobs of an organisation, in all its projects. This cannot be undone.

    Pending and running jobs are cancelled first. Before you start, stop what creates jobs: later ones are not deleted.
    If the command is interrupted, give it again.
    """
    api = api_of(context, org_id, needs=["org_id"])
    counted = api.forget(dry_run=True)
    if dry_run:
        _report(counted, org_id, as_json=as_json)
        return
    if not yes:
        _require_terminal(f"This would delete {counted['deleted']} job(s) of {org_id}.")
        typer.echo(screen.plain(_sentence(counted, org_id)), err=True)
        if typer.prompt("Type the organisation's name to delete them", err=True) != org_id:
            raise CommandError(
                "That is not the organisation's name. Nothing was deleted.", Exit.USAGE
            )
    _report(_until_forgotten(api, counted["deleted"]), org_id, as_json=as_json)


def _delete_each(
    api: Client, named: list[str], *, tell: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Which were deleted, with the address of a source that was not; and which were skipped, with the reason."""
    deleted, skipped = [], []
    for job_id in named:
        try:
            source_uri = api.job(job_id)["source_uri"]  # nobody can tell afterwards
            api.delete(job_id)
        except ExtractionJobsError as error:
            if len(named) == 1 or of_error(error) not in {Exit.NOT_THERE, Exit.NOT_ALLOWED}:
                raise
            skipped.append({"id": job_id, "reason": str(error)})
            line = f"{job_id} skipped: {error}"
        else:
            deleted.append({"id": job_id, "source_uri": source_uri})
            line = f"{job_id} deleted" + (f"; {source_uri} is not deleted" if source_uri else "")
        if tell:
            typer.echo(screen.plain(line))
    return deleted, skipped


def _until_forgotten(api: Client, expected: int) -> Forgotten:
    """Calls until nothing is left, and adds up what the calls did."""
    total: Forgotten = {"dry_run": False, "cancelled": 0, "deleted": 0, "truncated": False}
    fruitless = 0
    try:
        while True:
            done = api.forget()
            total["cancelled"] += done["cancelled"]
            total["deleted"] += done["deleted"]
            if not done["truncated"]:
                return total
            fruitless = 0 if done["deleted"] else fruitless + 1
            if fruitless:
                _wait_for_others(fruitless)
            elif sys.stderr.isatty():
                typer.echo(f"{total['deleted']} of {expected} deleted", err=True)
    except (CommandError, ExtractionJobsError, KeyboardInterrupt):
        typer.echo(
            f"{total['deleted']} job(s) were deleted before this. Repeat the command to continue.",
            err=True,
        )
        raise


def _wait_for_others(fruitless: int) -> None:
    if fruitless == _FRUITLESS_CALLS:
        raise CommandError(
            "The remaining jobs could not be deleted: others keep changing them.", Exit.NOT_ALL_WELL
        )
    time.sleep(1)


def _report(done: Forgotten, org_id: str, *, as_json: bool) -> None:
    if as_json:
        kept = {name: value for name, value in done.items() if name != "truncated"}
        screen.print_json({"org_id": org_id} | kept)
    else:
        typer.echo(screen.plain(_sentence(done, org_id)))


def _sentence(done: Forgotten, org_id: str) -> str:
    would = "would be " if done["dry_run"] else ""
    return (
        f"{done['deleted']} job(s) of {org_id} {would}deleted, {done['cancelled']} of them cancelled first. "
        "Sources in S3 are not deleted."
    )


def _require_terminal(what: str) -> None:
    """Where nobody can be asked, --yes must have been given."""
    if not sys.stdin.isatty():
        raise CommandError(f"{what} Add --yes to do it.", Exit.USAGE)
