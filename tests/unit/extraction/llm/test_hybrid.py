"""The rules beside the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from extraction import (
    ChunkResult,
    Control,
    MisconfiguredError,
    OfflineExtractor,
    Options,
    RetryableError,
    extract_document,
)
from extraction.llm import HybridExtractor, ModelExtractor
from tests.unit.extraction.llm.scripted import Scripted, document, reply, said, types

INVOICE = {
    "type": "object",
    "x-occurs": "document",
    "properties": {
        "invoice_number": {"type": "string", "format": "identifier"},
        "date": {"type": "string", "format": "date"},
        "total": {"type": "number"},
        "note": {"type": "string"},
    },
}
TYPES = types(Invoice=INVOICE)
DOC = document("Invoice number: R-2026-17\nDate: 2026-03-04\nNet: 1,000.00\nTotal: 1,190.00\n")
RIGHT: Mapping[str, Any] = {
    "Invoice": [{"object_id": "i", "invoice_number": said("R-2026-17"), "date": said("2026-03-04"),
                 "total": said(1190, "1,190.00")}],
}  # fmt: skip


def with_total(value: float, quote: str) -> dict[str, Any]:
    return {"Invoice": [{**RIGHT["Invoice"][0], "total": said(value, quote)}]}


def hybrid(answer: Any) -> Any:
    return extract_document(HybridExtractor(Scripted([answer])), DOC, TYPES, Options()).extraction


def test_agreement_makes_a_value_surer_than_either_alone() -> None:
    alone = extract_document(OfflineExtractor(), DOC, TYPES, Options()).extraction.objects[0]
    model = extract_document(
        ModelExtractor(Scripted([RIGHT])), DOC, TYPES, Options()
    ).extraction.objects[0]
    both = hybrid(RIGHT)
    (found,) = both.objects
    for name in ("invoice_number", "date", "total"):
        sure = found.evidence[name]["confidence"]
        assert sure >= max(alone.evidence[name]["confidence"], model.evidence[name]["confidence"])
        assert found.evidence[name]["method"] == "model_and_rules"
    assert found.properties["total"] == 1190
    assert both.review_reasons == ()


def test_a_disagreement_is_named_without_its_values_and_keeps_the_better_grounded() -> None:
    made_up = hybrid(with_total(1290, "1,290.00"))
    assert made_up.objects[0].properties["total"] == 1190
    assert "The model and the rules disagree on Invoice.total." in made_up.review_reasons
    assert not any("1290" in reason or "1,290" in reason for reason in made_up.review_reasons)
    other = hybrid(with_total(1000, "1,000.00"))
    assert "The model and the rules disagree on Invoice.total." in other.review_reasons
    assert other.objects[0].evidence["total"]["confidence"] < 0.7


def test_what_one_of_them_alone_found_is_kept() -> None:
    more = {"Invoice": [{**RIGHT["Invoice"][0], "note": said("Net: 1,000.00")}]}
    assert hybrid(more).objects[0].properties["note"] == "Net: 1,000.00"
    less = {"Invoice": [{"object_id": "i", "invoice_number": said("R-2026-17")}]}
    (found,) = hybrid(less).objects
    assert found.properties["total"] == 1190
    assert found.evidence["total"]["confidence"] < 0.8
    nothing = hybrid({"Invoice": []})
    assert nothing.objects[0].properties["total"] == 1190
    assert "1 object(s) were found by the rules only." in nothing.warnings


def test_a_chunk_that_the_model_fails_at_has_what_the_rules_found_and_is_reviewed() -> None:
    failed = hybrid(reply(stop="guardrail_intervened"))
    alone = extract_document(OfflineExtractor(), DOC, TYPES, Options()).extraction
    assert failed.objects[0].properties == alone.objects[0].properties
    assert failed.objects[0].confidence == alone.objects[0].confidence
    assert any("could not read 1 of 1 chunks" in reason for reason in failed.review_reasons)
    assert any("guardrail" in warning for warning in failed.warnings)
    assert failed.usage["model_calls"] == 1


@pytest.mark.parametrize("error", [RetryableError("later"), MisconfiguredError("never")])
def test_a_fault_of_more_than_this_chunk_is_raised(error: Exception) -> None:
    with pytest.raises(type(error)):
        hybrid(error)


def test_any_order_and_storage_of_results_combine_to_the_same() -> None:
    text = "\n\n".join(
        f"Invoice number: R-{n}\nDate: 2026-03-{n + 1:02d}\nTotal: {n}00.00" for n in range(12)
    )
    many = types(Invoice={k: v for k, v in INVOICE.items() if k != "x-occurs"})

    def answer(shown: str) -> Any:
        import re

        if "R-5" in shown:
            return reply(stop="content_filtered")
        return {
            "Invoice": [
                {"object_id": m[1], "invoice_number": said(m[1]), "date": said(m[2])}
                for m in re.finditer(r"number: (R-\d+)\nDate: (\S+)", shown)
            ]
        }

    extractor = HybridExtractor(Scripted(answer))
    run = extractor.start(
        document(text), many, Options(chunk_characters=150, overlap_characters=60)
    )
    results = [run.chunk(c.index, control=Control()) for c in run.chunks]
    whole = run.result(results)
    stored = [
        ChunkResult.from_json(json.loads(json.dumps(r.to_json(), sort_keys=True)))
        for r in reversed(results)
    ]
    assert run.result(stored) == whole
    assert [o.properties["invoice_number"] for o in whole.objects] == [f"R-{n}" for n in range(12)]
    assert whole.objects[0].evidence["date"]["method"] == "model_and_rules"


def test_a_different_number_of_items_is_a_disagreement() -> None:
    bill = {
        "type": "object",
        "x-occurs": "document",
        "properties": {
            "invoice_number": {"type": "string"},
            "line_items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"description": {"type": "string"}, "amount": {"type": "number"}},
                },
            },
        },
    }
    text = "Invoice number: R-1\n\n| Description | Amount |\n| --- | --- |\n| Bolt | 1.50 |\n| Nut | 0.50 |\n"
    lines = [("Bolt", 1.5, "1.50"), ("Nut", 0.5, "0.50")]

    def found(count: int) -> Any:
        items = [
            {"description": said(name), "amount": said(amount, quote)}
            for name, amount, quote in lines[:count]
        ]
        answer = {"Bill": [{"invoice_number": said("R-1"), "line_items": items}]}
        extractor = HybridExtractor(Scripted([answer]))
        return extract_document(extractor, document(text), types(Bill=bill), Options()).extraction

    both = found(2)
    assert both.review_reasons == ()
    (item, _) = both.objects[0].evidence["line_items"]
    assert item["amount"]["method"] == "model_and_rules"
    fewer = found(1)
    assert fewer.review_reasons == ("The model and the rules disagree on Bill.line_items.",)
    assert [i["description"] for i in fewer.objects[0].properties["line_items"]] == ["Bolt", "Nut"]


def test_its_checkpoints_are_not_those_of_the_model_alone() -> None:
    model = Scripted([])
    hybrid = HybridExtractor(model).start(DOC, TYPES, Options())
    alone = ModelExtractor(model).start(DOC, TYPES, Options())
    assert hybrid.digest != alone.digest
    assert len(hybrid.digest) == len(alone.digest) == 64
