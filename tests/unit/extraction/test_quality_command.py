"""`make quality`: what it prints, what it keeps to itself, what it writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.quality import __main__ as command
from benchmarks.quality import corpus, tables
from benchmarks.quality.__main__ import main

TYPES = {"Form": {"type": "object", "properties": {"total": {"type": "number"}}}}


@pytest.fixture
def held_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "held_out"
    folder.mkdir()
    gold = {"object_types": TYPES, "objects": [{"type": "Form", "properties": {"total": 7}}]}
    (folder / "form.txt").write_text("Total: 12.50\n", "utf-8")
    (folder / "form.gold.json").write_text(json.dumps(gold), "utf-8")
    monkeypatch.setattr(corpus, "_FOLDER", tmp_path)
    # Documents by others may be here, and are measured by other tests.
    monkeypatch.setenv("QUALITY_CORPORA", str(tmp_path / "none"))


@pytest.mark.usefixtures("held_back")
def test_values_of_documents_held_back_are_shown_only_when_asked_twice(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["--document", "form", "--show"])
    shown = capsys.readouterr().out
    assert "form.txt: F1 0.000" in shown
    assert "7.0" not in shown
    assert "12.5" not in shown
    main(["--document", "form", "--show", "--reveal"])
    assert "- Form.total=7.0000" in capsys.readouterr().out


@pytest.mark.usefixtures("held_back")
def test_parts_that_are_not_there_are_left_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # It measures all documents, whichever are chosen.
    monkeypatch.setattr(command, "_calibration", str)
    main(["--no-peers"])
    out = capsys.readouterr().out
    assert "| **held out** | 1 | 1 | 0.000 | 0.000 | 0.000 |" in out
    assert "tuning" not in out


def test_a_table_goes_between_its_comments_on_the_page_that_has_them_and_the_rest_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = tmp_path / "quality.md", tmp_path / "results.md"
    for page, name in zip(pages, "ab", strict=True):
        text = f"before\n<!-- begin {name} -->\nold\n<!-- end {name} -->\nafter\n"
        page.write_text(text, "utf-8")
    monkeypatch.setattr(tables, "PAGES", pages)
    tables.write({"b": r"| new \1 |"})
    assert "\nold\n" in pages[0].read_text("utf-8")
    assert pages[1].read_text("utf-8") == (
        "before\n<!-- begin b -->\n| new \\1 |\n<!-- end b -->\nafter\n"
    )
    with pytest.raises(SystemExit, match="No page has a place for 'c'"):
        tables.write({"c": "x"})
