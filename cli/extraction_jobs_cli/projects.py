"""Commands about projects: list, pause and resume."""

from __future__ import annotations

from typing import Annotated

import typer

from extraction_jobs_cli import screen
from extraction_jobs_cli.options import Json, api_of

app = typer.Typer()


@app.command()
def projects(context: typer.Context, as_json: Json = False) -> None:
    """List the organisations and projects that your token gives access to, and which are paused."""
    found = api_of(context, needs=()).projects()
    if as_json:
        screen.print_json(found)
        return
    table = screen.table("organisation", "project", "paused")
    named = {each["org_id"] for each in found["items"]}
    for each in found["items"]:
        table.add_row(
            screen.text(each["org_id"]),
            screen.text(each["project_id"]),
            screen.text(screen.pause(each["pause"])),
        )
    for org_id in found["organisations"]:
        if org_id not in named:
            table.add_row(screen.text(org_id), screen.text("(no jobs)", "bright_black"))
    screen.console().print(table)


@app.command()
def pause(
    context: typer.Context,
    reason: Annotated[
        str | None,
        typer.Option(help="Shown to all who look at the project.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Pause the project: none of its jobs is started until you resume it. Running jobs finish."""
    found = api_of(context).pause(reason)
    if as_json:
        screen.print_json(found)
    else:
        typer.echo("The project is paused. Its jobs wait.")


@app.command()
def resume(context: typer.Context, as_json: Json = False) -> None:
    """Resume the project: its jobs that waited are started."""
    sent = api_of(context).resume()
    if as_json:
        screen.print_json({"sent": sent})
    else:
        typer.echo(f"The project is resumed. Jobs sent to workers at once: {sent}.")
