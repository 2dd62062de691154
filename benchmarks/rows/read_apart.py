"""Small documents read in a process of their own, beside the same parser called in this one.

The child is forked from a process that has the parsers loaded (the product), or is started anew for each document (what
it does where forking is not safe). Each run is the median of some documents, one after the other, warm.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

from benchmarks.report import Figure, of_limit
from benchmarks.scale import Scale
from benchmarks.server import Server
from extraction import Limits
from extraction.reading.apart import Parsers
from extraction.reading.docx import docx_to_raw
from extraction.reading.mail import mail_to_raw
from extraction.reading.pdf import pdf_to_raw
from extraction.reading.raw import Raw
from tests.pdfs import make_pdf

DOCX = Path(__file__).parents[2] / "tests/unit/extraction/sources/docx/minutes-libreoffice.docx"
MOST_MILLISECONDS_ABOVE = 20
DOCUMENTS = 20  # a run
DOCUMENTS_ANEW = 5


def measure(server: Server, scale: Scale) -> list[Figure]:  # noqa: ARG001
    """A PDF of one page, a DOCX of one page, an e-mail; contestants in turns."""
    limits = Limits()
    figures = []
    for kind, content, read in _documents():
        forked, anew = Parsers(), Parsers(forks=False)
        parser = f"extraction.reading.{kind.lower()}:{read.__name__}"

        def by(parsers: Parsers, parser: str = parser, content: bytes = content) -> Raw:
            return parsers.read(parser, "document", content, limits, lambda: False)

        def alone(read: Callable[[bytes, Limits], Raw] = read, content: bytes = content) -> Raw:
            return read(content, limits)

        by(forked), alone()
        runs: dict[str, list[float]] = {"alone": [], "forked": [], "anew": []}
        for _ in range(scale.rounds):
            runs["alone"].append(_milliseconds(alone, DOCUMENTS))
            runs["forked"].append(_milliseconds(lambda: by(forked), DOCUMENTS))  # noqa: B023
            runs["anew"].append(_milliseconds(lambda: by(anew), DOCUMENTS_ANEW))  # noqa: B023
        forked.close()
        figures += _figures(f"read a small {kind}, {len(content):,} bytes", runs)
    return figures


def _figures(row: str, runs: dict[str, list[float]]) -> list[Figure]:
    limit = runs["alone"]
    above = [ours - theirs for ours, theirs in zip(runs["forked"], limit, strict=True)]
    return [
        Figure(row, "the parser alone", "ms", limit),
        Figure(row, "product", "ms", runs["forked"], of_limit(runs["forked"], limit)),
        Figure(row, "product, above the parser alone", "ms", above).aiming(
            f"at most {MOST_MILLISECONDS_ABOVE} ms", lambda ms: ms <= MOST_MILLISECONDS_ABOVE
        ),
        Figure(row, "a process begun anew", "ms", runs["anew"], of_limit(runs["anew"], limit)),
    ]


def _documents() -> list[tuple[str, bytes, Callable[[bytes, Limits], Raw]]]:
    page = [f"{number}   Depot {number % 7}   {number * 12.5:.2f}" for number in range(40)]
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@b.example", "c@d.example", "Offer 17"
    mail.set_content("The total is 5 euros.\n" * 20)
    mail.add_alternative("<p>The total is <b>5</b> euros.</p>" * 20, subtype="html")
    return [
        ("PDF", make_pdf([page]), pdf_to_raw),
        ("DOCX", DOCX.read_bytes(), docx_to_raw),
        ("mail", mail.as_bytes(), mail_to_raw),
    ]


def _milliseconds(read: Callable[[], Raw], documents: int) -> float:
    taken = []
    for _ in range(documents):
        started = time.perf_counter()
        read()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)
