"""`python -m benchmarks.plot RUN.json ... -o docs/benchmarks.svg`: what was measured, on logarithmic scales.

Runs in `.venv-peers`, where matplotlib is. Of a contestant that has several ways the best is drawn.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt

OURS, THEIRS = "#1b6ca8", "#b5b5b5"


@dataclass(frozen=True, slots=True)
class Panel:
    """One workload: rows that begin so, in that unit."""

    title: str
    row: str
    unit: str
    lower_is_better: bool


PANELS = (
    Panel("Recovery of orphans: time", "recover ", "s", lower_is_better=True),
    Panel(
        "Sweep that finds nothing: buffers",
        "sweep that finds nothing",
        "buffers",
        lower_is_better=True,
    ),
    Panel("Claim to finish: jobs a second", "claim ", "jobs/s", lower_is_better=False),
    Panel(
        "Jobs made one by one: a second", "make jobs one by one", "jobs/s", lower_is_better=False
    ),
    Panel("Jobs made in bulk: a second", "make jobs in bulk", "jobs/s", lower_is_better=False),
    Panel("SIGKILL to running again, smallest setting: s", "SIGKILL", "s", lower_is_better=True),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Draws."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/benchmarks.svg"))
    asked = parser.parse_args(arguments)
    figures = [figure for run in asked.runs for figure in json.loads(run.read_text())["figures"]]
    # Text stays text, no date: the same figures give the same file.
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "benchmarks", "font.size": 8})
    drawing, axes = plt.subplots(3, 2, figsize=(9, 7.2), constrained_layout=True)
    for panel, axis in zip(PANELS, axes.flat, strict=True):
        _draw(axis, panel, figures)
    drawing.savefig(asked.output, metadata={"Date": None, "Creator": None})
    # matplotlib ends lines of a path with a blank.
    lines = asked.output.read_text().splitlines()
    asked.output.write_text("\n".join(line.rstrip() for line in lines) + "\n")


def _draw(axis: Any, panel: Panel, figures: Sequence[dict[str, Any]]) -> None:
    values = _values(panel, figures)
    if not values:
        axis.set_axis_off()
        return
    names = sorted(values, key=values.__getitem__, reverse=panel.lower_is_better)
    colours = [OURS if name == "product" else THEIRS for name in names]
    bars = axis.barh(names, [values[name] for name in names], color=colours)
    axis.bar_label(bars, [f"{values[name]:,.3g}" for name in names], padding=3)
    axis.set_xscale("log")
    axis.margins(x=0.15)
    axis.set_title(
        f"{panel.title} ({'less' if panel.lower_is_better else 'more'} is better)", fontsize=8.5
    )
    axis.spines[["top", "right"]].set_visible(False)


def _values(panel: Panel, figures: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The best median of each contestant; of several sizes of a table the largest without a backlog."""
    fitting = [
        figure
        for figure in figures
        if figure["row"].startswith(panel.row)
        and figure["unit"] == panel.unit
        and figure["median"] is not None
        and ("pending" not in figure["row"] or "beside 1,000,000 finished" in figure["row"])
    ]
    best: dict[str, float] = {}
    for figure in fitting:
        name = figure["contestant"].split(",")[0]
        if figure["contestant"].startswith("product, "):
            continue
        known = best.get(name)
        better = min if panel.lower_is_better else max
        best[name] = figure["median"] if known is None else better(known, figure["median"])
    return best


if __name__ == "__main__":
    main()
