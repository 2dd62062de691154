"""Holds recorded traces against the model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from . import tlc
from .recording import Trace


def allowed_steps(traces: Sequence[Trace]) -> list[int]:
    """How many of each trace's steps the model allows, counted from its start to the first that it does not."""
    # Doctored traces are the real ones but for a step: each step is written down once.
    numbers: dict[str, int] = {}
    numbered = [
        [numbers.setdefault(step.to_tla(), len(numbers) + 1) for step in trace.steps]
        for trace in traces
    ]
    listed = (f"<<{', '.join(map(str, trace))}>>" for trace in numbered)
    answer = tlc.run(
        tlc.Check(
            "Replay",
            ["SPECIFICATION Spec"],
            {
                "EnoughDeadLetters": "3",
                "Steps": f"<<{','.join(numbers)}>>",
                "Traces": f"<<{','.join(listed)}>>",
            },
        )
    )
    reached = [0] * len(traces)
    for trace, at in re.findall(r'"allowed in trace (\d+): (\d+)"', answer.output):
        reached[int(trace) - 1] = max(reached[int(trace) - 1], int(at))
    return reached


def refusals(traces: Sequence[Trace]) -> list[str]:
    """The first step of each trace that the model does not allow, in words; none: all are transitions of the model."""
    return [
        f"{trace.name}, step {reached + 1} of {len(trace.steps)}: {trace.steps[reached]}"
        for trace, reached in zip(traces, allowed_steps(traces), strict=True)
        if reached < len(trace.steps)
    ]
