"""A document that cannot be read ends its job at once, with a reason that a person can act on.

Broken, encrypted, scanned, or made to take the reader down: none of it gets better by being tried again, so no second
attempt is spent on it, and no worker is lost to it.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pdfs import make_pdf

from .conftest import Lab

SOURCES = Path(__file__).parents[1] / "unit/extraction/sources"
SECRET = "Ottilie"


def docx(body: bytes) -> bytes:
    """A DOCX around its main part."""
    head = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"></Types>'
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", head)
        archive.writestr("word/document.xml", body)
    return content.getvalue()


# One for each way to be refused; all that a reader refuses: tests/unit/extraction. Made when they are asked for: some
# take a second.
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "an encrypted PDF": ((SOURCES / "pdf/encrypted.pdf").read_bytes, "encrypted"),
    "a PDF that is only its mark": (lambda: b"%PDF-1.7\n" + SECRET.encode(), "broken"),
    "a PDF of 10,000 pages": (
        lambda: make_pdf([[SECRET]] * 10_000),
        "10000 pages; the limit is 2000",
    ),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + SECRET.encode(), "NEEDS_OCR"),
    "a zip bomb": (lambda: docx(b"<w>" + b" " * 300_000_000 + b"</w>"), ""),
    "HTML without end": (lambda: b"<html>" + b"<div>" * 20_000 + SECRET.encode(), "nested"),
    "nothing at all": (lambda: b" \n", "empty"),
    "noise": (lambda: bytes(range(256)) * 100, "not text"),
}


@pytest.mark.parametrize(("content", "said"), HOSTILE.values(), ids=list(HOSTILE))
def test_a_document_that_cannot_be_read_fails_its_job_once_and_says_why(
    lab: Lab, content: Callable[[], bytes], said: str
) -> None:
    job = lab.new_job(source_text=None, source_bytes=content())
    assert lab.work(job) == "failed"
    row = lab.psql.job(job.id)
    assert (row["status"], row["attempt"]) == ("failed", 1)
    assert said in row["error_message"]
    assert len(row["error_message"].split()) >= 4, "a sentence"
    assert "Unexpected" not in row["error_message"]
    assert SECRET not in row["error_message"]


def test_a_reader_that_takes_too_long_is_ended_and_so_is_its_job(lab: Lab) -> None:
    impatient = lab.settings.model_copy(update={"reader_seconds": 0.01})
    job = lab.new_job(source_text=None, source_bytes=make_pdf([["A line."] * 50] * 1_900))
    assert lab.work(job, settings=impatient) == "failed"
    row = lab.psql.job(job.id)
    assert (row["status"], row["attempt"]) == ("failed", 1)
    assert "0.01" in row["error_message"] or "longer" in row["error_message"]
