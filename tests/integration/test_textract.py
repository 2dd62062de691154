"""Textract as an engine, against answers and errors of the shapes that botocore knows of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.stub import ANY, Stubber

from extraction import (
    Control,
    MisconfiguredError,
    PageImage,
    PermanentError,
    RetryableError,
    SeenWord,
    StoppedError,
)
from extraction_aws import textract
from extraction_aws.deployment import Deployment
from extraction_aws.ocr import chosen_ocr
from extraction_aws.textract import MOST_TRIES, Textract

IMAGE = PageImage(b"\x89PNG", 1654, 2339)
PRICE = 0.0015


def block(kind: str, number: str, text: str, left: float, width: float) -> dict[str, Any]:
    box = {"Left": left, "Top": 0.1, "Width": width, "Height": 0.02}
    corners = [{"X": left, "Y": 0.1}, {"X": left + width, "Y": 0.12}]
    geometry = {"BoundingBox": box, "Polygon": corners}
    return {"BlockType": kind, "Id": number, "Text": text, "Confidence": 98.5, "Geometry": geometry}


ANSWER: dict[str, Any] = {
    "DocumentMetadata": {"Pages": 1},
    "DetectDocumentTextModelVersion": "1.0",
    "Blocks": [
        {"BlockType": "PAGE", "Id": "p", "Relationships": [{"Type": "CHILD", "Ids": ["l", "m"]}]},
        block("LINE", "l", "Total 12.50", 0.1, 0.2)
        | {"Relationships": [{"Type": "CHILD", "Ids": ["a", "b"]}]},
        block("LINE", "m", "EUR", 0.8, 0.1) | {"Relationships": [{"Type": "CHILD", "Ids": ["c"]}]},
        block("WORD", "a", "Total", 0.1, 0.08),
        block("WORD", "b", "12.50", 0.2, 0.1),
        block("WORD", "c", "EUR", 0.8, 0.1),
    ],
}


class Service:
    """The service, as far as it is there, and what was paid and slept."""

    def __init__(self, stubber: Stubber) -> None:
        self.stubber = stubber
        self.usage: list[Any] = []
        self.slept: list[float] = []
        self.stopped = False
        self.seconds, self.dollars = 900.0, 1.0

    def answers(self) -> None:
        self.stubber.add_response(
            "detect_document_text", ANSWER, {"Document": {"Bytes": IMAGE.content}}
        )

    def fails(self, code: str, status: int = 400) -> None:
        self.stubber.add_client_error(
            "detect_document_text",
            code,
            "a document's text",
            status,
            expected_params={"Document": ANY},
        )

    def read(self) -> tuple[SeenWord, ...]:
        engine = Textract(PRICE, sleep=self.slept.append, random=lambda: 1.0)
        control = Control(
            should_stop=lambda: self.stopped or sum(self.slept) > 100,
            seconds_left=lambda: self.seconds,
            dollars_left=lambda: self.dollars,
            on_usage=self.usage.append,
        )
        return engine.read(IMAGE, control=control).words


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    client = boto3.client(
        "textract", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    monkeypatch.setattr(textract, "client", lambda _: client)
    with Stubber(client) as stubber:
        yield Service(stubber)
        stubber.assert_no_pending_responses()


def test_the_words_of_a_page_come_line_by_line_and_the_page_is_paid_for(service: Service) -> None:
    service.answers()
    words = service.read()
    assert [(word.text, word.line) for word in words] == [("Total", 0), ("12.50", 0), ("EUR", 1)]
    assert words[1] == SeenWord("12.50", 0.2, 0.1, 0.2 + 0.1, 0.1 + 0.02, 0.985, 0)
    assert service.usage == [{"cost_microdollars": 1500}]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ProvisionedThroughputExceededException", 400),
        ("ThrottlingException", 400),
        ("InternalServerError", 500),
    ],
)
def test_an_overloaded_service_is_asked_again_and_in_the_end_the_job_waits(
    service: Service, code: str, status: int
) -> None:
    for _ in range(2):
        service.fails(code, status)
    service.answers()
    assert service.read()
    assert sum(service.slept) == pytest.approx(1 + 2)
    for _ in range(MOST_TRIES):
        service.fails(code, status)
    with pytest.raises(RetryableError) as raised:
        service.read()
    assert raised.value.after_seconds == 60
    assert "document" not in str(raised.value)
    assert service.usage == [{"cost_microdollars": 1500}], "what was refused is not paid for"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("DocumentTooLargeException", PermanentError),
        ("BadDocumentException", PermanentError),
        ("AccessDeniedException", MisconfiguredError),
        ("UnrecognizedClientException", MisconfiguredError),
    ],
)
def test_what_no_other_call_would_cure_is_said_at_once(
    service: Service, code: str, kind: type[Exception]
) -> None:
    service.fails(code)
    with pytest.raises(kind) as raised:
        service.read()
    assert type(raised.value) is kind
    assert "a document's text" not in str(raised.value)


def test_a_call_that_was_never_answered_may_have_been_paid_and_one_never_made_was_not(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = [
        ReadTimeoutError(endpoint_url="https://x"),
        EndpointConnectionError(endpoint_url="https://x"),
    ]

    class Client:
        def detect_document_text(self, **_: Any) -> Any:
            if faults:
                raise faults.pop(0)
            return ANSWER

    monkeypatch.setattr(textract, "client", lambda _: Client())
    assert service.read()
    assert service.usage == [{"cost_microdollars": 1500}] * 2


def test_a_stop_ends_a_pause_and_no_call_is_begun_that_has_no_time_or_no_money(
    service: Service,
) -> None:
    service.fails("ThrottlingException")
    original = service.slept.append

    class Stops(list[float]):
        def append(self, seconds: float) -> None:
            service.stopped = True
            original(seconds)

    service.slept = Stops()
    with pytest.raises(StoppedError):
        service.read()
    assert service.stopped
    service.stopped, service.seconds = False, 9.0
    with pytest.raises(StoppedError):
        service.read()
    service.seconds, service.dollars = 900.0, 0.001
    with pytest.raises(PermanentError, match="budget"):
        service.read()


def test_the_setting_chooses_the_engine_and_a_budget_needs_its_price() -> None:
    assert chosen_ocr(Deployment.from_environment({})) is None
    paid = Deployment.from_environment({"OCR": "textract"})
    assert isinstance(chosen_ocr(paid), Textract)
    assert not paid.keeps_budgets
    priced = {"OCR": "textract", "OCR_PRICE_PER_PAGE": "0.0015"}
    assert Deployment.from_environment(priced).keeps_budgets
    assert type(chosen_ocr(Deployment.from_environment({"OCR": "rapidocr"}))).__name__ == "RapidOcr"
