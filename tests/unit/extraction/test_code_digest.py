"""A plan's digest changes with whatever its checkpoints depend on: code, cuts, fields."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from extraction import Limits, OfflineExtractor, Options, read_document, ready_made_object_types
from extraction import offline as rules
from extraction.code_digest import code_digest, digest_of_files
from extraction.document.reading import read_structure
from extraction.schema.frames import frames_of
from extraction.schema.schemas import parse_object_types

LAYER = Path(__file__).parents[3] / "layers" / "extraction_jobs"
PLAN = """
from extraction import *
document = read_document(b"Invoice no: 7\\nTotal: 12.00 EUR", media_type=None, name="a", limits=Limits())
print(OfflineExtractor().start(document, requested_object_types(["invoice"]), Options()).digest)
"""


def copied(into: Path) -> Path:
    shutil.copytree(
        LAYER / "extraction", into / "extraction", ignore=shutil.ignore_patterns("__pycache__")
    )
    return into


def run(layer: Path, *arguments: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(layer), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


def test_one_byte_of_a_rule_changes_the_plans_digest(tmp_path: Path) -> None:
    before = run(LAYER, "-c", PLAN)
    layer = copied(tmp_path)
    assert run(layer, "-c", PLAN) == before
    rule = layer / "extraction" / "records" / "confidence.py"
    rule.write_text(rule.read_text().replace("KEY_VALUE: 0.97", "KEY_VALUE: 0.96"))
    assert run(layer, "-c", PLAN) != before


def test_a_file_that_is_new_renamed_or_cut_elsewhere_changes_the_hash(tmp_path: Path) -> None:
    def of(**files: str) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_text(content)
        return digest_of_files(folder)

    same = of(a="1", b="2")
    assert of(a="1", b="2", CODE_DIGEST="3") == same
    others = {
        of(a="1"),
        of(a="1", c="2"),
        of(a="12", b=""),
        of(a="1", b="2", c=""),
        of(b="1", a="2"),
    }
    assert len(others | {same}) == 6


def test_the_built_layer_holds_the_hash_and_goes_by_it(tmp_path: Path) -> None:
    """`sam build` runs this target. Reading one line is all that is left to do on Lambda."""
    make = ["make", "-s", "-C", str(LAYER), f"ARTIFACTS_DIR={tmp_path}", f"PYTHON={sys.executable}"]
    subprocess.run([*make, "build-ExtractionJobsLayer"], check=True)
    layer = tmp_path / "python"
    built = layer / "extraction" / "CODE_DIGEST"
    assert built.read_text().strip() == digest_of_files(LAYER / "extraction") == code_digest()
    assert run(layer, "-c", PLAN) == run(LAYER, "-c", PLAN)
    built.write_text("written at build time\n")
    ask = "from extraction.code_digest import code_digest; print(code_digest())"
    assert run(layer, "-c", ask) == "written at build time"


def test_importing_the_extractor_reads_no_source_file() -> None:
    asked = (
        "import extraction.offline, extraction.code_digest as c; print(c.code_digest.cache_info())"
    )
    assert "misses=0" in run(LAYER, "-c", asked)


@pytest.mark.parametrize("part", ["cuts", "fields"])
def test_other_cuts_or_fields_give_another_digest(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = read_document(
        b"Invoice no: 7\n\nTotal: 12.00 EUR", media_type=None, name="a", limits=Limits()
    )
    types = parse_object_types(ready_made_object_types())
    before = OfflineExtractor().start(document, types, Options()).digest
    if part == "cuts":
        cut = rules._chunks(document.text, read_structure(document.text), 5)
        assert len(cut) > 1
        monkeypatch.setattr(rules, "_chunks", lambda *_: cut)
    else:
        frames = frames_of(types)
        first = replace(frames[0], slots=tuple(reversed(frames[0].slots)))
        monkeypatch.setattr(rules, "frames_of", lambda *_: (first, *frames[1:]))
    assert OfflineExtractor().start(document, types, Options()).digest != before
