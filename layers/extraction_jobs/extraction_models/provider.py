"""What a provider is: one service's call for a Request, its answer as a Reply, its errors as a Fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from extraction.llm.conversation import Reply, Request
from extraction_models.faults import Fault, Kind, Words

CONNECT_SECONDS = 5


class Form(StrEnum):
    """How an answer of the tool's schema is asked for, strongest first."""

    SCHEMA = "JSON schema"
    TOOL = "forced tool"
    OFFERED = "offered tool"
    TEXT = "JSON in text"


@dataclass(frozen=True, slots=True)
class Manner:
    """How one call is made.

    Attributes:
        form: see Form.
        without: what the service refused before, and is left out.
        seconds: how long the answer may take.
    """

    form: Form
    without: frozenset[Kind]
    seconds: float


class Provider(Protocol):
    """One service.

    Attributes:
        name: part of the extractor's name.
        words: what its sentences say.
        settings: whatever changes what it answers, as text.
        forms: those that the service may have, strongest first.
        optional: the refusals after which it can do without what was refused.
    """

    name: str
    words: Words
    settings: str
    forms: tuple[Form, ...]
    optional: frozenset[Kind]

    def ask(self, request: Request, manner: Manner) -> Reply:
        """Make one call, once. The reply's usage is its tokens. Any exception is for `fault_of`."""
        ...

    def fault_of(self, error: Exception) -> Fault | None:
        """Return what an exception stands for; None: the service sent an answer that cannot be read."""
        ...

    def close(self) -> None:
        """Drop the connections. A call under way ends where the service's client can be made to."""
        ...

    def renew(self) -> bool:
        """Drop the connections and the credentials; whether the next call has others."""
        ...


def tokens(value: object) -> int:
    """Return a count that a service tells, 0 if it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def field(value: object, name: str) -> object:
    """Return a field of an answer, None if there is no such thing."""
    return value.get(name) if isinstance(value, Mapping) else None
