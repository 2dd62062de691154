"""`python -m benchmarks.quality`: how good the extraction is on labelled documents. `--help` names the options."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from benchmarks.quality import ablation, calibrate, figures, peers, ranking, tables
from benchmarks.quality.corpus import HALVES, PARTS, Labelled, documents, outside
from benchmarks.quality.extracting import Result, measured
from extraction import OfflineExtractor
from extraction.records.calibration import shipped
from extraction.records.ranking.choice import weights

_WITHOUT_PEERS = "Peers: left out."
_WORKED_ON = ("tuning", "dev")  # whose documents may be looked at


def main(arguments: Sequence[str]) -> None:
    """Measure, print, and write what was asked for."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if asked.write and (asked.part or asked.document):
        parser.error("--write takes all documents; leave --half and --document out")
    if asked.without or asked.each:
        return _worth(asked.without or ablation.known(), write=asked.write and asked.each)
    if asked.fit:
        _fit()
    chosen = _chosen(asked.part, asked.document)
    if not chosen:
        parser.error("there is no such document")
    return _measure(chosen, asked)


def _measure(chosen: dict[str, list[Labelled]], asked: argparse.Namespace) -> None:
    warm = next(iter(chosen.values()))[0]
    measured(warm)  # imports are paid for once
    results = {part: [measured(document) for document in found] for part, found in chosen.items()}
    if asked.show:
        for found in results.values():
            for result in found:
                _show(result, revealed=asked.reveal)
        return
    sections = _sections(results)
    if not asked.document:
        with_peers = not asked.no_peers
        sections["peers"] = _peers(results, wanted=with_peers)
        if with_peers and peers.can_align():
            sections["alignment"] = peers.alignment()
        sections["calibration"] = _calibration()
    for name, content in sections.items():
        print(f"\n## {name}\n\n{content}")
    if asked.write:
        tables.write(sections)


def _worth(names: Sequence[str], *, write: bool) -> None:
    worth = ablation.table(names)
    print(worth)
    if write:
        tables.write({"worth": worth})


def _fit() -> None:
    """Fit the ranker's weights, and the confidences of what labels name on top of that."""
    by_others = calibrate.once(outside("dev"))
    if not by_others:
        raise SystemExit("Confidences are fitted on documents by others too: set QUALITY_CORPORA.")
    examples = [e for d in [*documents("tuning"), *by_others] for e in ranking.examples(d)]
    written = [ranking.write(examples)]
    weights.cache_clear()
    dev = calibrate.observed_outside("dev")
    tuning, untouched = (calibrate.observed_in(part) for part in ("tuning", "calibration"))
    written.append(calibrate.write(tuning, dev, untouched))
    print(f"Written: {written}, {len(tuning)} + {len(dev)} + {len(untouched)} values")
    shipped.cache_clear()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument(
        "--half", "--part", dest="part", choices=(*PARTS, *HALVES), help="these documents only"
    )
    parser.add_argument("--document", metavar="NAME", help="documents whose name holds this")
    parser.add_argument("--show", action="store_true", help="every extra (+) and missed (-) value")
    parser.add_argument("--reveal", action="store_true", help="of documents held back as well")
    parser.add_argument(
        "--without",
        metavar="NAME",
        action="append",
        choices=ablation.known(),
        help="what a rule or word list is worth",
    )
    parser.add_argument("--each", action="store_true", help="what each of them is worth")
    parser.add_argument(
        "--fit", action="store_true", help="fit the ranker and the confidences first"
    )
    parser.add_argument(
        "--write", action="store_true", help="put the tables into docs/quality.md and results.md"
    )
    parser.add_argument("--no-peers", action="store_true", help="leave the peers out")
    return parser


def _chosen(part: str | None, name: str | None) -> dict[str, list[Labelled]]:
    """The documents asked for, by part; those by others by collection."""
    found = {each: documents(each) for each in PARTS if part in (None, each)}
    found |= outside("dev" if part == "dev" else "check") if part in (None, *HALVES) else {}
    named = {
        each: [d for d in labelled if name is None or name in d.name]
        for each, labelled in found.items()
    }
    return {each: labelled for each, labelled in named.items() if labelled}


def _show(result: Result, *, revealed: bool) -> None:
    document = result.document
    print(f"{document.name}: F1 {figures.overall([result]).f1:.3f} {result.error}")
    if document.part not in _WORKED_ON and not revealed:
        print("  held back: nobody who works on the rules may see more than its figures (--reveal)")
        return
    for sign, values in (("+", result.score.extra), ("-", result.score.missed)):
        for value in values:
            print(f"  {sign} {value}")


def _sections(results: tables.Results) -> dict[str, str]:
    made = datetime.now(UTC).date().isoformat()
    own = {part: found for part, found in results.items() if part in PARTS}
    return {
        "run": f"Measured on {made}, offline extractor {OfflineExtractor.version}.",
        "summary": tables.summary(results),
        "types": tables.side_by_side(
            "type", {part: figures.by_type(found) for part, found in own.items()}
        ),
        "properties": tables.side_by_side(
            "property", {part: figures.by_property(found) for part, found in own.items()}
        ),
        "formats": tables.side_by_side(
            "format", {part: figures.by_format(found) for part, found in own.items()}
        ),
        "documents": tables.documents(own),
    }


def _peers(results: tables.Results, *, wanted: bool) -> str:
    by_name = {f"offline extractor {OfflineExtractor.version}": results}
    if not wanted:
        return f"{tables.contestants(by_name)}\n\n{_WITHOUT_PEERS}"
    for name, program in peers.PEERS.items():
        by_name[name] = {
            part: peers.measured(program, [result.document for result in found])
            for part, found in results.items()
        }
    return tables.contestants(by_name)


def _calibration() -> str:
    lines = [
        f"Shipped table: {shipped().basis}. Expected calibration error, ten bands of equal width:"
    ]
    tuning, untouched = (calibrate.observed_in(part) for part in ("tuning", "calibration"))
    dev = calibrate.observed_outside("dev")
    if untouched and dev:
        predicted = calibrate.cross_validated([*tuning, *dev], untouched)
        lines.append(
            f"- calibration documents, each by a table fitted without it: {_error(predicted)}"
        )
    for name, observed in (
        ("held-out documents", calibrate.observed_in("held_out")),
        ("documents by others, `check`", calibrate.observed_outside("check")),
    ):
        if observed:
            predicted = calibrate.predictions(shipped(), observed)
            lines.append(f"- **{name}, by the shipped table: {_error(predicted)}**")
            lines += ["", tables.reliability(calibrate.reliability(predicted)), ""]
    return "\n".join(lines).rstrip()


def _error(predicted: Sequence[tuple[float, bool]]) -> str:
    return f"{calibrate.expected_calibration_error(predicted):.3f} (n = {len(predicted)})"


if __name__ == "__main__":
    main(sys.argv[1:])
