"""A service on 127.0.0.1, a clock that only sleeping moves, and the model that talks to the one by the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from extraction.llm import Request
from extraction.llm.tool import build_tool
from extraction_models.asking import AskedModel
from extraction_models.bedrock import BedrockProvider
from extraction_models.openai import OpenAiProvider
from extraction_models.settings import ModelSettings
from tests.integration.model_server import Dialect, FakeService, model_service
from tests.unit.extraction.llm.scripted import TASK, types

CLAUDE = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
PRICES = {
    "model_input_price": 3.0,
    "model_output_price": 15.0,
    "model_cache_read_price": 0.3,
    "model_cache_write_price": 3.75,
}
TOOL = build_tool(types(Task=TASK))
REQUEST = Request("Read.", TOOL, "A text.")

Make = Callable[..., AskedModel]


class Clock:
    """Time that passes only where it is slept away."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeService]:
    with model_service() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url)
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(fake: FakeService, clock: Clock) -> Callable[..., AskedModel]:
    """Makes the model of a provider, with these of its settings."""

    def made(
        provider: Dialect | str, read_key: Callable[[], str] = lambda: "sk-secret", **settings: Any
    ) -> AskedModel:
        given = ModelSettings(
            **{"model_id": CLAUDE, "model_base_url": f"{fake.url}/v1", "model_temperature": 0.0}
            | PRICES
            | settings
        )
        name = provider if isinstance(provider, str) else provider.provider
        chosen = BedrockProvider(given) if name == "bedrock" else OpenAiProvider(given, read_key)
        return AskedModel(chosen, given, sleep=clock.sleep, clock=clock, random=lambda: 0.5)

    return made
