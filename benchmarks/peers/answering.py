"""The protocol between `contestants/peer.py` and a peer's program: a line of JSON asked, a line of JSON answered.

A program takes its own times, so that the pipe is no part of them. Moments are monotonic seconds, one clock for all
processes of a machine. `peers_node/answering.mjs` is the same for Node.
"""

from __future__ import annotations

import asyncio
import json
import sys
import traceback
from collections.abc import Mapping
from typing import Any, Protocol

Answer = Mapping[str, Any]
COMMANDS = (
    "install",
    "create",
    "create_bulk",
    "recover",
    "idle_sweeps",
    "work",
    "enqueue_hang",
    "hang",
)


class Program(Protocol):
    """What every program can do; contestants/peer.py says what for."""

    async def install(self) -> Answer:
        """Its tables."""
        ...

    async def create(self, count: int) -> Answer:
        """One job a call; `seconds`."""
        ...

    async def create_bulk(self, count: int) -> Answer:
        """Its way for many, a thousand a call; `seconds`."""
        ...

    async def recover(self) -> Answer:
        """Makes every orphan runnable again; `recovered`, `seconds`."""
        ...

    async def idle_sweeps(self, times: int) -> Answer:
        """The same with nothing to recover; the `seconds` of each."""
        seconds = []
        for _ in range(times):
            answer = await self.recover()
            assert answer["recovered"] == 0
            seconds.append(answer["seconds"])
        return {"seconds": seconds}

    async def work(self, count: int, way: str) -> Answer:
        """Empties the queue of that many, ten at a time; `seconds`."""
        ...

    async def enqueue_hang(self) -> Answer:
        """The one job of `hang`."""
        ...

    async def hang(self) -> Answer:
        """Works on a job for ever, says when it started (`claimed_at`), and recovers at its smallest settings."""
        ...


def say(answer: Answer) -> None:
    """One line to whoever asked."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


async def answer_until_closed(program: Program) -> None:
    """Runs what is asked for, one command at a time, until stdin ends. A command that fails is answered too."""
    loop = asyncio.get_running_loop()
    say({"ready": True})
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        asked = json.loads(line)
        try:
            command = asked.pop("do")
            assert command in COMMANDS
            say(await getattr(program, command)(**asked))
        except Exception:  # noqa: BLE001 - the other side shows it
            say({"failed": traceback.format_exc()})
