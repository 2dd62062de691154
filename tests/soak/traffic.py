"""Callers of the API for as long as the soak lasts: they create, and now and then cancel or retry."""

from __future__ import annotations

import random
import threading
from collections import Counter
from typing import Any

from local.client import Answer, ApiClient
from local.demo import documents
from local.stack import Stack
from tests.soak.again import again_and_again

_CREATE_EVERY_SECONDS = 1.5
_MOST_ATTEMPTS = 20


class Traffic:
    """`created` are the jobs that the API said it had made, `answers` counts what it said."""

    def __init__(self, stack: Stack, chance: random.Random) -> None:
        token = stack.token("acme", user="soak")
        self._client = ApiClient(stack.api_url, token, org_id="acme", project_id="soak")
        self._chance = chance
        self.created: list[str] = []
        self.answers: Counter[str] = Counter()

    def start(self, over: threading.Event) -> threading.Thread:
        """Goes on until it is over."""
        return again_and_again("traffic", self._once, over, every_seconds=_CREATE_EVERY_SECONDS)

    def _once(self) -> None:
        text, chunk = self._chance.choice(
            [
                (documents.invoice(), 8_000),
                (documents.minutes(), 400),
                (documents.agreement(), 1_000),
                (documents.invoice(), 200),
            ]
        )
        config: dict[str, Any] = {"chunk_characters": chunk}
        answer = self._note(
            "create",
            self._client.create(
                source_text=text, extraction_config=config, max_attempts=_MOST_ATTEMPTS
            ),
        )
        if answer.status == 201:
            self.created.append(answer.json["id"])
        if self.created and self._chance.random() < 0.15:
            job = self._chance.choice(self.created[-20:])
            verb = self._chance.choice(["retry", "cancel"])
            self._note(verb, self._client.post(f"/{job}/{verb}"))

    def _note(self, verb: str, answer: Answer) -> Answer:
        self.answers[f"{verb}: {answer.status}"] += 1
        return answer
