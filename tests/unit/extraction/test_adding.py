"""docs/adding.md is right: its code, put into a copy of the package, does what the page says."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import extraction

PACKAGE = Path(extraction.__file__).parent
PAGE = (PACKAGE.parents[2] / "docs" / "adding.md").read_text("utf-8")
_BLOCK = re.compile(
    r"^(?:`(?P<file>[\w/.]+)`:\n\n)?```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def edit(file: Path, difference: str) -> None:
    """Put the lines with + in the place of the lines with - before them; a line may go on behind what is shown."""
    text = file.read_text("utf-8")
    for old, new in re.findall(r"^-(.*)\n((?:\+.*\n)+)", difference, re.MULTILINE):
        assert text.count(old) == 1, old
        text = text.replace(old, "\n".join(line[1:] for line in new.splitlines()))
    file.write_text(text, "utf-8")


@pytest.mark.parametrize("title", ["A format", "A ready-made set"])
def test_whoever_follows_the_page_gets_what_it_shows(title: str, tmp_path: Path) -> None:
    copy = tmp_path / "extraction"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    blocks = list(_BLOCK.finditer(section(title)))
    named = [block for block in blocks if block["file"]]
    for block in named:
        if block["kind"] == "diff":
            edit(copy / block["file"], block["body"])
        else:
            (copy / block["file"]).write_text(block["body"], "utf-8")
    tried, shown = [block["body"] for block in blocks if not block["file"]]
    assert named
    ran = subprocess.run(
        [sys.executable, "-c", tried],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == (shown, "")
