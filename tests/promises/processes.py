"""Workers in processes of their own, as a test holds them: see worker_host for what they can be told to do."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from extraction_jobs.model import Job
from tests.promises.worker_host import Order
from tests.waiting import until

ROOT = Path(__file__).parents[2]
OVER = ("killed", "crashed", "ended")


@dataclass
class WorkerProcess:
    """One worker. `outcome` is what its work came to, once it has ended by itself."""

    order: Order
    pid: int | None = None
    state: str = "ordered"
    outcome: str | None = None
    longest_pause: float = 0.0

    @property
    def is_over(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self.state in OVER

    def until(self, state: str) -> WorkerProcess:
        """Waits for it to be `stopped`, `killed` or `ended`.

        Raises:
            AssertionError: it came to something else.
        """
        until(
            lambda: self.state == state or self.is_over,
            seconds=60,
            what=f"{self.order} to be {state}",
        )
        assert self.state == state, f"{self.order} is {self.state} ({self.outcome})"
        return self

    def wake(self) -> None:
        """Lets a stopped one go on."""
        self.state = "running"
        self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """Ends it as a machine does that is gone."""
        self.signal(signal.SIGKILL)
        self.until("killed")

    def signal(self, number: int) -> None:
        assert self.pid is not None
        os.kill(self.pid, number)


class WorkerProcesses:
    """Starts workers in processes of their own, on the Postgres at `url`, with the code of `layer`."""

    def __init__(self, layer: Path = ROOT / "layers" / "extraction_jobs") -> None:
        self.url = ""
        paths = [ROOT, layer]
        self._host = subprocess.Popen(
            [sys.executable, "-m", "tests.promises.worker_host"],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._numbers = itertools.count()
        self._workers: dict[int, WorkerProcess] = {}
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def start(self, job: Job, **order: Any) -> WorkerProcess:
        """A worker for one message of the job; `order` is as in Order."""
        worker = WorkerProcess(Order(next(self._numbers), self.url, str(job.id), **order))
        self._workers[worker.order.number] = worker
        _pipe(self._host.stdin).write(worker.order.to_line())
        _pipe(self._host.stdin).flush()
        return worker

    def kill_all(self) -> None:
        """Ends those that are not over."""
        for worker in self._workers.values():
            until(lambda worker=worker: worker.pid is not None or worker.is_over, seconds=60)  # type: ignore[misc]
            with suppress(ProcessLookupError):
                if not worker.is_over:
                    worker.signal(signal.SIGKILL)
            until(lambda worker=worker: worker.is_over, what=f"{worker.order} to be over")  # type: ignore[misc]
        self._workers.clear()

    def close(self) -> None:
        """Ends the host, and with it whatever it still has."""
        _pipe(self._host.stdin).close()
        self._host.wait(60)
        self._listener.join()
        _pipe(self._host.stdout).close()

    def _listen(self) -> None:
        for line in _pipe(self._host.stdout):
            told = json.loads(line)
            worker = self._workers.get(told["number"])
            if worker is None:
                continue
            worker.pid = told.get("pid", worker.pid)
            worker.outcome = told.get("outcome", worker.outcome)
            worker.longest_pause = told.get("longest_pause") or worker.longest_pause
            # What is over stays so, in whatever order its end and its start are told.
            if not worker.is_over:
                worker.state = told["state"]


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe
