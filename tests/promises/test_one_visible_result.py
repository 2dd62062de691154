"""Promise 8: one visible result.

What could go wrong: the queue delivers a message twice, a sweep takes a live worker for dead, two workers are at the
same job; a reader sees half a result, the same objects twice, or those of two attempts mixed.

What must hold: one set of objects, of one lease; one terminal event; and whoever looks sees all of it or nothing. A
finished job set back by hand keeps its result until the new one replaces it.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from extraction_jobs import reading
from extraction_jobs.database import Database
from extraction_jobs.extracting import Step
from extraction_jobs.model import Job
from extraction_jobs.work import RedeliverError, Worker
from tests.conftest import TENANT
from tests.line_extractor import LineExtractor

from .conftest import Lab
from .sizes import size

CHUNKS = 6
TEXT = "".join(f"Item: {n}\n" for n in range(CHUNKS))


@pytest.mark.parametrize("round_number", range(size(1, 20)))
def test_twenty_deliveries_at_once_amid_recoveries_make_one_result_seen_whole_or_not_at_all(
    lab: Lab, round_number: int
) -> None:
    job = lab.new_job(source_text=TEXT, max_attempts=20)
    hunt = Hunt(job, lab)
    workers = [
        lab.new_worker(extractor=LineExtractor(before_chunk=hunt.reached), on_step=hunt.on_step)
        for _ in range(20)
    ]
    reader = lab.open_database()
    with ThreadPoolExecutor(21) as pool:
        watching = pool.submit(hunt.watch, reader)
        outcomes = [o for seen in pool.map(hunt.deliver, workers) for o in seen]
    assert watching.result() <= {0, CHUNKS}
    assert hunt.recoveries == CHUNKS + 1
    assert Counter(outcomes)["completed"] == 1
    # Not due: a claim that began a moment before the recovery that it sees.
    assert set(outcomes) <= {"completed", "lease_lost", "nothing_to_do", "given back", "not_due"}
    rows = lab.objects(job)
    assert [row["properties"]["value"] for row in rows] == [str(n) for n in range(CHUNKS)]
    [ended] = [e for e in lab.psql.events(job.id) if e["to_status"] == "completed"]
    assert {row["lease"] for row in rows} == {ended["lease"]} == {CHUNKS + 2}
    assert lab.psql.events(job.id)[-1] == ended


class Hunt:
    """Takes a job from worker after worker, each a chunk further than the last, the last right before its finish."""

    def __init__(self, job: Job, lab: Lab) -> None:
        self.recoveries = 0
        self._job, self._lab = job, lab
        self._one_at_a_time = threading.Lock()
        self._over = threading.Event()

    def reached(self, point: int) -> None:
        """A worker is at this chunk, or at CHUNKS: before its finish. It goes on, whatever happens here."""
        with self._one_at_a_time:
            if point == self.recoveries:
                self._lab.psql.make_idle(self._job.id, 6)
                swept = self._lab.sweep(recovery_rate_per_second=1e9).recovered
                assert [each.id for each in swept] == [self._job.id]
                self.recoveries += 1

    def on_step(self, step: Step) -> None:
        if step is Step.BEFORE_FINISH:
            self.reached(CHUNKS)

    def deliver(self, worker: Worker) -> list[str]:
        """The message, again and again until the job has ended; what came of each."""
        outcomes: list[str] = []
        ends = time.monotonic() + 60
        while not self._over.is_set() and time.monotonic() < ends:
            try:
                outcomes.append(worker.work(self._job.id))
            except RedeliverError:
                outcomes.append("given back")
            if outcomes[-1] == "completed":
                self._over.set()
        return [*outcomes, worker.work(self._job.id)]

    def watch(self, reader: Database) -> set[int]:
        """How many objects a reader saw, at one time or another."""
        seen = set()
        ends = time.monotonic() + 60
        while not self._over.is_set() and time.monotonic() < ends:
            page, _ = reading.list_objects(self._job.id, TENANT, 0, 100, database=reader)
            seen.add(len(page.items))
        return seen


def test_a_finished_job_set_back_by_hand_keeps_its_result_until_the_new_one_replaces_it(
    lab: Lab,
) -> None:
    job = lab.new_job(source_text=TEXT)
    lab.work(job)
    lab.psql.update("status = 'pending'")
    for lease in (1, 2):
        assert [found["lease"] for found in lab.objects(job)] == [lease] * CHUNKS
        assert lab.work(job) == ("completed" if lease == 1 else "nothing_to_do")


def test_every_citation_quotes_the_stored_text_as_the_database_counts(lab: Lab) -> None:
    job = lab.new_job(source_text="Ort: Zürich 🏔️ Süd\nBetrag: 12,50 €\n")
    lab.work(job)
    rows = lab.psql(
        "SELECT c ->> 'quote' AS quote, substr(d.text, (c ->> 'start')::int + 1,"
        " (c ->> 'end')::int - (c ->> 'start')::int) AS found"
        " FROM kb.extracted_objects AS o JOIN kb.extraction_documents AS d USING (job_id),"
        " jsonb_path_query(o.evidence, '$.**.citations[*]') AS c"
    )
    assert {row["quote"] for row in rows} == {"Zürich 🏔️ Süd", "12,50 €"}
    assert all(row["quote"] == row["found"] for row in rows)
