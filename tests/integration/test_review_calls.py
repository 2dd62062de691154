"""Reviews, inline files, the text that was read, and the ready-made object types, through the API."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from uuid import UUID

import pytest

from tests.conftest import Psql
from tests.integration.conftest import ORG, PROJECT, Api, Invoke, message, sqs_event
from tests.integration.lambda_events import Answer
from tests.pdfs import Pdf, text_at

E_INVOICES = Path(__file__).parents[1] / "unit" / "extraction" / "sources" / "e_invoices"


@pytest.fixture
def doubtful(api: Api, work: Invoke) -> UUID:
    """A job that requires a review."""
    job_id = api.created(
        source_text="Invoice number: 17\nTotal: 12.50 EUR\n",
        extraction_config={"object_types": "invoice", "review_below_confidence": 1},
    )
    assert work(sqs_event(message(job_id))) == {"batchItemFailures": []}
    assert api("GET", f"/extraction-jobs/{job_id}").json["status"] == "requires_review"
    return job_id


@pytest.mark.parametrize(
    ("verb", "status", "sentence"),
    [
        ("approve", "completed", "The result was approved."),
        ("reject", "failed", "The result was rejected."),
    ],
)
@pytest.mark.parametrize("note", [None, "Looked at twice."])
def test_a_review_ends_with_the_reviewers_word_in_the_history(
    api: Api, psql: Psql, doubtful: UUID, verb: str, status: str, sentence: str, note: str | None
) -> None:
    answer = api(
        "POST", f"/extraction-jobs/{doubtful}/{verb}", body={"note": note} if note else None
    )
    assert (answer.status, answer.json["status"]) == (200, status)
    event = psql.events(doubtful)[-1]
    assert event["reason"] == (f"{sentence} {note}" if note else sentence)
    assert event["detail"] == {"caller": "amelia"}
    again = api("POST", f"/extraction-jobs/{doubtful}/{verb}")
    assert (again.status, again.json["detail"]) == (400, f"Cannot {verb} job with status: {status}")


def test_an_approval_corrects_values_and_the_export_has_them(api: Api, doubtful: UUID) -> None:
    [invoice] = api("GET", f"/extraction-jobs/{doubtful}/objects").json["items"]

    def approve(*corrections: dict[str, object]) -> Answer:
        return api(
            "POST", f"/extraction-jobs/{doubtful}/approve", body={"corrections": corrections}
        )

    right = {"object": invoice["id"], "property": "total", "value": 21.5}
    refused = approve(right, {"object": invoice["id"], "property": "total", "value": "much"})
    assert (refused.status, refused.faulty_fields) == (422, ["corrections.1.value"])
    assert refused.json["errors"][0]["rule"] == "must be a number"
    assert approve({"object": invoice["id"], "property": "total"}).faulty_fields == [
        "corrections.0.value"
    ]

    assert approve(right).json["status"] == "completed"
    [served] = api("GET", f"/extraction-jobs/{doubtful}/objects").json["items"]
    assert served["properties"]["total"] == 21.5
    assert served["evidence"]["total"]["corrected_by"] == "amelia"
    exported = api("GET", f"/extraction-jobs/{doubtful}/export").text
    assert json.loads(exported)["properties"]["total"] == 21.5


def test_the_text_that_citations_count_in_is_served_in_stretches(api: Api, work: Invoke) -> None:
    text = "Überschrift 😀: 17\n" * 5
    job_id = api.created(source_text=text)
    path = f"/extraction-jobs/{job_id}/document"
    before = api("GET", path).json
    assert (before["characters"], before["text"], before["media_type"]) == (0, "", None)
    work(sqs_event(message(job_id)))
    whole = api("GET", path).json
    assert (whole["text"], whole["characters"]) == (text, len(text))
    query = {"org_id": ORG, "project_id": PROJECT, "start": 12, "length": 5}
    part = api("GET", path, query=query).json
    assert (part["start"], part["text"]) == (12, text[12:17])


def test_the_ready_made_sets_can_be_listed_and_each_can_be_asked_for(api: Api) -> None:
    sets = api("GET", "/extraction-jobs/object-types", query=()).json["sets"]
    assert {"contact", "contract", "invoice", "meeting_minutes", "requirements"} <= set(sets)
    for name, types in sets.items():
        assert all(schema["type"] == "object" for schema in types.values())
        for asked in (name, [name], types):
            assert api.create(extraction_config={"object_types": asked}).status == 201


def test_only_the_types_of_the_sets_that_were_asked_for_are_extracted(
    api: Api, work: Invoke
) -> None:
    text = "Invoice number: 17\nTotal: 12.50 EUR\nCustomer: Nordlicht AG\n"
    job_id = api.created(source_text=text, extraction_config={"object_types": ["requirements"]})
    work(sqs_event(message(job_id)))
    assert api("GET", f"/extraction-jobs/{job_id}").json["discovered_types"] == []


def test_a_file_can_be_posted_as_it_is(api: Api, work: Invoke, psql: Psql) -> None:
    content = "<html><body><p>Invoice number: 17</p><p>Total: 12,50 €</p></body></html>".encode(
        "utf-16"
    )
    fields = {
        "source_text": None,
        "source_base64": base64.b64encode(content).decode(),
        "extraction_config": {"object_types": "invoice"},
    }
    job_id = api.created(**fields)
    assert work(sqs_event(message(job_id))) == {"batchItemFailures": []}
    [found] = api("GET", f"/extraction-jobs/{job_id}/objects").json["items"]
    assert found["properties"]["total"] == 12.5
    document = api("GET", f"/extraction-jobs/{job_id}/document").json
    assert document["media_type"] == "text/html"
    assert psql("SELECT content, content_bytes FROM kb.extraction_documents") == [
        {"content": None, "content_bytes": content}
    ]


def test_a_pdf_and_its_e_invoice_that_disagree_go_to_review_with_the_xml_quoted(
    api: Api, work: Invoke
) -> None:
    pdf = Pdf()
    pdf.page(text_at(56, 80, "Invoice no: UB-31") + text_at(56, 100, "Total: 9250.63 SEK"))
    pdf.attach("xrechnung.xml", (E_INVOICES / "ubl.xml").read_bytes())
    job_id = api.created(
        source_text=None,
        source_base64=base64.b64encode(pdf.bytes()).decode(),
        extraction_config={"object_types": "invoice"},
    )
    assert work(sqs_event(message(job_id))) == {"batchItemFailures": []}
    job = api("GET", f"/extraction-jobs/{job_id}").json
    assert job["status"] == "requires_review"
    assert "the page differ on total of Invoice" in job["review_reason"]
    objects = api("GET", f"/extraction-jobs/{job_id}/objects").json["items"]
    [found] = [each for each in objects if each["type"] == "Invoice"]
    text = api("GET", f"/extraction-jobs/{job_id}/document").json["text"]
    [citation] = found["evidence"]["total"]["citations"]
    assert found["properties"]["total"] == 1250.63
    assert text[citation["start"] : citation["end"]] == "1250.63"
    assert citation["element"] == "Invoice/LegalMonetaryTotal/TaxInclusiveAmount"
