"""What is said to a model and what it answers, whoever serves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from extraction.errors import ChunkTooLargeError, PermanentError
from extraction.model import Control

# Why a model ended its answer. Any other word is one that this version does not know.
TOOL_USE = "tool_use"
END_TURN = "end_turn"
STOP_SEQUENCE = "stop_sequence"
MAX_TOKENS = "max_tokens"
CONTEXT_EXCEEDED = "model_context_window_exceeded"
MALFORMED_OUTPUT = "malformed_model_output"
MALFORMED_TOOL_USE = "malformed_tool_use"
GUARDRAIL = "guardrail_intervened"
FILTERED = "content_filtered"

USAGE_KEYS = (
    "model_calls",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cost_microdollars",
)


class InputTooLargeError(ChunkTooLargeError):
    """The model cannot take this much text at once. Nothing was paid for finding that out."""


class RefusedByModelError(PermanentError):
    """A guardrail or the model's own filter would not let this text through."""


class UnusableAnswerError(PermanentError):
    """The model did not answer in the form that it was asked for, not even when told so."""


class BudgetSpentError(PermanentError):
    """The document's budget for paid calls is used up."""


@dataclass(frozen=True, slots=True)
class Tool:
    """The one tool that a model is made to call; `schema` is the JSON Schema of its input."""

    name: str
    description: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One question. `system` and `tool` are the same for all chunks of a document: a prefix worth caching."""

    system: str
    tool: Tool
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: the inputs of the tool calls in it, and what it cost (USAGE_KEYS)."""

    stop_reason: str
    tool_inputs: tuple[Any, ...]
    usage: Mapping[str, int] = field(default_factory=dict)


class Model(Protocol):
    """Someone who answers requests.

    Attributes:
        name: of the service, part of the extractor's name.
        model_id: which model; part of the extractor's version and of a plan's digest.
        settings: whatever else changes what it answers, as text; part of a plan's digest.
    """

    name: str
    model_id: str
    settings: str

    def converse(self, request: Request, *, control: Control) -> Reply:
        """Ask once. Tries again by itself what is worth it, within the time that `control` gives.

        Raises:
            InputTooLargeError: ask about less text.
            StoppedError: told to stop, or too little time is left to wait for an answer.
            RetryableError: not now.
            MisconfiguredError: no request would succeed.
        """
        ...
