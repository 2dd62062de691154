"""A model that answers as a test says, and remembers what it was asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from extraction import Document, Options, parse_object_types
from extraction.document.document import TEXT
from extraction.llm import Reply, Request
from extraction.model import Control
from extraction.schema.object_types import ObjectType

USAGE = {
    "model_calls": 1,
    "input_tokens": 100,
    "output_tokens": 10,
    "cache_read_tokens": 0,
    "cache_write_tokens": 0,
    "cost_microdollars": 450,
}
_SHOWN = re.compile(r"===== text \w+ =====\n(.*)\n===== end ", re.DOTALL)
_CONTEXT = re.compile(r"===== context \w+ =====\n(.*)\n===== text ", re.DOTALL)

Answer = Reply | Exception | Mapping[str, Any]


@dataclass
class Scripted:
    """Answers from a list, one answer a call, or from a function of the text that is asked about."""

    answers: Sequence[Answer] | Callable[[str], Answer]
    name: str = "scripted"
    model_id: str = "scripted-1"
    settings: str = ""
    asked: list[Request] = field(default_factory=list)

    def converse(self, request: Request, *, control: Control) -> Reply:
        self.asked.append(request)
        given, number = self.answers, len(self.asked) - 1
        answer = given(shown(request)) if callable(given) else given[number]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Reply) else reply(answer)


def reply(*inputs: Any, stop: str = "tool_use") -> Reply:
    return Reply(stop, inputs, USAGE)


def shown(request: Request) -> str:
    """The text that a request asks about, without its context."""
    match = _SHOWN.search(request.text)
    assert match is not None
    return match[1]


def context(request: Request) -> str:
    match = _CONTEXT.search(request.text)
    return match[1] if match else ""


def document(text: str, *, pages: tuple[int, ...] = (), title: str | None = None) -> Document:
    from hashlib import sha256

    return Document(text, TEXT, title, sha256(text.encode()).hexdigest(), pages)


def types(**given: Any) -> tuple[ObjectType, ...]:
    return parse_object_types(given)


def said(value: Any, quote: str | None = None) -> dict[str, Any]:
    return {"value": value, "quote": str(value) if quote is None else quote}


TASK = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "identifier"},
        "owner": {"type": "string", "format": "person-name"},
        "due": {"type": "string", "format": "date"},
        "hours": {"type": "number", "minimum": 0},
    },
    "required": ["id"],
}
_TASK = re.compile(r"Task (T-\d+): (\w+ \w+), due (\d{4}-\d\d-\d\d), (\d+) hours")


def task_line(number: int, owner: str = "Ada Lovelace") -> str:
    return f"Task T-{number}: {owner}, due 2026-{1 + number % 12:02d}-{1 + number % 28:02d}, {number + 1} hours"


def tasks_in(text: str) -> dict[str, Any]:
    """What a faultless model answers about lines as task_line makes them."""
    return {
        "Task": [
            {
                "object_id": f"t{number}",
                "id": said(match[1]),
                "owner": said(match[2]),
                "due": said(match[3]),
                "hours": said(int(match[4]), match[4]),
            }
            for number, match in enumerate(_TASK.finditer(text))
        ]
    }


SMALL = Options(chunk_characters=300, overlap_characters=80)
