"""Real workers, each a process of its own, that stop at a boundary of their attempt (SIGSTOP) until a test acts.

    python -m tests.promises.worker_host

Reads an order a line, forks a worker for it (so that the imports are paid for once), and reports a line whenever a
worker has stopped, was killed, or has ended. When the input ends every worker is killed.
"""

from __future__ import annotations

import json
import os
import select
import signal
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import time_machine

from extraction import (
    ChunkResult,
    Control,
    Document,
    Extraction,
    Extractor,
    ObjectType,
    OfflineExtractor,
    Options,
    PermanentError,
    RetryableError,
    Run,
    StoppedError,
)
from extraction_jobs.database import Database, connect
from extraction_jobs.extracting import Step
from extraction_jobs.model import JobId
from extraction_jobs.settings import Settings
from extraction_jobs.work import Worker
from tests.conftest import MemoryQueue
from tests.line_extractor import LineExtractor
from tests.line_ocr import LineOcr
from tests.promises.no_sources import NoSources

IN_CHUNK = "in_chunk"
"""The boundary that only an extractor knows: a chunk is begun and not done."""


@dataclass(frozen=True)
class Order:
    """What one worker is to do.

    Attributes:
        number: names the worker in the reports.
        url: of its Postgres.
        stop_at: the Step, or IN_CHUNK, at which it stops; None: never.
        nth: the how manieth time it gets there.
        mishap: what it meets. "": nothing out of the ordinary; "fails", "retries": a chunk raises PermanentError,
            RetryableError; "waits": a chunk goes on until it is told to stop; "busy": a chunk computes all the time
            that it takes; "time is up": it wakes to find that its invocation has no time left.
        chunk_seconds: how long each chunk takes, deaf to whatever it is told meanwhile.
        settings: those that are not the default.
        clock_off_seconds: how wrong its clock is.
        paced: whether its report tells how long it was kept from running.
    """

    number: int
    url: str
    job_id: str
    stop_at: str | None = None
    nth: int = 1
    mishap: str = ""
    chunk_seconds: float = 0.0
    offline: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    clock_off_seconds: float = 0.0
    paced: bool = False

    def to_line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Order:
        return cls(**json.loads(line))


class Stop:
    """Ends the process's turn at one boundary, until it is woken from outside."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._times = 0
        self.woken = False

    def reached(self, boundary: str) -> None:
        self._times += boundary == self._order.stop_at
        if boundary == self._order.stop_at and self._times == self._order.nth:
            os.kill(os.getpid(), signal.SIGSTOP)
            self.woken = True


@dataclass
class Extracting:
    """An extractor with the boundary IN_CHUNK, and with the order's mishaps once the worker is awake again."""

    inner: Extractor
    order: Order
    stop: Stop

    def __post_init__(self) -> None:
        self.name, self.version = self.inner.name, self.inner.version

    def start(
        self, document: Document, object_types: Sequence[ObjectType], options: Options
    ) -> Run:
        return RunExtracting(
            self.inner.start(document, object_types, options), self.order, self.stop
        )


@dataclass
class RunExtracting:
    inner: Run
    order: Order
    stop: Stop

    def __post_init__(self) -> None:
        self.document, self.chunks = self.inner.document, self.inner.chunks
        self.digest = self.inner.digest

    def chunk(self, index: int, *, control: Control) -> ChunkResult:
        """As the inner one; IN_CHUNK is in the middle, where the inner one asks whether to go on."""
        if self.order.offline:
            return self.inner.chunk(index, control=self._in_the_middle(control))
        self.stop.reached(IN_CHUNK)
        ends = time.monotonic() + self.order.chunk_seconds
        while self.order.mishap == "busy" and time.monotonic() < ends:
            pass
        time.sleep(max(0.0, ends - time.monotonic()))
        match self.order.mishap:
            case "fails":
                raise PermanentError("This chunk cannot be read.")
            case "retries":
                raise RetryableError("The model is overloaded.")
            case "waits":
                while not control.should_stop():
                    threading.Event().wait(0.01)
                raise StoppedError
        return self.inner.chunk(index, control=control)

    def result(self, results: Sequence[ChunkResult]) -> Extraction:
        return self.inner.result(results)

    def _in_the_middle(self, control: Control) -> Control:
        asked = 0

        def should_stop() -> bool:
            nonlocal asked
            asked += 1
            if asked == 2:
                self.stop.reached(IN_CHUNK)
            return control.should_stop()

        return replace(control, should_stop=should_stop)


class Pace:
    """How long this process was kept from running: a thread that does no more than a heartbeat's has to."""

    def __init__(self, open_database: Callable[[], Database], every_seconds: float) -> None:
        self.longest_pause = 0.0
        threading.Thread(
            target=self._run, args=[open_database(), every_seconds], daemon=True
        ).start()

    def _run(self, database: Database, every_seconds: float) -> None:
        before = time.monotonic()
        while True:
            threading.Event().wait(every_seconds)
            database.rows(b"SELECT 1")
            now = time.monotonic()
            self.longest_pause = max(self.longest_pause, now - before)
            before = now


def run(order: Order) -> None:
    """Works as ordered, in the process that it is called in, and reports how that ended."""

    def open_database() -> Database:
        return Database(lambda: connect(order.url, application_name="worker", behind_proxy=False))

    if order.clock_off_seconds:
        wrong = datetime.now(UTC) + timedelta(seconds=order.clock_off_seconds)
        time_machine.travel(wrong, tick=True).start()
    settings = Settings(**order.settings)
    pace = Pace(open_database, settings.heartbeat_seconds) if order.paced else None
    stop = Stop(order)

    def remaining_seconds() -> float:
        return 0.0 if stop.woken and order.mishap == "time is up" else 900.0

    outcome = Worker(
        name=f"worker:{os.getpid()}",
        database=open_database(),
        open_heartbeat_database=open_database,
        queue=MemoryQueue(),
        sources=NoSources(),
        extractor=Extracting(OfflineExtractor() if order.offline else LineExtractor(), order, stop),
        settings=settings,
        ocr=LineOcr(),
        on_step=lambda step: stop.reached(Step(step)),
        random=lambda: 0.0,
    ).work(JobId(UUID(order.job_id)), remaining_seconds)
    _say(order.number, "ended", outcome=outcome, longest_pause=pace.longest_pause if pace else None)


def _say(number: int, state: str, **more: Any) -> None:
    # One write each, so that lines of several processes do not mix.
    os.write(1, json.dumps({"number": number, "state": state} | more).encode() + b"\n")


class Host:
    """Forks workers and watches over them."""

    def __init__(self) -> None:
        self._workers: dict[int, Order] = {}

    def serve(self) -> None:
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        rest = b""
        while True:
            ready, _, _ = select.select([0, reading], [], [])
            if reading in ready:
                os.read(reading, 4096)
                self._watch()
            if 0 in ready:
                data = os.read(0, 65536)
                if not data:
                    break
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._fork(Order.from_line(line))
        for pid in self._workers:
            os.kill(pid, signal.SIGKILL)

    def _fork(self, order: Order) -> None:
        pid = os.fork()
        if pid:
            self._workers[pid] = order
            _say(order.number, "started", pid=pid)
            return
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        try:
            run(order)
        except BaseException:  # noqa: BLE001 - nothing of a worker may get into the host's own loop
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    def _watch(self) -> None:
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
                if pid == 0:
                    return
                if os.WIFSTOPPED(status):
                    _say(self._workers[pid].number, "stopped")
                    continue
                order = self._workers.pop(pid)
                if os.WIFSIGNALED(status):
                    _say(order.number, "killed")
                elif os.WEXITSTATUS(status):
                    _say(order.number, "crashed")


if __name__ == "__main__":
    Host().serve()
