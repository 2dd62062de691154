"""A Bedrock on 127.0.0.1, a clock that only sleeping moves, and the model that talks to the one by the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from extraction_aws.bedrock import BedrockModel, BedrockSettings
from tests.integration.bedrock_server import FakeBedrock, serving

CLAUDE = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
PRICES = {
    "input_price": 3.0,
    "output_price": 15.0,
    "cache_read_price": 0.3,
    "cache_write_price": 3.75,
}

Make = Callable[..., BedrockModel]


class Clock:
    """Time that passes only where it is slept away."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBedrock]:
    with serving() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url)
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def model(clock: Clock) -> Callable[..., BedrockModel]:
    def make(**settings: Any) -> BedrockModel:
        given = {"model_id": CLAUDE, **PRICES, **settings}
        return BedrockModel(
            BedrockSettings(**given), sleep=clock.sleep, clock=clock, random=lambda: 0.5
        )

    return make
