"""What OCR was not sure of, nobody is sure of: its confidence enters that of the values read from its words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extraction import (
    Document,
    ExtractedObject,
    Extractor,
    OfflineExtractor,
    Options,
    extract_document,
)
from extraction.document.typed import Seen
from extraction.llm import HybridExtractor, ModelExtractor
from tests.unit.extraction.llm.scripted import Scripted, document, said, types

TEXT = "Invoice number: R-2026-17\nDate: 2026-03-04\nTotal: 1,190.00\n"
TYPES = types(
    Invoice={
        "type": "object",
        "x-occurs": "document",
        "properties": {
            "invoice_number": {"type": "string", "format": "identifier"},
            "date": {"type": "string", "format": "date"},
            "total": {"type": "number"},
        },
    }
)
ANSWER = {
    "Invoice": [{"object_id": "i", "invoice_number": said("R-2026-17"), "date": said("2026-03-04"),
                 "total": said(1190, "1,190.00")}],
}  # fmt: skip
PRINTED = document(TEXT)
AT = TEXT.index("1,190.00")
# The number is printed, the date was read without a doubt, half of the total badly.
SCANNED = replace(
    PRINTED,
    seen=(Seen(26, 42, 1.0), Seen(43, 49, 0.97), Seen(AT, AT + 2, 0.8), Seen(AT + 2, AT + 8, 0.9)),
)


def extractor(name: str) -> Extractor:
    by_name: dict[str, Extractor] = {
        "offline": OfflineExtractor(),
        "model": ModelExtractor(Scripted([ANSWER])),
        "hybrid": HybridExtractor(Scripted([ANSWER])),
    }
    return by_name[name]


def found(name: str, read: Document, options: Options | None = None) -> ExtractedObject:
    [one] = extract_document(extractor(name), read, TYPES, options).extraction.objects
    return one


@pytest.mark.parametrize("name", ["offline", "model", "hybrid"])
def test_a_value_is_as_sure_as_it_was_times_the_least_confidence_of_its_words(name: str) -> None:
    printed, scanned = found(name, PRINTED), found(name, SCANNED)
    assert scanned.properties == printed.properties
    for each in ("invoice_number", "date"):
        assert scanned.evidence[each] == printed.evidence[each]
    before, after = printed.evidence["total"], scanned.evidence["total"]
    assert after["confidence"] == round(before["confidence"] * 0.8, 4)
    assert (
        after["confidence_basis"] == before["confidence_basis"] + "; times the OCR's confidence 0.8"
    )
    assert after["citations"] == before["citations"]
    assert scanned.confidence == pytest.approx(
        sum(proof["confidence"] for proof in scanned.evidence.values()) / 3, abs=1e-4
    )


@pytest.mark.parametrize("name", ["offline", "model", "hybrid"])
def test_the_least_confidence_that_a_job_asks_for_counts_what_ocr_doubts(name: str) -> None:
    sure = found(name, PRINTED).evidence["total"]["confidence"]
    asked = Options(min_confidence=sure * 0.8 + 0.01)
    assert "total" in found(name, PRINTED, asked).properties
    assert "total" not in found(name, SCANNED, asked).properties
