"""`make extract FILE=…`: a document of this machine through the running stack, and what was found in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from local.client import ApiClient
from local.processes import StackError
from local.stack import Stack

ORGANISATION, PROJECT = "acme", "demo"
_ENDED = {"completed", "requires_review", "failed", "cancelled"}
_WAIT_SECONDS = 600.0


def extract(stack: Stack, file: Path, asked: str) -> int:
    """Upload a file, create its job, wait, and show the objects with their quotes.

    Args:
        stack: A running stack.
        file: The document.
        asked: Names of ready-made sets with commas between them, or a file of JSON Schemas by type name, or
            nothing for the sets that are asked for by default.

    Returns:
        The exit status: 0 if the job was completed or requires a review.

    Raises:
        StackError: There is no such file, or the API refuses the job.
    """
    if not file.is_file():
        raise StackError(f"There is no file {file}. make extract FILE=examples/documents/…")
    bucket = stack.outputs["SourceBucketName"]
    key = f"{ORGANISATION}/{re.sub(r'[^A-Za-z0-9._-]+', '-', file.name)}"
    stack.emulator.client("s3").put_object(Bucket=bucket, Key=key, Body=file.read_bytes())
    client = ApiClient(
        stack.api_url, stack.token(ORGANISATION), org_id=ORGANISATION, project_id=PROJECT
    )
    config = {"object_types": _object_types(asked)} if asked else {}
    created = client.create(source_uri=f"s3://{bucket}/{key}", extraction_config=config)
    if created.status != 201:
        raise StackError(f"The API refused it: {created.json['detail']}")
    job = client.wait_for(
        created.json["id"], lambda each: each["status"] in _ENDED, seconds=_WAIT_SECONDS
    )
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 140
    _show(console, client, job)
    return 0 if job["status"] in {"completed", "requires_review"} else 1


def _object_types(asked: str) -> object:
    if not asked.endswith(".json"):
        return [name.strip() for name in asked.split(",")]
    try:
        return json.loads(Path(asked).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise StackError(f"{asked} cannot be read as JSON: {error}") from None


def _show(console: Console, client: ApiClient, job: dict[str, Any]) -> None:
    console.print(f"Job {job['id']}: [bold]{job['status']}[/bold]", end="")
    console.print(
        f" by {job['extractor']}, {job['total_items']} chunk(s)" if job["extractor"] else ""
    )
    for reason in (job["error_message"], job["review_reason"]):
        if reason:
            console.print(escape(reason))
    for found in client.items(f"/{job['id']}/objects"):
        table = Table(
            title=f"{found['type']} ({found['confidence']:.2f})",
            title_justify="left",
            box=box.SIMPLE_HEAD,
        )
        table.add_column("property", no_wrap=True)
        for column in ("value", "confidence", "page", "quote"):
            table.add_column(column, overflow="fold")
        for path, value, leaf in _leaves("", found["properties"], found["evidence"]):
            citation = (leaf["citations"] or [{}])[0]
            page, quote = citation.get("page"), citation.get("quote") or ""
            cells = (path, value, f"{leaf['confidence']:.2f}", page or "", quote)
            table.add_row(*(escape(str(cell)) for cell in cells))
        console.print(table)
    console.print(f"Coverage {job['coverage']:.0%}" if job["coverage"] is not None else "")


def _leaves(path: str, value: Any, evidence: Any) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(f"{path}.{name}".lstrip("."), inner, evidence[name])
    elif isinstance(value, list):
        for index, (inner, proof) in enumerate(zip(value, evidence, strict=True)):
            yield from _leaves(f"{path}[{index}]", inner, proof)
    else:
        yield path, value, evidence
