"""`extraction-jobs evaluate`: a user's own labelled documents through the service, and how right it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from extraction_jobs_cli.exits import Exit
from extraction_jobs_cli.gold import judged
from tests.integration.cli.conftest import Run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two invoices: of one a total is labelled that it does not say, and a due date that it lacks."""

    def labelled(name: str, text: str, **properties: Any) -> None:
        (tmp_path / f"{name}.txt").write_text(text)
        gold = {
            "object_types": ["invoice"],
            "objects": [{"type": "Invoice", "properties": properties}],
            "labelled": ["invoice_number", "total", "due_date"],
        }
        (tmp_path / f"{name}.gold.json").write_text(json.dumps(gold))

    text = "Invoice number: {}\nTotal: {} EUR\n"
    labelled("first", text.format("INV-7", "118.50"), invoice_number="INV-7", total=118.5)
    labelled(
        "second",
        text.format("INV-8", "20.00"),
        invoice_number="INV-8",
        total=21,
        due_date="2026-05-22",
    )
    (tmp_path / "notes.txt").write_text("It has no gold, and is left out.")
    return tmp_path


@pytest.mark.usefixtures("at_work")
def test_it_tells_precision_recall_and_f1_and_each_wrong_value_with_its_quote(
    run: Run, folder: Path
) -> None:
    # The worker is in this process, and writes its metrics between.
    out = run("evaluate", folder, "--interval", "0.05", "--json").out
    told = json.loads(out.splitlines()[-1])
    assert told["all"] == {
        "labelled": 5,
        "found": 4,
        "right": 3,
        "precision": 0.75,
        "recall": 0.6,
        "f1": 0.6667,
    }
    assert told["properties"]["Invoice.total"]["precision"] == 0.5
    first, second = told["documents"]
    assert (first["name"], first["status"], first["f1"]) == ("first.txt", "completed", 1)
    assert second["wrong"] == [{"property": "Invoice.total", "value": 20, "quote": '"20.00 EUR"'}]
    assert second["missed"] == [
        {"property": "Invoice.total", "value": 21},
        {"property": "Invoice.due_date", "value": "2026-05-22"},
    ]
    assert run("show", first["job_id"], "--json").json["source_id"] == "first.txt"

    shown = run("evaluate", folder, "-t", "invoice", "--interval", "0.05", "--min-f1", "0.9")
    assert shown.code == Exit.NOT_ALL_WELL
    lines = [line.split() for line in shown.out.splitlines()]
    assert ["all", "5", "4", "3", "0.75", "0.60", "0.67"] in lines
    assert 'second.txt: Invoice.total is not 20, quoted from "20.00 EUR"' in shown.out
    assert "second.txt: Invoice.total is 21, which was not found" in shown.out


def test_rows_are_wrong_where_the_gold_has_rows_and_something_else_was_found() -> None:
    gold = {
        "objects": [{"type": "Bill", "properties": {"items": [{"name": "Nail"}, {"name": "Saw"}]}}],
        "labelled": ["items"],
    }
    of_rows = judged(gold, [("Bill", {"items": [{"name": "Saw", "code": "S-1"}]}, {})])
    assert (of_rows.right, of_rows.extra) == (1, ()), "no row of the gold has a code"
    for other in ("Saw", ["Nail", "Saw"], 2):
        score = judged(gold, [("Bill", {"items": other}, {})])
        assert (score.right, len(score.missed)) == (0, 2)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("{", "cannot be read as JSON"),
        ('{"objects": [{"type": "Invoice"}]}', "objects: must be a list of objects"),
        (
            '{"objects": [], "labelled": ["total"]}',
            "objects: must have exactly one object if labelled",
        ),
        (None, "has no document with a .gold.json"),
    ],
)
def test_a_gold_that_cannot_be_used_is_named_before_any_job_is_made(
    run: Run, tmp_path: Path, content: str | None, rule: str
) -> None:
    (tmp_path / "first.txt").write_text("Total: 1")
    if content is not None:
        (tmp_path / "first.gold.json").write_text(content)
    told = run("evaluate", tmp_path)
    assert told.code == Exit.USAGE
    assert rule in told.err
    assert run("list", "-q").out == ""
