"""`make logs`: what the functions of the running stack write, as they write it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from local.processes import StackError
from local.stack import Say, Stack

_POLL_SECONDS = 0.5
# Two looks overlap by so much: lines come late, and in no order.
_OVERLAP_MILLISECONDS = 5_000
_GROUPS = re.compile(r"(?!Access)(\w+)Logs")
# Lambda's own lines about each invocation, and metrics.
_NOT_TOLD = re.compile(r"(?:START|END|REPORT|INIT_START) |\{\"_aws\"")


@dataclass(frozen=True, order=True)
class LogLine:
    """A line that a function wrote. `at` is in milliseconds since 1970."""

    at: int
    function: str
    stream: str
    text: str


def follow(
    stack: Stack, asked: str, say: Say, *, going_on: Callable[[], bool] = lambda: True
) -> None:
    """Say each line of the functions' logs, those of the last minute first, until it is interrupted.

    Args:
        stack: A running stack.
        asked: One function, such as `worker` or `WorkerFunction`; all, if it is empty.
        say: Is told each line.
        going_on: Asked before each look.

    Raises:
        StackError: There is no such function; says which there are.
    """
    groups = _groups(stack, asked)
    since = int(time.time() * 1000) - 60_000
    seen: set[LogLine] = set()
    while going_on():
        lines = sorted(_lines(stack, groups, since))
        for line in lines:
            if line not in seen and not _NOT_TOLD.match(line.text):
                say(_told(line))
        seen = set(lines)
        since = max([since, *(line.at - _OVERLAP_MILLISECONDS for line in lines)])
        time.sleep(_POLL_SECONDS)


def _groups(stack: Stack, asked: str) -> dict[str, str]:
    """Return the log groups by their functions' names."""
    names = {
        match[1].casefold(): group
        for logical, group in stack.resources.items()
        if (match := _GROUPS.fullmatch(logical))
    }
    name = asked.casefold().replace("_", "").removesuffix("function")
    if name and name not in names:
        raise StackError(
            f"There is no function {asked}: it must be one of {', '.join(sorted(names))}."
        )
    return {name: names[name]} if name else names


def _lines(stack: Stack, groups: dict[str, str], since: int) -> Iterator[LogLine]:
    pages = stack.emulator.client("logs").get_paginator("filter_log_events")
    for function, group in groups.items():
        for page in pages.paginate(logGroupName=group, startTime=since):
            for event in page["events"]:
                yield LogLine(
                    event["timestamp"], function, event["logStreamName"], event["message"]
                )


def _told(line: LogLine) -> str:
    """A line as a person reads it: time, function, level, message, and the job that it is about."""
    clock = time.strftime("%H:%M:%S", time.localtime(line.at / 1000))
    try:
        told = json.loads(line.text)
        words: Sequence[object] = (told["level"], told["message"])
        job = f"  [{told['job_id']}]" if "job_id" in told else ""
    except (ValueError, KeyError, TypeError):
        words, job = (line.text.rstrip(),), ""
    return " ".join(map(str, (clock, f"{line.function:<11}", *words))) + job
