"""`.venv-peers/bin/python -m benchmarks.recovery.plot SMALL.json DEFAULTS.json OUT.svg`: the distributions as a plot.

Takes what `python -m benchmarks.recovery --json` wrote. Needs matplotlib, which requirements/peers.txt brings.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

# The same measurements give the same file, whose text is text.
mpl.rcParams["svg.hashsalt"] = "recovery"
mpl.rcParams["svg.fonttype"] = "none"
CURVES = {
    "left_running": ("out of running", "#1f4e79"),
    "running_again": ("running again", "#c55a11"),
}


def main(arguments: Sequence[str]) -> None:
    """Draws one panel a file of measurements."""
    *measured, out = map(Path, arguments)
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    for axes, path in zip(
        figure.subplots(1, len(measured), squeeze=False)[0], measured, strict=True
    ):
        _panel(axes, json.loads(path.read_text()))
    figure.savefig(out, metadata={"Date": None})


def _panel(axes: Any, found: dict[str, Any]) -> None:
    """The share of kills that were over with after so many seconds, and the bound."""
    pace, kills = found["pace"], found["kills"]
    bound = pace["threshold"] + min(pace["sweep"], 3)
    for name, (label, colour) in CURVES.items():
        axes.ecdf([kill[name] for kill in kills], label=label, color=colour)
    axes.axvline(bound, color="black", linestyle="--", linewidth=1, label="the bound")
    axes.set_title(
        f"threshold {pace['threshold']:g} s, heartbeat {pace['heartbeat']:g} s, "
        f"sweep every {pace['sweep']:g} s: {len(kills)} kills",
        fontsize=9,
    )
    axes.set_xlim(0, bound * 1.15)
    axes.set_xlabel("seconds since SIGKILL")
    axes.set_ylabel("share of kills")
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left", fontsize=8)


if __name__ == "__main__":
    main(sys.argv[1:])
