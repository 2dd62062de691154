"""What the documents claim can be looked up: the tests that they name are there, the pins have their hashes."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECURITY = (ROOT / "docs" / "security.md").read_text()
# Code, templates and workflows; links between the pages themselves are rumdl's (`make lint`).
NAMING = [
    *(ROOT / name for name in ("Makefile", ".ci/run", ".ci/verify", "docs/openapi.json")),
    *(f for f in ROOT.glob("*.*") if f.suffix in {".yaml", ".toml"}),
    *ROOT.glob(".github/**/*.yml"),
    *(
        file
        for folder in ("benchmarks", "cli", "functions", "layers", "local", "stacks", "tests")
        for file in (ROOT / folder).rglob("*")
        if file.suffix in {".py", ".sql", ".yaml", ".js", ".tla"}
    ),
]
LOCK_FILES = [*ROOT.glob("requirements/*.txt"), *ROOT.glob("layers/*/requirements.txt")]


def rows(text: str, header: str) -> list[list[str]]:
    """The cells of each row of the table that begins with this header."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith(header):
            break
    next(lines)
    found = []
    for line in lines:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return found


THREATS = rows(SECURITY, "| threat |")


@pytest.mark.parametrize("row", THREATS, ids=lambda row: row[0][:40])
def test_every_threat_has_what_stops_it_and_a_test_that_is_there(row: list[str]) -> None:
    _threat, stopped_by, shown_by = row
    assert stopped_by
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", shown_by)
    assert named
    # Nothing stands there that is no test's name.
    assert len(named) == shown_by.count("`") / 2
    for file, name in named:
        tree = ast.parse((ROOT / file).read_text())
        assert name in {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}, (file, name)


def test_the_model_names_no_fewer_threats_than_it_should() -> None:
    assert len(THREATS) >= 20


@pytest.mark.parametrize("lock", LOCK_FILES, ids=lambda lock: str(lock.relative_to(ROOT)))
def test_every_lock_file_has_a_hash_for_every_package(lock: Path) -> None:
    pinned = re.split(r"^(?=[a-z0-9])", lock.read_text(), flags=re.MULTILINE)[1:]
    assert pinned
    bare = [each.split()[0] for each in pinned if "--hash=sha256:" not in each]
    assert bare == []


def test_the_page_of_the_api_names_every_call() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    paths = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))["paths"]
    ends = {f"/{path.rpartition('/')[2]}`".replace("job_id", "id") for path in paths}
    assert {end for end in ends if end not in page} == set()


def test_every_page_that_the_code_names_is_there() -> None:
    named = {
        (str(file.relative_to(ROOT)), page)
        for file in NAMING
        for page in re.findall(r"docs/[\w/-]+\.(?:md|svg|json)\b", file.read_text(encoding="utf-8"))
    }
    assert len(named) > 30
    assert {each for each in named if not (ROOT / each[1]).exists()} == set()


def test_the_index_lists_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert {page for page in pages if f"({page})" not in index} == set()
