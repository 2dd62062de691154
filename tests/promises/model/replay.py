"""Holds recorded traces against the model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import tlc
from .recording import Step, Trace


def allowed_steps(traces: Sequence[Trace]) -> list[int]:
    """How many of each trace's steps the model allows, counted from its start to the first that it does not."""
    # Doctored traces are the real ones but for a step: each row and each step is written down once, and each as a
    # definition of its own, since the parser takes a long time over long expressions.
    rows: dict[str, str] = {}
    steps: dict[str, str] = {}
    numbered = [
        [_defined(steps, "Step", _step(step, rows)).removeprefix("Step") for step in trace.steps]
        for trace in traces
    ]
    answer = tlc.run(
        tlc.Check(
            "Replay",
            ["SPECIFICATION Spec"],
            {
                "EnoughDeadLetters": "3",
                "Steps": _sequence(steps.values()),
                "Traces": _sequence(_sequence(trace) for trace in numbered),
            },
            definitions="\n".join(
                f"{name} == {text}" for text, name in [*rows.items(), *steps.items()]
            ),
        )
    )
    reached = [0] * len(traces)
    for trace, at in re.findall(r'"allowed in trace (\d+): (\d+)"', answer.output):
        reached[int(trace) - 1] = max(reached[int(trace) - 1], int(at))
    return reached


def _sequence(parts: Iterable[str]) -> str:
    return f"<<{', '.join(parts)}>>"


def _defined(definitions: dict[str, str], kind: str, text: str) -> str:
    return definitions.setdefault(text, f"{kind}{len(definitions) + 1}")


def _step(step: Step, rows: dict[str, str]) -> str:
    return record(
        {
            "statement": step.statement,
            "who": step.who,
            "lease": step.lease,
            "current": step.current,
            "refused": step.refused,
            "moved": step.moved,
            "before": Name(_defined(rows, "Row", record(step.before))),
            "after": Name(_defined(rows, "Row", record(step.after))),
        }
    )


class Name(str):
    """Of a definition, not a text."""

    __slots__ = ()


def record(fields: Mapping[str, Any]) -> str:
    return "[" + ", ".join(f"{name} |-> {_value(value)}" for name, value in fields.items()) + "]"


def _value(value: Any) -> str:
    match value:
        case bool():
            return str(value).upper()
        case set():
            return "{" + ", ".join(str(each) for each in sorted(value)) + "}"
        case Name():
            return value
        case str():
            return f'"{value}"'
        case _:
            return str(value)


def refusals(traces: Sequence[Trace]) -> list[str]:
    """The first step of each trace that the model does not allow, in words; none: all are transitions of the model."""
    return [
        f"{trace.name}, step {reached + 1} of {len(trace.steps)}: {trace.steps[reached]}"
        for trace, reached in zip(traces, allowed_steps(traces), strict=True)
        if reached < len(trace.steps)
    ]
