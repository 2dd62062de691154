"""SQS on its worst days, behind the calls that the product makes of it. Time is minutes that the test counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from botocore.exceptions import ClientError

from extraction_aws.message import JobMessage


@dataclass
class UnreliableSqs:
    """Fails at random. `faults` counts how, `accepted` what got in."""

    FAULTS = (
        "the call failed",
        "the call was taken and its reply lost",
        "an entry was refused",
        "a message expired unseen",
        "a message was doubled",
        "a message was late",
        "the queue was purged",
    )

    random: Random
    minutes: float = 0.0
    accepted: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    _messages: list[tuple[float, JobMessage]] = field(default_factory=list)

    def send_message_batch(
        self,
        *,
        QueueUrl: str,  # noqa: N803 - boto3's names
        Entries: Sequence[Mapping[str, Any]],  # noqa: N803
    ) -> dict[str, list[dict[str, str]]]:
        """As boto3's; raises what it raises."""
        if self._happens("the call failed", 0.1):
            raise _error()
        answer: dict[str, list[dict[str, str]]] = {"Successful": [], "Failed": []}
        for entry in Entries:
            if self._happens("an entry was refused", 0.1):
                answer["Failed"].append({"Id": entry["Id"], "Code": "InternalError"})
                continue
            self._keep(entry)
            answer["Successful"].append({"Id": entry["Id"]})
        if self._happens("the call was taken and its reply lost", 0.1):
            raise _error()
        return answer

    def receive(self) -> list[JobMessage]:
        """What is visible now, in no order."""
        if self._happens("the queue was purged", 0.05):
            self._messages.clear()
        visible = [message for at, message in self._messages if at <= self.minutes]
        self._messages = [each for each in self._messages if each[0] > self.minutes]
        self.random.shuffle(visible)
        return visible

    def _keep(self, entry: Mapping[str, Any]) -> None:
        self.accepted += 1
        if self._happens("a message expired unseen", 0.1):
            return
        at = self.minutes + entry.get("DelaySeconds", 0) / 60
        if self._happens("a message was late", 0.1):
            at += self.random.uniform(0, 120)
        message = JobMessage.from_body(entry["MessageBody"])
        self._messages += [(at, message)] * (
            2 if self._happens("a message was doubled", 0.1) else 1
        )

    def _happens(self, fault: str, chance: float) -> bool:
        happened = self.random.random() < chance
        self.faults[fault] += happened
        return happened


def _error() -> ClientError:
    return ClientError({"Error": {"Code": "ServiceUnavailable"}}, "SendMessageBatch")
