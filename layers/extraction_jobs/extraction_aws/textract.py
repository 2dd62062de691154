"""OCR by Amazon Textract: DetectDocumentText, one page a call.

Each call is paid for, so nothing is sent again that may have been answered, and botocore's own retries are off. What
Textract says of an error stays out of what is told.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

from extraction import (
    Control,
    MisconfiguredError,
    PageImage,
    PermanentError,
    ReadPage,
    RetryableError,
    SeenWord,
    StoppedError,
)
from extraction_aws.clients import client

logger = logging.getLogger(__name__)

MOST_TRIES = 5
LEAST_CALL_SECONDS = 10.0
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 16.0
_LOOK_SECONDS = 0.25
_COME_BACK_SECONDS = 60.0
_STOPPED = (
    "The page was left unread because there is no time for it, or the engine was told to stop."
)

_PASSING = frozenset(
    (
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "LimitExceededException",
        "InternalServerError",
        "ServiceUnavailable",
    )
)
_OF_THE_PAGE = {
    "BadDocumentException": "Textract cannot read the image of the page.",
    "UnsupportedDocumentException": "Textract refused the image of the page.",
    "DocumentTooLargeException": "The image of the page is too large for Textract.",
    "InvalidParameterException": "Textract refused the image of the page.",
}


class Textract:
    """See Engine.

    Args:
        price: US dollars a page; 0 for not known, and then nothing is counted.
        sleep, random: time and chance, for tests.
    """

    def __init__(
        self,
        price: float,
        *,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = random.random,
    ) -> None:
        self._price = price
        self._sleep = sleep
        self._random = random

    def read(self, image: PageImage, *, control: Control) -> ReadPage:
        """See Engine. Without enough money left it raises PermanentError."""
        if control.dollars_left() < self._price:
            raise PermanentError(
                "The document's budget has nothing left for OCR. Raise it and retry the job."
            )
        for number in range(1, MOST_TRIES + 1):
            if control.should_stop() or control.seconds_left() < LEAST_CALL_SECONDS:
                raise StoppedError(_STOPPED)
            answer = self._call(image, control)
            if not isinstance(answer, str):
                return image.with_words(_words(answer))
            logger.warning("Textract: %s", answer)
            if number < MOST_TRIES:
                self._pause(number, control)
        raise RetryableError(
            "Textract was overloaded or not available. Try later, or ask for a higher quota.",
            after_seconds=_COME_BACK_SECONDS,
        )

    def _call(self, image: PageImage, control: Control) -> Mapping[str, Any] | str:
        """Make one call; the name of a passing fault in place of an answer."""
        from botocore import exceptions as faults

        paid = {"cost_microdollars": round(self._price * 1_000_000)}
        try:
            answer: Mapping[str, Any] = client("textract").detect_document_text(
                Document={"Bytes": image.content}
            )
        except faults.ClientError as error:
            return _passing(error.response)
        except faults.ReadTimeoutError:
            control.on_usage(paid)  # it may have been read all the same
            return "read timeout"
        except faults.ConnectionError:
            return "connection"
        except faults.NoCredentialsError:
            raise MisconfiguredError("The function has no credentials for Textract.") from None
        except faults.BotoCoreError as error:
            raise RetryableError(f"Textract was not asked: {type(error).__name__}.") from None
        control.on_usage(paid)
        return answer

    def _pause(self, number: int, control: Control) -> None:
        longest = min(_FIRST_PAUSE_SECONDS * 2.0 ** (number - 1), _LONGEST_PAUSE_SECONDS)
        left = longest * (0.5 + 0.5 * self._random())
        while left > 0 and not control.should_stop():
            self._sleep(min(left, _LOOK_SECONDS))
            left -= _LOOK_SECONDS


def _passing(response: Any) -> str:
    """Return the name of an error that may pass; raise for another."""
    code = str(response.get("Error", {}).get("Code", "unknown"))
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _PASSING or status >= 500:
        return code
    if code in _OF_THE_PAGE:
        raise PermanentError(_OF_THE_PAGE[code])
    raise MisconfiguredError(
        f"Textract refused the call: {code}. Check that the worker's role allows textract:DetectDocumentText, and "
        "that Textract is offered in this region."
    )


def _words(answer: Mapping[str, Any]) -> tuple[SeenWord, ...]:
    """Return the words of an answer, line by line."""
    blocks = {block["Id"]: block for block in answer.get("Blocks", [])}
    lines = [block for block in blocks.values() if block["BlockType"] == "LINE"]
    return tuple(
        _word(blocks[inner], number)
        for number, line in enumerate(lines)
        for relationship in line.get("Relationships", [])
        if relationship["Type"] == "CHILD"
        for inner in relationship["Ids"]
    )


def _word(block: Mapping[str, Any], line: int) -> SeenWord:
    box = block["Geometry"]["BoundingBox"]
    left, top = float(box["Left"]), float(box["Top"])
    return SeenWord(
        text=str(block["Text"]),
        left=left,
        top=top,
        right=left + float(box["Width"]),
        bottom=top + float(box["Height"]),
        confidence=float(block["Confidence"]) / 100,
        line=line,
    )
