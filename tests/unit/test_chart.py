"""The chart of jobs over time, by node."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

CHART = Path(__file__).parents[2] / "functions" / "admin" / "page" / "chart.js"
LABELS = """
const day = 86400000, end = Date.parse("2026-11-29T00:00:00Z");
const items = Array.from({ length: 30 }, (_, n) => ({ starts_at: new Date(end - (29 - n) * day).toISOString() }));
console.log(items.map((item) => short(item.starts_at, items)).slice(-2).join());
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
@pytest.mark.parametrize("zone", ["America/New_York", "UTC", "Europe/Berlin", "Pacific/Kiritimati"])
def test_a_column_is_labelled_with_the_day_that_it_counts(zone: str) -> None:
    function = CHART.read_text()
    function = function[function.index("function short(") :]
    run = subprocess.run(
        ["node", "--input-type=module", "-e", function + LABELS],
        env=os.environ | {"TZ": zone, "LANG": "en_US.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "Nov 28, UTC,Nov 29, UTC"
