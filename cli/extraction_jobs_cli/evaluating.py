"""`evaluate`: a user's own labelled documents through the running service, and how right it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table

from extraction_jobs_cli import screen
from extraction_jobs_cli.exits import Exit
from extraction_jobs_cli.gold import LabelledDocument, judged, labelled_documents
from extraction_jobs_cli.options import Interval, Json, api_of
from extraction_jobs_cli.scoring import Judged, Score, Tally
from extraction_jobs_cli.sources import object_types_of, read_document
from extraction_jobs_client import Client
from extraction_jobs_client.messages import Job, JobRequest, ObjectTypes

app = typer.Typer()


@app.command()
def evaluate(
    context: typer.Context,
    folder: Annotated[
        Path,
        typer.Argument(help="Folder of documents, each with its correct values in NAME.gold.json."),
    ],
    types: Annotated[
        str | None,
        typer.Option(
            "--types",
            "-t",
            help="What to extract: names of ready-made sets, separated by commas, or a .json file of JSON Schemas.",
            show_default="the types that each gold file names",
        ),
    ] = None,
    least_f1: Annotated[
        float,
        typer.Option("--min-f1", min=0, max=1, help="Exit with code 1 if the total F1 is lower."),
    ] = 0.0,
    interval: Interval = 1.0,
    as_json: Json = False,
) -> None:
    """Extract labelled documents and compare the values with the correct ones: precision, recall, F1 per property.

    A value is right if the gold file has it in the same object. Case, white space and commas do not matter.
    """
    documents, api = labelled_documents(folder), api_of(context)
    asked = object_types_of(types) if types else None
    ids = [_create(api, document, asked) for document in documents]
    jobs = api.wait_all(ids, interval_seconds=interval)
    scores = [
        judged(document.gold, _found(api, job))
        for document, job in zip(documents, jobs, strict=True)
    ]
    if as_json:
        screen.print_json(_as_json(documents, jobs, scores))
    else:
        _show(documents, jobs, scores)
    if _all(scores).f1 < least_f1:
        raise typer.Exit(Exit.NOT_ALL_WELL)


def _create(api: Client, document: LabelledDocument, asked: ObjectTypes) -> str:
    types = asked or document.gold.get("object_types")
    name = document.path.name
    request: JobRequest = {"source_type": "evaluation", "source_id": name}
    if types:
        request["extraction_config"] = {"object_types": types}
    return api.create(read_document(str(document.path)), file_name=name, **request)["id"]


def _found(api: Client, job: Job) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    if job["status"] not in {"completed", "requires_review"}:
        return []
    items = api.objects(job["id"])
    return [(item["type"], item["properties"], item["evidence"]) for item in items]


def _all(scores: Sequence[Score]) -> Tally:
    tally = Tally()
    for score in scores:
        tally.add(score.found, score.expected)
    return tally


def _by_property(scores: Sequence[Score]) -> dict[str, Tally]:
    tallies: dict[str, Tally] = {}
    for score in scores:
        for value in score.found:
            tallies.setdefault(value.path, Tally()).add([value], [])
        for value in score.expected:
            tallies.setdefault(value.path, Tally()).add([], [value])
    return dict(sorted(tallies.items()))


def _show(
    documents: Sequence[LabelledDocument],
    jobs: Sequence[Job],
    scores: Sequence[Score],
) -> None:
    for document, job in zip(documents, jobs, strict=True):
        if job["status"] in {"failed", "cancelled"}:
            reason = screen.plain(job["error_message"])
            typer.echo(f"{document.path.name}: the job is {job['status']}: {reason}", err=True)
    table = Table(box=box.SIMPLE)
    table.add_column("property")
    for name in ("labelled", "found", "right", "precision", "recall", "F1"):
        table.add_column(name, justify="right")
    for name, tally in [*_by_property(scores).items(), ("all", _all(scores))]:
        counts = map(str, (tally.expected, tally.found, tally.right))
        shares = (f"{each:.2f}" for each in (tally.precision, tally.recall, tally.f1))
        table.add_row(screen.text(name), *counts, *shares)
    console = screen.console()
    console.print(table)
    for document, score in zip(documents, scores, strict=True):
        for line in _faults(score):
            console.print(screen.text(f"{document.path.name}: {line}"))


def _faults(score: Score) -> Iterator[str]:
    for value in score.found:
        if not value.right:
            quote = _quote(value)
            yield f"{value.path} is not {_given(value)}" + (
                f", quoted from {quote}" if quote else ""
            )
    for value in score.expected:
        if not value.right:
            yield f"{value.path} is {_given(value)}, which was not found"


def _given(value: Judged) -> str:
    return json.dumps(value.given, ensure_ascii=False)


def _quote(value: Judged) -> str:
    citations = value.proof.get("citations") or [] if value.proof else []
    return " … ".join(json.dumps(each["quote"], ensure_ascii=False) for each in citations)


def _as_json(
    documents: Sequence[LabelledDocument],
    jobs: Sequence[Job],
    scores: Sequence[Score],
) -> dict[str, object]:
    return {
        "all": _figures(_all(scores)),
        "properties": {name: _figures(tally) for name, tally in _by_property(scores).items()},
        "documents": [
            {
                "name": document.path.name,
                "job_id": job["id"],
                "status": job["status"],
                **_figures(_all([score])),
                "wrong": [
                    {"property": x.path, "value": x.given, "quote": _quote(x) or None}
                    for x in score.found
                    if not x.right
                ],
                "missed": [
                    {"property": x.path, "value": x.given} for x in score.expected if not x.right
                ],
            }
            for document, job, score in zip(documents, jobs, scores, strict=True)
        ],
    }


def _figures(tally: Tally) -> dict[str, float]:
    return {
        "labelled": tally.expected,
        "found": tally.found,
        "right": tally.right,
        "precision": round(tally.precision, 4),
        "recall": round(tally.recall, 4),
        "f1": round(tally.f1, 4),
    }
