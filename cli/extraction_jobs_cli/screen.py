"""What a person sees: tables and sentences, safe whatever a job's texts hold; or JSON, for a program."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import typer
from rich import box
from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from extraction_jobs_client.messages import Job, Pause

_WIDE = 160  # of output that is no terminal's: lines are not broken for nobody
_ROOMY = 110
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_BEYOND_ASCII_CONTROL = re.compile(r"[\x7f-\x9f]")

COLOURS = {
    "pending": "yellow",
    "running": "cyan",
    "completed": "green",
    "requires_review": "magenta",
    "failed": "red",
    "cancelled": "bright_black",
}


def console() -> Console:
    """The terminal, or whatever stands in for it."""
    made = Console(highlight=False, markup=False, emoji=False)
    if not made.is_terminal:
        made = Console(highlight=False, markup=False, emoji=False, width=_WIDE)
    return made


def print_json(value: object) -> None:
    """One JSON document. What JSON leaves unescaped and a terminal would act on is escaped as well."""
    # An encoding that lacks a character gets its escape, which means the same.
    unicode = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    text = json.dumps(value, ensure_ascii=not unicode, indent=2 if sys.stdout.isatty() else None)
    typer.echo(_BEYOND_ASCII_CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def plain(value: object) -> str:
    """The text without what a terminal would act on: a job's texts are whatever somebody sent."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", "" if value is None else str(value))


def text(value: object, style: str = "") -> Text:
    """The same as a cell of a table."""
    return Text(plain(value), style=style)


def status(job: Mapping[str, Any]) -> Text:
    """A job's status in its colour, and whether it waits on purpose."""
    on_purpose = {"time": ", later", "resume": ", paused"}.get(job.get("waits_for") or "", "")
    return text(job["status"] + on_purpose, COLOURS.get(job["status"], ""))


def table(*columns: str, title: str | None = None) -> Table:
    """An empty table."""
    made = Table(
        box=box.SIMPLE_HEAD,
        title=Text(plain(title)) if title else None,
        title_justify="left",
        pad_edge=False,
    )
    for column in columns:
        made.add_column(column, overflow="fold", no_wrap=column == "id")
    return made


def facts(pairs: Iterable[tuple[str, object]]) -> Table:
    """Names and values, without those that have none."""
    made = Table(box=None, show_header=False, pad_edge=False)
    made.add_column(style="bright_black", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in pairs:
        if value is not None and value != "" and value != []:
            made.add_row(name, value if isinstance(value, Text) else text(value))
    return made


def ago(at: str | None, now: datetime | None = None) -> str:
    """How long ago a time of the API's was, in words."""
    if at is None:
        return ""
    seconds = _seconds_since(at, now)
    if seconds < 0:
        return f"in {lasting(-seconds)}"
    return f"{lasting(seconds)} ago"


def _seconds_since(at: str, now: datetime | None = None) -> float:
    return ((now or datetime.now(UTC)) - datetime.fromisoformat(at)).total_seconds()


def lasting(seconds: float | None) -> str:
    """A stretch of time in the unit that fits."""
    if seconds is None:
        return ""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def why(job: Job) -> str:
    """Why a job failed or requires a review; empty for any other."""
    reasons = {"failed": job["error_message"], "requires_review": job["review_reason"]}
    return " ".join(plain(reasons.get(job["status"])).split())


def outcome(job: Job) -> str:
    """A job's id and status, and why it failed or requires a review."""
    return f"{job['id']} {job['status']}" + (f": {why(job)}" if why(job) else "")


def waits_for(job: Job) -> str:
    """Why a pending job is not started yet; empty of any other."""
    found = {"time": "its time", "resume": "its project to be resumed", "worker": "a worker"}
    return found.get(job["waits_for"] or "", "")


def pause(found: Pause | None) -> str:
    """Since when a project is paused, by whom, and why; empty if it is not."""
    if found is None:
        return ""
    reason = f": {found['reason']}" if found["reason"] else ""
    return f"{ago(found['paused_at'])} by {found['paused_by']}{reason}"


def bar(job: Job, width: int) -> ProgressBar | Text:
    """How far a job is; nothing before its chunks or pages are counted."""
    if not job["total_items"]:
        return Text("")
    return ProgressBar(total=job["total_items"], completed=job["processed_items"], width=width)


def jobs_table(jobs: Sequence[Job], width: int, *, ages: bool = False) -> Table:
    """Jobs, one per line of `width` characters; what matters least is left out if there is no room.

    With `ages`, the table says when each job was created; on a narrow screen it does so instead of the bar.
    """
    wide = width >= _ROOMY
    some_run = wide and any(job["status"] == "running" for job in jobs)
    columns = ["id", "status"]
    columns += ["age"] if ages else []
    columns += ["progress"] if wide or not ages else []
    columns += ["done"]
    columns += ["attempt"] if wide else []
    columns += ["heartbeat", "left"] if some_run else []
    rows: list[dict[str, Text | ProgressBar]] = [
        {
            "id": text(job["id"]),
            "status": status(job),
            "age": text(lasting(_seconds_since(job["created_at"]))),
            "progress": bar(job, 20 if wide else 8),
            "done": text(done(job, unit=wide)),
            "attempt": text(f"{job['attempt']}/{job['max_attempts']}"),
            "heartbeat": text(ago(job["updated_at"]) if job["status"] == "running" else ""),
            "left": text(lasting(job["estimated_seconds_left"])),
        }
        for job in jobs
    ]
    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in columns:
        # Only the source gives way: an id that is cut cannot be copied.
        least = max(len(str(row[name])) if name != "progress" else 8 for row in rows)
        made.add_column(name, no_wrap=True, min_width=max(least, len(name)))
    made.add_column("source", no_wrap=True, overflow="ellipsis")
    for job, row in zip(jobs, rows, strict=True):
        source = " ".join(filter(None, (job["source_type"], job["source_id"])))
        made.add_row(*(row[name] for name in columns), text(source))
    return made


def done(job: Job, *, unit: bool = True) -> str:
    """How many of its chunks, or of its scanned pages, a job has done; empty before they are counted."""
    if not job["total_items"]:
        return ""
    pages = " pages" if unit and job["items_are"] == "pages" else ""
    return f"{job['processed_items']}/{job['total_items']}{pages}"


def leaves(path: str, value: Any, evidence: Any) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Each plain value of an object's properties with its path and its evidence."""
    if isinstance(value, dict):
        for name, inner in value.items():
            proof = evidence.get(name, {}) if isinstance(evidence, dict) else {}
            yield from leaves(f"{path}.{name}".lstrip("."), inner, proof)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            listed = isinstance(evidence, list) and index < len(evidence)
            yield from leaves(f"{path}[{index}]", inner, evidence[index] if listed else {})
    else:
        yield path, value, evidence if isinstance(evidence, dict) else {}
