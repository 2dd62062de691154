"""Commands for the webhook of an organisation: set, show, delete."""

from __future__ import annotations

from typing import Annotated

import typer

from extraction_jobs_cli import screen
from extraction_jobs_cli.options import Json, api_of

app = typer.Typer(
    help="Set, show or delete the webhook: the URL that is told of each job of the organisation that ends.",
    no_args_is_help=True,
)
_NEEDS = ("org_id",)


@app.command("set")
def set_url(
    context: typer.Context,
    url: Annotated[
        str,
        typer.Argument(metavar="URL", help="https, a host name, port 443.", show_default=False),
    ],
    as_json: Json = False,
) -> None:
    """Set the URL, with a new secret. A webhook that was switched off is on again."""
    made = api_of(context, needs=_NEEDS).webhook.set(url)
    if as_json:
        screen.print_json(made)
        return
    typer.echo(
        "The webhook is set. Its deliveries are signed with this secret, which is shown this once:",
        err=True,
    )
    typer.echo(made["secret"])


@app.command()
def show(context: typer.Context, as_json: Json = False) -> None:
    """Show where it leads, when a delivery last succeeded, and why it is off if it is."""
    found = api_of(context, needs=_NEEDS).webhook.show()
    if as_json:
        screen.print_json(found)
        return
    screen.console().print(
        screen.facts(
            [
                ("url", found["url"]),
                ("set", screen.ago(found["created_at"])),
                ("delivered", screen.ago(found["delivered_at"]) or "nothing yet"),
                ("failed in a row", found["failures"] or None),
                ("failing since", screen.ago(found["failing_since"])),
                ("last failure", found["last_failure"]),
                ("switched off", screen.ago(found["disabled_at"])),
                ("why", found["disabled_reason"]),
            ]
        )
    )


@app.command()
def delete(context: typer.Context) -> None:
    """Delete it, with what still waits to be delivered."""
    api_of(context, needs=_NEEDS).webhook.delete()
    typer.echo("The webhook is deleted.", err=True)
