"""How well quotes are found again: ours beside langextract's aligner, on the same quotes of the same documents.

    PYTHONPATH=layers/extraction_jobs python -m benchmarks.quality.alignment [--sweep]

A quote is a stretch of a labelled document, altered as models alter what they quote, or one that the document does
not say at all. The documents are divided by a digest of their names: `--sweep` prints what thresholds come to on one
half, the table is of the other. langextract is optional: `pip install langextract` into the interpreter that runs
this.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extraction.document.document import Limits
from extraction.errors import ExtractionError
from extraction.llm import aligning
from extraction.llm.aligning import Aligner
from extraction.llm.locating import Locator, Quoted
from extraction.readers import read_document
from extraction.schema.kinds import Kind
from extraction.schema.object_types import Property

CORPUS = Path(__file__).parent / "corpus" / "tuning"
QUOTES_A_KIND = 6  # in each document
A_BATCH = 10  # quotes a call, in the order of the text, as one answer about a chunk has them

Span = tuple[int, int] | None
Aligned = Callable[[str, Sequence[str]], list[Span]]


@dataclass(frozen=True)
class Quote:
    """A quote and the places where it is right to find it; none if the text does not say it."""

    kind: str
    words: str
    at: int
    right: tuple[tuple[int, int], ...]


def _verbatim(text: str, _: random.Random) -> str:
    return text


def _respaced(text: str, _: random.Random) -> str:
    return " ".join(text.replace("|", " ").split())


def _retyped(text: str, _: random.Random) -> str:
    swaps = str.maketrans({"'": "’", '"': "”", "-": "–", "“": '"', "”": '"', "’": "'", "–": "-"})
    return _respaced(text, _).translate(swaps).upper()


def _slipped(text: str, chance: random.Random) -> str:
    """Two letters changed."""
    letters = list(text)
    places = [n for n, letter in enumerate(letters) if letter.isalpha()]
    for place in chance.sample(places, min(2, len(places))):
        letters[place] = chance.choice("aeinrst")
    return "".join(letters)


def _reworded(text: str, chance: random.Random) -> str:
    """One word replaced by another."""
    words = text.split(" ")
    places = [n for n, word in enumerate(words) if word.isalpha()]
    if places:
        words[chance.choice(places)] = chance.choice(("duly", "such", "thereof", "item"))
    return " ".join(words)


def _shortened(text: str, chance: random.Random) -> str:
    """One word left out."""
    words = text.split(" ")
    places = [n for n, word in enumerate(words[1:-1], 1) if word.isalpha()]
    if places:
        del words[chance.choice(places)]
    return " ".join(words)


def _elided(text: str, _: random.Random) -> str:
    """The middle left out for an ellipsis."""
    words = text.split(" ")
    return " ".join([*words[:3], "...", *words[-3:]]) if len(words) > 8 else text


def _other_figure(text: str, chance: random.Random) -> str:
    """One digit changed: another amount, date or number."""
    places = [match.start() for match in re.finditer(r"\d", text)]
    place = chance.choice(places)
    return f"{text[:place]}{(int(text[place]) + chance.randint(1, 9)) % 10}{text[place + 1 :]}"


SAID: dict[str, Callable[[str, random.Random], str]] = {
    "verbatim": _verbatim,
    "other white space": _respaced,
    "other case and marks": _retyped,
    "two letters wrong": _slipped,
    "a word replaced": _reworded,
    "a word left out": _shortened,
    "ellipsis": _elided,
}


def documents() -> dict[str, str]:
    """The labelled texts that can be read here, by the names of their files."""
    texts = {}
    for path in sorted(CORPUS.iterdir()):
        if path.name.endswith(".json") or path.name == "README.md":
            continue
        try:
            read = read_document(
                path.read_bytes(), media_type=None, name=path.name, limits=Limits()
            )
        except ExtractionError:
            continue
        texts[path.name] = read.text
    return texts


def quotes_of(text: str, others: Sequence[str], chance: random.Random) -> list[Quote]:
    """Quotes of every kind, made of one text."""
    stretches = [
        (match.start(), match.end())
        for match in re.finditer(r"[^\s#*-][^\n]{11,}(?:\n[^\n]{12,})?", text)
        if match.end() - match.start() <= 240
    ]
    if len(stretches) < QUOTES_A_KIND:
        return []
    made = []
    for kind, alter in SAID.items():
        for start, end in chance.sample(stretches, QUOTES_A_KIND):
            words = alter(text[start:end], chance)
            same = [m.start() for m in re.finditer(re.escape(text[start:end]), text)]
            right = tuple((at, at + end - start) for at in same)
            made.append(Quote(kind, words, start, right))
    with_figure = [(s, e) for s, e in stretches if re.search(r"\d", text[s:e])]
    for start, end in chance.sample(with_figure, min(QUOTES_A_KIND, len(with_figure))):
        words = _other_figure(text[start:end], chance)
        if " ".join(words.split()) not in " ".join(text.split()):
            made.append(Quote("not said: another figure", words, start, ()))
    for other in chance.sample(list(others), min(QUOTES_A_KIND, len(others))):
        lines = [line for line in other.split("\n") if 12 <= len(line) <= 240]
        words = chance.choice(lines) if lines else ""
        if words and " ".join(words.split()).casefold() not in " ".join(text.split()).casefold():
            made.append(Quote("not said: another document", words, chance.randrange(len(text)), ()))
    return made


def ours(text: str, words: Sequence[str]) -> list[Span]:
    """Each quote as an object of its own, as the extractor does it."""
    prop = Property("quote", "string", Kind.TEXT, False, ())
    aligner, locator = Aligner(text, 0, len(text)), Locator(text, 0)
    spans: list[Span] = []
    for quote in words:
        quoted = Quoted(prop, quote, quote, aligner.places(quote))
        locator.settle([quoted])
        spans.append((quoted.place.start, quoted.place.end) if quoted.place else None)
    return spans


def langextracts() -> Aligned | None:
    """The WordAligner of langextract with its own defaults, or None if it is not installed."""
    if importlib.util.find_spec("langextract") is None:
        return None
    from langextract.core.data import Extraction
    from langextract.resolver import WordAligner

    def align(text: str, words: Sequence[str]) -> list[Span]:
        given = [Extraction("quote", quote) for quote in words]
        aligned: Any = WordAligner().align_extractions([given], text)
        spans: list[Span] = []
        for each in aligned[0]:
            place = each.char_interval
            found = place is not None and place.start_pos is not None
            spans.append((place.start_pos, place.end_pos) if found else None)
        return spans

    return align


def outcome(quote: Quote, span: Span) -> str:
    """Right, wrong or missed. Right is to share at least 60 % of the characters of both with the true place."""
    if span is None:
        return "missed" if quote.right else "right"
    for start, end in quote.right:
        shared = min(end, span[1]) - max(start, span[0])
        if shared >= 0.6 * (max(end, span[1]) - min(start, span[0])):
            return "right"
    return "wrong"


def measure(
    align: Aligned, sets: Sequence[tuple[str, list[Quote]]]
) -> tuple[Counter[tuple[str, str]], float]:
    """Count outcomes by kind, and the milliseconds a quote."""
    counted: Counter[tuple[str, str]] = Counter()
    seconds = 0.0
    for text, quotes in sets:
        for first in range(0, len(quotes), A_BATCH):
            batch = sorted(quotes[first : first + A_BATCH], key=lambda quote: quote.at)
            began = time.perf_counter()
            spans = align(text, [quote.words for quote in batch])
            seconds += time.perf_counter() - began
            counted.update((q.kind, outcome(q, s)) for q, s in zip(batch, spans, strict=True))
    return counted, 1000 * seconds / max(1, sum(counted.values()))


def sets_of(texts: Mapping[str, str], half: int) -> list[tuple[str, list[Quote]]]:
    """The quotes of one half of the documents, mixed as they come."""
    made = []
    for name, text in texts.items():
        digest = hashlib.sha256(name.encode()).digest()
        if digest[0] % 2 == half:
            chance = random.Random(digest)
            quotes = quotes_of(text, [t for other, t in texts.items() if other != name], chance)
            chance.shuffle(quotes)
            made.append((text, quotes))
    return made


def sweep(texts: Mapping[str, str]) -> None:
    """Print what each threshold comes to on the documents that it is chosen on."""
    sets = sets_of(texts, 0)
    print("threshold   found of what is said   wrong place   found of what is not said")
    chosen = aligning.FUZZY_AT_LEAST
    for threshold in (70.0, 75.0, 80.0, 85.0, 90.0, 95.0):
        aligning.FUZZY_AT_LEAST = threshold
        counted, _ = measure(ours, sets)
        said = [(k, o) for k, o in counted.elements() if not k.startswith("not said")]
        unsaid = [o for k, o in counted.elements() if k.startswith("not said")]
        right = sum(o == "right" for _, o in said) / len(said)
        wrong = sum(o == "wrong" for _, o in said) / len(said)
        false = sum(o == "wrong" for o in unsaid) / len(unsaid)
        print(f"{threshold:9.0f}   {right:22.1%}   {wrong:11.1%}   {false:25.1%}")
    aligning.FUZZY_AT_LEAST = chosen


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sweep", action="store_true", help="how the threshold was chosen")
    texts = documents()
    if parser.parse_args().sweep:
        sweep(texts)
        return
    sets = sets_of(texts, 1)
    contestants: dict[str, Aligned] = {"ours": ours}
    other = langextracts()
    if other is not None:
        contestants["langextract"] = other
    for align in contestants.values():
        measure(align, sets[:1])  # imports and first calls are not what is compared
    results = {name: measure(align, sets) for name, align in contestants.items()}
    kinds = list(dict.fromkeys(kind for _, quotes in sets for kind in (q.kind for q in quotes)))
    kinds.sort(
        key=lambda kind: (
            kind.startswith("not said"),
            list(SAID).index(kind) if kind in SAID else 0,
        )
    )
    print(f"{sum(len(q) for _, q in sets)} quotes of {len(sets)} documents: right / wrong, in %")
    print("| quote | n | " + " | ".join(results) + " |")
    print("| --- | ---: | " + " | ".join("---:" for _ in results) + " |")
    for kind in kinds:
        row = []
        total = 0
        for counted, _ in results.values():
            total = sum(n for (k, _), n in counted.items() if k == kind)
            right, wrong = counted[kind, "right"], counted[kind, "wrong"]
            row.append(f"{100 * right / total:.0f} / {100 * wrong / total:.0f}")
        print(f"| {kind} | {total} | " + " | ".join(row) + " |")
    print("| ms a quote | | " + " | ".join(f"{ms:.2f}" for _, ms in results.values()) + " |")
    if other is None:
        print("langextract is not installed here: only ours was measured.")


if __name__ == "__main__":
    main()
