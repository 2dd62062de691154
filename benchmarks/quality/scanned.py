"""`python -m benchmarks.quality.scanned`: our own labelled PDFs, printed and scanned so to speak, and read back by OCR.

Each page is rendered at 200 dots an inch into a TIFF that has no text. Needs what requirements/ocr.txt pins.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

import pypdfium2

from benchmarks.quality import figures, tables
from benchmarks.quality.corpus import Labelled, documents
from benchmarks.quality.extracting import Result, measured, measured_again
from extraction import Control, Document, Limits, ReadPage, ScannedPage, read_document
from extraction_models.rapid_ocr import RapidOcr

_SCALE = 200 / 72


def scan(content: bytes) -> bytes:
    """Return the pages of a PDF as a TIFF."""
    with pypdfium2.PdfDocument(content) as document:
        pages = [page.render(scale=_SCALE).to_pil().convert("L") for page in document]
    out = io.BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw")
    return out.getvalue()


def read_back(document: Labelled, engine: RapidOcr) -> Document:
    """Return what OCR makes of a scan of a document."""

    def read_page(page: ScannedPage) -> ReadPage:
        return engine.read(page.image(), control=Control())

    return read_document(
        scan(document.path.read_bytes()),
        media_type=None,
        name=None,
        limits=Limits(),
        read_page=read_page,
    )


def table(found: Sequence[tuple[Result, Result]], seconds: float, pages: int) -> str:
    """Return both results of each document, and of all."""
    lines = ["| document | text layer | OCR |", "| --- | --- | --- |"]
    for text, scanned in found:
        lines.append(f"| {text.document.name} | {_f1([text])} | {_f1([scanned])} |")
    texts, scans = ([pair[side] for pair in found] for side in (0, 1))
    lines.append(f"| **all {len(found)}** | **{_f1(texts)}** | **{_f1(scans)}** |")
    return "\n".join([*lines, "", f"{pages} pages, {seconds / pages:.0f} s a page."])


def _f1(results: Sequence[Result]) -> str:
    return f"{figures.overall(results).f1:.3f}"


def main(arguments: Sequence[str]) -> None:
    """Measure and print; with --write, into results.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.scanned")
    parser.add_argument("--document", default="", help="documents whose name holds this")
    parser.add_argument("--show", action="store_true", help="what OCR read")
    parser.add_argument("--write", action="store_true", help="put the table into results.md")
    asked = parser.parse_args(arguments)
    engine = RapidOcr()
    found = []
    seconds, pages = 0.0, 0
    for document in documents("tuning"):
        if document.path.suffix != ".pdf" or asked.document not in document.name:
            continue
        started = time.perf_counter()
        read = read_back(document, engine)
        seconds += time.perf_counter() - started
        pages += len(read.pages)
        found.append((measured(document), measured_again(document, replace(read, title=None))))
        sys.stderr.write(f"{document.name}: {_f1([found[-1][0]])} {_f1([found[-1][1]])}\n")
        if asked.show:
            sys.stderr.write(read.text)
    result = table(found, seconds, pages)
    sys.stdout.write(f"{result}\n")
    if asked.write:
        tables.write({"scanned": result})


if __name__ == "__main__":
    main(sys.argv[1:])
