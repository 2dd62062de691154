"""The command: its options, its commands, and how it ends."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from extraction_jobs_cli import (
    bulk,
    changes,
    deleting,
    evaluating,
    projects,
    reads,
    watching,
    webhook,
)
from extraction_jobs_cli.exits import CommandError, Exit, of_error
from extraction_jobs_cli.profiles import VARIABLES, profile_names, resolve
from extraction_jobs_cli.screen import plain
from extraction_jobs_client import Client, ExtractionJobsError

app = typer.Typer(
    name="extraction-jobs",
    help="Work with the extraction jobs of a deployment.",
    no_args_is_help=True,
    # Their frames show local variables, and one of those is the token.
    pretty_exceptions_enable=False,
)
for part in (reads, changes, bulk, projects, deleting, watching, evaluating):
    app.registered_commands += part.app.registered_commands
app.add_typer(webhook.app, name="webhook")


def _show_version(wanted: bool) -> None:
    if not wanted:
        return
    try:
        typer.echo(version("extraction-jobs"))
    except PackageNotFoundError:
        typer.echo("not installed")
    raise typer.Exit


@app.callback()
def connect(
    context: typer.Context,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            "-p",
            help="Profile in the settings file (or EXTRACTION_JOBS_PROFILE).",
            autocompletion=profile_names,
            show_default=False,
        ),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(
            help=f"Address of the deployment (or {VARIABLES['url']}).", show_default=False
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            help=f"Bearer token. Other users of this machine can see it: better use {VARIABLES['token']} or a profile.",
            show_default=False,
        ),
    ] = None,
    org: Annotated[
        str | None,
        typer.Option(help=f"Organisation (or {VARIABLES['org_id']}).", show_default=False),
    ] = None,
    project: Annotated[
        str | None,
        typer.Option(help=f"Project (or {VARIABLES['project_id']}).", show_default=False),
    ] = None,
    allow_http: Annotated[
        bool, typer.Option("--allow-http", help="Send the token without TLS to another machine.")
    ] = False,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Create, list, watch, retry, cancel and delete the extraction jobs of a deployment."""
    options = {"url": url, "token": token, "org_id": org, "project_id": project}

    def client(org_id: str | None, needs: Sequence[str]) -> Client:
        chosen = options | ({} if org_id is None else {"org_id": org_id})
        target = resolve(chosen, profile, needs=needs)
        try:
            return Client(
                target.url, target.token, target.org_id, target.project_id, allow_http=allow_http
            )
        except ValueError as error:
            raise CommandError(str(error), Exit.USAGE) from None

    context.obj = client


def run() -> None:
    """The command's entry point."""
    for stream in (sys.stdout, sys.stderr):
        # A job's texts may hold what the terminal's encoding lacks: that is shown as a question mark.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app()
    except CommandError as error:
        typer.echo(f"extraction-jobs: {plain(error)}", err=True)
        sys.exit(error.code)
    except ExtractionJobsError as error:
        typer.echo(f"extraction-jobs: {plain(error)}", err=True)
        sys.exit(of_error(error))
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
