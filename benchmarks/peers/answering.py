"""The protocol between `contestants/peer.py` and a peer's program: a line of JSON asked, a line of JSON answered.

A program takes its own times, so that the pipe is no part of them. Moments are monotonic seconds, one clock for all
processes of a machine. `peers_node/answering.mjs` is the same for Node.
"""

from __future__ import annotations

import asyncio
import json
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Answer = Mapping[str, Any]
Command = Callable[..., Awaitable[Answer]]


def say(answer: Answer) -> None:
    """One line to whoever asked."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


async def answer_until_closed(commands: Mapping[str, Command]) -> None:
    """Runs what is asked for, one command at a time, until stdin ends. A command that fails is answered too."""
    loop = asyncio.get_running_loop()
    say({"ready": True})
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        asked = json.loads(line)
        try:
            say(await commands[asked.pop("do")](**asked))
        except Exception:  # noqa: BLE001 - the other side shows it
            say({"failed": traceback.format_exc()})
