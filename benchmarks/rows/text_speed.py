"""How fast plain text is extracted, beside reading alone: decoding, the normal form, and the lines.

Each text is made of documents of the tuning part over and over, each time with other figures, so that no value is
remembered from the time before. Processor time counts: other work on the machine does not.
"""

from __future__ import annotations

import random
import re
import statistics
import time
from collections.abc import Callable, Mapping

from benchmarks.quality.corpus import documents
from benchmarks.quality.extracting import read
from benchmarks.report import Figure, of_limit
from benchmarks.scale import Scale
from benchmarks.server import Server
from extraction import (
    Document,
    Limits,
    ObjectType,
    OfflineExtractor,
    Options,
    extract_document,
    read_document,
    ready_made_sets,
    requested_object_types,
)
from extraction.document.line import read_lines

BYTES = 300_000
# Texts by the words in the names of the documents that they are made of.
TEXTS = {
    "agreements": ("nda", "lease", "agreement", "contract", "licence"),
    "invoices": ("invoice", "rechnung", "facture", "factuur", "receipt", "order"),
    "minutes": ("minutes", "protokoll", "council", "resolutions", "standup"),
    "documents of all kinds": ("",),
}
LEAST = {"one type of three properties": 1.0, "all ready-made sets": 0.5}  # MB/s that are aimed at
_TYPE = {
    "Deal": {
        "type": "object",
        "properties": {
            "reference": {"type": "string", "title": "Reference number"},
            "date": {"type": "string", "format": "date"},
            "amount": {"type": "number", "title": "Total amount"},
        },
    }
}
_DIGIT = re.compile(r"\d")


def measure(server: Server, scale: Scale) -> list[Figure]:  # noqa: ARG001
    """MB a second of each text, by what is asked for; contestants in turns."""
    asked: Mapping[str, tuple[ObjectType, ...]] = {
        "one type of three properties": requested_object_types(_TYPE),
        "the set invoice": requested_object_types("invoice"),
        "all ready-made sets": requested_object_types(list(ready_made_sets())),
    }
    figures = []
    for name, words in TEXTS.items():
        content = _long_text(words)
        read_alone = "reading alone"
        runs: dict[str, list[float]] = {who: [] for who in (read_alone, *asked)}
        for _ in range(scale.rounds):
            runs[read_alone].append(_speed(content, lambda document: read_lines(document.text)))
            for who, types in asked.items():
                runs[who].append(_speed(content, lambda each: _extract(each, types)))  # noqa: B023
        figures += _figures(f"extract {name}, {len(content):,} bytes of text", runs)
    return figures


def _figures(row: str, runs: Mapping[str, list[float]]) -> list[Figure]:
    limit = next(iter(runs.values()))
    figures = []
    for who, speeds in runs.items():
        least = LEAST.get(who)
        aim = f"at least {least} MB/s" if least else ""
        met = statistics.median(speeds) >= least if least else None
        figures.append(Figure(row, who, "MB/s", speeds, of_limit(speeds, limit), aim, met))
    return figures


def _extract(document: Document, types: tuple[ObjectType, ...]) -> None:
    extract_document(OfflineExtractor(), document, types, Options())


def _speed(content: bytes, rest: Callable[[Document], object]) -> float:
    """Return MB a second of reading a text, and of what is done with it then."""
    started = time.process_time()
    rest(read_document(content, media_type="text/plain", name="text.txt", limits=Limits()))
    return len(content) / 1e6 / (time.process_time() - started)


def _long_text(words: tuple[str, ...]) -> bytes:
    """Return the text of the documents whose names hold one of some words, over and over."""
    chance = random.Random(1)
    named = [each for each in documents("tuning") if any(word in each.name for word in words)]
    texts = [document.text for each in named if (document := read(each)) is not None]
    found = bytearray()
    while len(found) < BYTES:
        for text in texts:
            figures = _DIGIT.sub(lambda _: str(chance.randint(1, 9)), text)
            found += f"{figures}\n\n".encode()
    return bytes(found)
