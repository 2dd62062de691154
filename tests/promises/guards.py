"""Takes each guard out, one at a time, and sees to it that a test notices.

    make guards
    python -m tests.promises.guards WORD ...        only the guards whose name holds one of the words

A statement under sql/ names its own guards in a line `-- guards: ...`; `variants` says what becomes of it without
each. Those that stand elsewhere, or need other words, are in guards.txt. A guard whose removal no test notices is a
promise that nobody keeps.
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from extraction_jobs.queries import written_out
from local.postgres import EmbeddedPostgres

ROOT = Path(__file__).parents[2]
SQL = Path("layers/extraction_jobs/extraction_jobs/sql")
LAYER = ROOT / "layers" / "extraction_jobs"
OF_THE_TREE = {"tests", "local", "extraction_jobs"}
TEXTS = Path(__file__).with_suffix(".txt")
JOBS = int(os.environ.get("JOBS", "2"))
# What each run would import again, and is not of this repository.
LIBRARIES = (
    *("boto3", "hypothesis.stateful", "moto", "psutil", "psycopg", "pydantic", "pytest"),
    *("samtranslator.translator.transform", "time_machine", "xdist.scheduler"),
)

# What a run prints that failed for another reason than the guard: the last is of a machine too busy for some tests.
NO_PROOF = r"SyntaxError|nothing can be said"
TRIES = 3

# Who must notice what is missing in a statement; of some guards several, for it is their promise too.
NOTICED_BY: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("heartbeat", "find_page", "keep_page", "start_chunks", "checkpoint", "finish"),
            *("retry_later", "fail", "hand_over"),
        ),
        "test_the_fence_holds",
    ),
    "start_chunks: plan_digest": "test_hand_over",
    "finish: lease =": "test_the_fence_holds test_any_sequence",
    "finish: status": "test_the_fence_holds test_cancel_sticks",
    "retry_later: SET deadline_at": "test_any_sequence",
    "claim": "test_claim",
    "claim: status": "test_cancel_sticks test_the_budget_is_exact test_any_sequence",
    "claim: SET attempt": "test_the_budget_is_exact",
    "claim: run_after": "test_run_after",
    "claim: paused": "test_pauses test_any_sequence",
    "claim: gives_way": "test_priorities",
    "hold": "test_pauses",
    "claim: SET lease": "test_the_fence_holds",
    "claim: SET time_left": "test_a_hung_job_ends",
    "note_dispatched": "test_nothing_pending_is_lost",
    "retry_by_hand": "test_retry_is_safe_and_explainable",
    "cancel": "test_retry_is_safe_and_explainable",
    "cancel: status": "test_cancel_sticks",
    "retry_many": "test_bulk",
    "cancel_many": "test_bulk",
    "end_review": "test_review",
    "end_review: lease": "test_corrections",
    "delete_job": "test_deletion",
    "delete_ended_jobs": "test_deletion",
    "sweep_overdue": "test_a_hung_job_ends",
    "sweep_overdue: status": "test_cancel_sticks",
    "sweep_overdue: deadline_at": "test_clocks",
    "sweep_overdue: FOR UPDATE": "test_sweep_is_compare_and_set",
    "sweep_spent": "test_sweep_is_compare_and_set",
    "sweep_orphans": "test_sweep_is_compare_and_set",
    "sweep_orphans: status": "test_cancel_sticks",
    "sweep_orphans: heartbeat_mark": "test_clocks",
    "sweep_orphans: updated_at": "test_heartbeats_are_cheap",
    "sweep_orphans: attempt": "test_five_sweepers_one_poisoned_row",
    "sweep_orphans: 2 * threshold": "test_clocks",
    "sweep_orphans: 0.5 * threshold": "test_clocks",
    "sweep_orphans: ORDER BY": "test_sweep_is_bounded",
    "sweep_orphans: LIMIT": "test_sweep_is_bounded",
    "give_up_on_message": "test_history",
    "give_up_on_message: revision": "test_history test_any_sequence",
    "reserve_announcements": "test_announcements",
    "reserve_deliveries": "test_webhooks",
    "delete_jobs": "test_retention",
    "delete_histories": "test_retention",
    "delete_results": "test_retention",
    "list_objects": "test_review",
}


@dataclass(frozen=True)
class Guard:
    """A guard: the file it stands in, what that holds without it, and the tests of which each must notice."""

    name: str
    file: Path
    without: str
    tests: tuple[str, ...]


def variants(statement: str, guard: str) -> Iterator[tuple[str, str]]:
    """What becomes of a statement without a guard, each with the guard's name.

    SET column: it stays as it is. FOR UPDATE, SKIP LOCKED, LIMIT: left out. ORDER BY: the other way round.
    threshold: twice and half as long. Anything else is the first name of a condition: it is true.
    """
    words = r"FOR UPDATE(?: OF \w+)?(?: SKIP LOCKED)?" if guard == "FOR UPDATE" else guard
    if guard == "threshold":
        for factor in ("2", "0.5"):
            text = f"{factor} * %(threshold)s"
            yield f"{factor} * {guard}", statement.replace("%(threshold)s", text)
    elif guard.startswith("SET "):
        column = guard.removeprefix("SET ")
        expression = r"(\w+\([^()]*\)|[^(),])+?"
        assigned = rf"((?:SET|,)\s+{column} = ){expression}(?=,|\s+(?:WHERE|FROM)\b)"
        yield guard, re.sub(assigned, rf"\g<1>{column}", statement)
    elif guard == "ORDER BY":
        yield guard, re.sub(r"(ORDER BY \w+)(?= LIMIT)", r"\1 DESC", statement)
    elif guard in {"FOR UPDATE", "SKIP LOCKED", "LIMIT"}:
        yield guard, re.sub(r"LIMIT %\(\w+\)s" if guard == "LIMIT" else words, "", statement)
    else:
        begins = (
            r"(?:WHERE|AND|ON|SELECT(?= coalesce))\s+"
            rf"(?=(?:NOT\s|\(|%|:|coalesce|\w+\.)*{re.escape(guard)}(?!\w))"
        )
        rest, kept = statement, ""
        while found := re.search(begins, rest):
            kept += rest[: found.end()] + "true"
            rest = rest[found.end() + _length(rest[found.end() :]) :]
        yield guard, kept + rest


def _length(text: str) -> int:
    """Of the condition that the text begins with."""
    depth = 0
    for place, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0 or (
            depth == 0
            and re.match(r"\s+(AND|AS|FOR|LIMIT|ORDER|RETURNING|WHERE|--)(?!\w)|;", text[place:])
        ):
            return place
    return len(text)


def _marked() -> Iterator[Guard]:
    """What the statements themselves name."""
    for path in sorted((ROOT / SQL).rglob("*.sql")):
        content = path.read_text()
        for mark in re.finditer(r"-- name: (\w+)\n-- guards: (.+)\n", content):
            end = content.find("-- name: ", mark.end())
            body = content[mark.end() : end if end > 0 else None]
            for each in mark[2].split(", "):
                for variant, changed in _variants_of(body, each):
                    name = f"{mark[1]}: {variant}"
                    if changed == body:
                        raise LookupError(f"{name}: there is nothing to take out in {path.name}")
                    tests = NOTICED_BY.get(name) or NOTICED_BY[mark[1]]
                    without = content[: mark.end()] + changed + content[mark.end() + len(body) :]
                    yield Guard(name, path.relative_to(ROOT), without, tuple(tests.split()))


def _variants_of(statement: str, guard: str) -> list[tuple[str, str]]:
    """See `variants`. What the statement has from a part (sql/parts.sql) is taken out of this statement alone."""
    found = list(variants(statement, guard))
    if all(changed == statement for _, changed in found):
        found = list(variants(written_out(statement), guard))
    return found


def _listed() -> Iterator[Guard]:
    """What guards.txt names."""
    for section in TEXTS.read_text().split("\n== ")[1:]:
        file, _, entries = section.partition("\n")
        content = (ROOT / file).read_text()
        found = re.findall(r"(.+?)(?: \[(\w+)\])?: ([\w ]+)\n((?:- .*\n)+)((?:\+ .*\n)*)", entries)
        for name, statement, tests, old, new in found:
            start = content.index(f"-- name: {statement}\n") if statement else 0
            end = content.find("-- name: ", start + 1) if statement else -1
            part = content[start : end if end > 0 else None]
            text, instead = ("\n".join(x[2:] for x in lines.splitlines()) for lines in (old, new))
            if statement and text not in part:
                written = written_out(part)
                content, part = content[:start] + written + content[start + len(part) :], written
            if text not in part:
                raise LookupError(f"{name}: its text is not in {file} any more; mend guards.txt")
            without = content[:start] + part.replace(text, instead) + content[start + len(part) :]
            yield Guard(name, Path(file), without, tuple(tests.split()))


def all_guards() -> list[Guard]:
    """Every guard that there is.

    Raises:
        LookupError: one is named that does not stand where it should.
    """
    return [*_marked(), *_listed()]


class Slot:
    """A copy of the tree and a server, for one run of tests at a time. A run is a fork: the libraries are loaded."""

    def __init__(self, folder: Path) -> None:
        self.tree = folder / "tree"
        self.tree.mkdir(parents=True)
        for part in ("layers", "functions", "tests", "local", "examples", "docs"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / part, self.tree / part, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", self.tree)
        self.postgres = EmbeddedPostgres(folder / "postgres", durable=False)
        self.url = self.postgres.start().url
        self._output = folder / "output"

    def begin(self, test: str, guard: Guard | None) -> int:
        """Starts a test file, without the guard; the process's id."""
        if guard:
            (self.tree / guard.file).write_text(guard.without)
        if pid := os.fork():
            return pid
        with self._output.open("w") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        # Whether it fails is asked, not the shortest way to it.
        os.environ |= {"SHRINK": "no", "POSTGRES_OF_TESTS": self.url}
        os.chdir(self.tree)
        sys.path[:] = [each for each in sys.path if each not in {"", str(ROOT), str(LAYER)}]
        for name in [name for name in sys.modules if name.partition(".")[0] in OF_THE_TREE]:
            del sys.modules[name]
        import pytest

        # What a test that was ended leaves open is no fault of the run.
        without = ("-p", "no:cacheprovider", "-p", "no:unraisableexception")
        options = ("-q", "-x", "--no-header", *without, "--timeout", "120")
        # Of libraries that are plugins too, and are loaded by now.
        loaded = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
        status = 2
        try:
            status = pytest.main([*options, *loaded, f"tests/promises/{test}.py"])
        finally:
            os._exit(int(status))

    def end(self, status: int, guard: Guard | None) -> bool:
        """Puts the guard back; whether a test failed. Anything else (a syntax error, no tests) is no proof."""
        if guard:
            # With the time of the original, so that the bytecode of the changed file is not taken for its own.
            shutil.copy2(ROOT / guard.file, self.tree / guard.file)
        return os.waitstatus_to_exitcode(status) == 1 and not re.search(NO_PROOF, self.output)

    @property
    def output(self) -> str:
        """What the last run printed."""
        return self._output.read_text(errors="replace")


def _run(
    slots: list[Slot], runs: list[tuple[str, Guard | None]]
) -> Iterator[tuple[str, str, bool]]:
    """Each run's test, its guard's name, and whether the test failed without the guard, or passed with all.

    As many at a time as there are slots. What proves neither is done again.
    """
    waiting, free = [(*run, 1) for run in reversed(runs)], list(slots)
    going: dict[int, tuple[str, Guard | None, int, Slot]] = {}
    while waiting or going:
        while free and waiting:
            test, guard, nth = waiting.pop()
            slot = free.pop()
            going[slot.begin(test, guard)] = (test, guard, nth, slot)
        pid, status = os.wait()
        if pid not in going:
            continue
        test, guard, nth, slot = going.pop(pid)
        failed = slot.end(status, guard)
        free.append(slot)
        good = failed if guard else status == 0
        if status and not good and nth < TRIES:
            waiting.append((test, guard, nth + 1))
        else:
            yield test, guard.name if guard else "", good


def main(words: list[str]) -> int:
    """Runs all, or those that are named; 1 if a guard could be taken out unnoticed."""
    wanted = [
        each for each in all_guards() if not words or any(word in each.name for word in words)
    ]
    for library in LIBRARIES:
        importlib.import_module(library)
    unnoticed = 0
    with tempfile.TemporaryDirectory() as folder, ExitStack() as ends:
        Path(folder).chmod(0o755)
        slots = []
        for number in range(JOBS):
            slots.append(Slot(Path(folder) / str(number)))
            ends.callback(slots[-1].postgres.stop)
        tests = sorted({test for guard in wanted for test in guard.tests})
        controls = _run(slots, [(test, None) for test in tests])
        sound = {test for test, _, passed in controls if passed}
        for test in set(tests) - sound:
            print(f"{test} fails with every guard in place: it tells nothing", flush=True)  # noqa: T201
        runs: list[tuple[str, Guard | None]] = [
            (test, guard) for guard in wanted for test in guard.tests if test in sound
        ]
        for test, name, noticed in _run(slots, runs):
            print(f"{'noticed  ' if noticed else 'UNNOTICED'}  {name}  ({test})", flush=True)  # noqa: T201
            unnoticed += not noticed
    print(f"{len(wanted)} guards, {unnoticed} unnoticed")  # noqa: T201
    return 1 if unnoticed or sound != set(tests) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
