"""`watch`: jobs as they run, in a live table or as one line per change."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.live import Live
from rich.text import Text

from extraction_jobs_cli import screen
from extraction_jobs_cli.exits import of_jobs
from extraction_jobs_cli.options import Interval, Json, api_of
from extraction_jobs_client import ENDED, Client
from extraction_jobs_client.messages import Job

app = typer.Typer()
# What fits on a screen; the counts above the table are of all.
_SHOWN = 30
Jobs = list[Job]


@app.command()
def watch(
    context: typer.Context,
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="JOB", help="Watch only these jobs, until all have ended.", show_default=False
        ),
    ] = None,
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="Stop when no job is pending or running.")
    ] = False,
    interval: Interval = 2.0,
    as_json: Json = False,
) -> None:
    """Watch jobs as they run: a live table on a terminal; otherwise, and with --json, one line per change.

    With ids, the command stops when all have ended, and its exit code says how. Without ids, stop it with Ctrl-C.
    """
    api = api_of(context)
    looks = _looks(api, ids or [], until_idle=until_idle, interval=interval)
    console = screen.console()
    last: Jobs = []
    if console.is_terminal and not as_json:
        with Live(console=console, auto_refresh=False, transient=False) as live:
            for jobs, counts in looks:
                live.update(_view(jobs, counts, console.width), refresh=True)
                last = jobs
    else:
        seen: dict[str, tuple[object, ...]] = {}
        for jobs, _ in looks:
            for job in _changed(jobs, seen):
                screen.print_json(job) if as_json else typer.echo(_line(job))
            last = jobs
    if ids:
        raise typer.Exit(of_jobs([job["status"] for job in last]))


def _looks(
    api: Client,
    ids: Sequence[str],
    *,
    until_idle: bool,
    interval: float,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[tuple[Jobs, dict[str, int]]]:
    """The jobs, and the project's counts, at each look. A job that was seen active stays until it was seen ended."""
    active: set[str] = set(ids)
    while True:
        counts = {} if ids else api.statistics()["counts"]
        jobs = [api.job(job_id) for job_id in ids] if ids else _active(api, active)
        yield jobs, counts
        going_on = [job for job in jobs if job["status"] not in ENDED]
        if (ids or until_idle) and not going_on:
            return
        sleep(interval)


def _active(api: Client, known: set[str]) -> Jobs:
    """The running and the pending, and those among the known that have ended since the last look."""
    running = list(api.jobs(status=["running"], most=_SHOWN))
    pending = list(api.jobs(status=["pending"], most=_SHOWN))
    now = {job["id"] for job in running + pending}
    gone = [api.job(job_id) for job_id in sorted(known - now)]
    ended = [job for job in gone if job["status"] in ENDED]
    known -= {job["id"] for job in ended}
    known |= {job["id"] for job in running}
    return running + pending + ended


def _view(jobs: Jobs, counts: dict[str, int], width: int) -> Group:
    told = Text("   ").join(
        Text(f"{name} {counts[name]}", style=screen.COLOURS[name])
        for name in screen.COLOURS
        if name in counts
    )
    parts: list[Any] = [told] if counts else []
    parts.append(
        screen.jobs_table(jobs[:_SHOWN], width) if jobs else Text("No job is pending or running.")
    )
    parts += [Text(screen.outcome(job)) for job in jobs[:_SHOWN] if screen.why(job)]
    return Group(*parts)


def _changed(jobs: Jobs, seen: dict[str, tuple[object, ...]]) -> Iterator[Job]:
    for job in jobs:
        state = (job["status"], job["attempt"], job["processed_items"], job["total_items"])
        if seen.get(job["id"]) != state:
            seen[job["id"]] = state
            yield job


def _line(job: Job) -> str:
    done = f" {screen.done(job)}" if job["total_items"] else ""
    why = f": {screen.why(job)}" if screen.why(job) else ""
    return screen.plain(
        f"{job['id']} {job['status']}{done} attempt {job['attempt']}/{job['max_attempts']}{why}"
    )
