"""What was measured, as a table for people and JSON for programs."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured quantity.

    Attributes:
        row: what was done, e.g. "recover 10,000 orphans".
        contestant: who did it.
        unit: of the runs.
        runs: one value a run; the median counts. None: the contestant cannot do it, and the note says why.
        of_limit: each run beside the limit's run next to it. Empty where there is none to compare with.
        aim: what the median is to be, in words; empty: just so that one knows.
        met: whether it is.
        note: what a reader has to know.
    """

    row: str
    contestant: str
    unit: str
    runs: Sequence[float]
    of_limit: Sequence[float] = field(default_factory=list)
    aim: str = ""
    met: bool | None = None
    note: str = ""

    @property
    def median(self) -> float | None:
        """The value that counts."""
        return statistics.median(self.runs) if self.runs else None

    @property
    def ratio(self) -> float | None:
        """The median of the ratios to the limit."""
        return statistics.median(self.of_limit) if self.of_limit else None

    def aiming(self, aim: str, met: Callable[[float], bool]) -> Figure:
        """The same with what it is to be; `met` is asked of the ratio, or of the median where there is none."""
        value = self.median if self.ratio is None else self.ratio
        return replace(self, aim=aim, met=value is not None and met(value))


def of_limit(runs: Sequence[float], limit: Sequence[float]) -> list[float]:
    """Each run beside the limit's run next to it; none for the limit itself."""
    if runs is limit:
        return []
    return [ours / theirs for ours, theirs in zip(runs, limit, strict=True)]


def table(figures: Sequence[Figure]) -> str:
    """A plain Markdown table."""
    lines = ["| what | who | median | runs | of the limit | aim | met | |", "| --- " * 8 + "|"]
    for figure in figures:
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}x"
        met = "" if figure.met is None else "yes" if figure.met else "**no**"
        median, spread = "–", ""
        if figure.median is not None:
            median = f"{_number(figure.median)} {figure.unit}"
            spread = (
                f"{_number(min(figure.runs))} to {_number(max(figure.runs))} "
                f"(n = {len(figure.runs)})"
            )
        lines.append(
            f"| {figure.row} | {figure.contestant} | {median} | {spread} "
            f"| {ratio} | {figure.aim} | {met} | {figure.note} |"
        )
    return "\n".join(lines)


def write(path: Path, figures: Sequence[Figure], about: Mapping[str, object]) -> None:
    """The same, and every run, as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = [
        asdict(figure) | {"median": figure.median, "ratio": figure.ratio} for figure in figures
    ]
    path.write_text(json.dumps({"about": about, "figures": found}, indent=1) + "\n")


def _number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"
