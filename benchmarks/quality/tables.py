"""The figures as Markdown tables, and the pages that hold them."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.quality import figures
from benchmarks.quality.calibrate import Reliability
from benchmarks.quality.extracting import Result
from extraction_jobs_cli.scoring import Tally

# A summary for the reader, and every table for whoever wants to know.
PAGES = (Path(__file__).parents[2] / "docs" / "quality.md", Path(__file__).with_name("results.md"))
NAMES = {"tuning": "tuning", "calibration": "calibration", "held_out": "held out"}

Results = Mapping[str, Sequence[Result]]


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; figures to the right."""
    names = list(header)
    lines = [f"| {' | '.join(names)} |", "| --- |" + " ---: |" * (len(names) - 1)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def summary(results: Results) -> str:
    """One line for each part, and for its documents with ready-made and with other types."""
    rows = []
    for part, found in results.items():
        rows.append((f"**{NAMES.get(part, part)}**", *_counted(found, figures.overall(found))))
        if part not in NAMES:
            continue  # a collection by others is asked for one type
        for name, tally in figures.by_types_asked(found).items():
            own = [r for r in found if r.document.has_own_types == (name == "types of their own")]
            rows.append((f"{NAMES.get(part, part)}, {name}", *_counted(own, tally)))
        labelled = [r for r in found if "relationships" in r.document.gold]
        if labelled:
            links = figures.relationships(labelled)
            counted = (str(len(labelled)), str(links.expected), *_shares(links))
            rows.append((f"{NAMES.get(part, part)}, relationships", *counted, "", "", ""))
    return table(
        ("", "documents", "values", "precision", "recall", "F1", "lenient F1", "mean F1", "ms"),
        rows,
    )


def _counted(results: Sequence[Result], tally: Tally) -> tuple[str, ...]:
    return (
        str(len(results)),
        str(tally.expected),
        *_shares(tally),
        _share(tally.lenient_f1, tally.expected),
        _share(_mean_f1(results), tally.expected),
        f"{milliseconds(results):.1f}",
    )


def _mean_f1(results: Sequence[Result]) -> float:
    """Each document counts alike, however long."""
    tallies = [figures.overall([result]) for result in results]
    return statistics.mean(tally.f1 for tally in tallies) if tallies else 0.0


def milliseconds(results: Sequence[Result]) -> float:
    """The median document."""
    return statistics.median(r.seconds for r in results) * 1000 if results else 0.0


def side_by_side(title: str, tallies: Mapping[str, Mapping[str, Tally]]) -> str:
    """A row for each name, precision, recall, F1 and number of values for each part."""
    names = sorted({name for found in tallies.values() for name in found})
    header = [title]
    for part in tallies:
        header += [f"{NAMES.get(part, part)} n", "P", "R", "F1"]
    rows = []
    for name in names:
        row = [name]
        for found in tallies.values():
            tally = found.get(name, Tally())
            row += [str(tally.expected), *_shares(tally)]
        rows.append(row)
    return table(header, rows)


def documents(results: Results) -> str:
    """A row for each document."""
    rows = []
    for part, found in results.items():
        for result in found:
            tally = figures.overall([result])
            note = f" ({result.error})" if result.error else ""
            rows.append(
                (
                    f"{result.document.name}{note}",
                    NAMES.get(part, part),
                    str(tally.expected),
                    *_shares(tally),
                )
            )
    return table(("document", "part", "values", "P", "R", "F1"), rows)


def contestants(by_name: Mapping[str, Results]) -> str:
    """The product and its peers on the same documents."""
    rows = []
    for name, results in by_name.items():
        for part, found in results.items():
            tally = figures.overall(found)
            rows.append(
                (name, NAMES.get(part, part), *_shares(tally), f"{milliseconds(found):.1f}")
            )
    return table(("who", "part", "precision", "recall", "F1", "ms a document"), rows)


def reliability(bands: Iterable[Reliability]) -> str:
    """Promise and outcome, a band of confidence at a time."""
    return table(
        ("confidence", "values", "mean confidence", "share right"),
        (
            (f"{b.low:.1f} to {b.high:.1f}", str(b.n), f"{b.confidence:.3f}", f"{b.right:.3f}")
            for b in bands
        ),
    )


def write(sections: Mapping[str, str]) -> None:
    """Put tables into the pages, each between its two comments."""
    texts = {page: page.read_text("utf-8") for page in PAGES}
    for name, content in sections.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        place = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        holding = [page for page, text in texts.items() if place.search(text)]
        if not holding:
            raise SystemExit(f"No page has a place for {name!r}: add {begin} and {end}.")
        filled = f"{begin}\n{content}\n{end}"
        for page in holding:
            texts[page] = place.sub(lambda _, filled=filled: filled, texts[page])  # type: ignore[misc]
    for page, text in texts.items():
        page.write_text(text, "utf-8")


def _shares(tally: Tally) -> tuple[str, str, str]:
    return (
        _share(tally.precision, tally.found),
        _share(tally.recall, tally.expected),
        _share(tally.f1, tally.found + tally.expected),
    )


def _share(share: float, of: int) -> str:
    return f"{share:.3f}" if of else "–"
