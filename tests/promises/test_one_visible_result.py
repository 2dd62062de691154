"""Promise 7: one visible result.

Delivered twenty times under recovery and retry: one set of objects, one terminal event, and nothing visible before.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from extraction_jobs import reading
from extraction_jobs.database import Database
from extraction_jobs.model import Job
from extraction_jobs.sweep import Report
from tests.conftest import TENANT, Psql
from tests.line_extractor import LineExtractor

from .conftest import NewWorker

TEXT = "".join(f"Item: {n}\n" for n in range(6))


def test_twenty_deliveries_with_recoveries_in_between_make_one_result(
    new_job: Callable[..., Job], new_worker: NewWorker, sweep: Callable[..., Report], psql: Psql
) -> None:
    job = new_job(source_text=TEXT, max_attempts=20)

    def deliver(number: int) -> str:
        def be_taken_for_dead(index: int) -> None:
            if number < 8 and index == number % 6:
                psql.make_idle(job.id, 6)
                sweep()

        return new_worker(extractor=LineExtractor(before_chunk=be_taken_for_dead)).work(job.id)

    outcomes = [deliver(number) for number in range(20)]
    assert outcomes.count("completed") == 1
    assert set(outcomes[outcomes.index("completed") + 1 :]) == {"nothing_to_do"}
    assert [
        row["properties"]["value"]
        for row in psql("SELECT properties FROM kb.extracted_objects ORDER BY ordinal")
    ] == [str(n) for n in range(6)]
    terminal = [event for event in psql.events(job.id) if event["to_status"] == "completed"]
    assert len(terminal) == 1


def test_twenty_deliveries_at_once_make_one_result(
    new_job: Callable[..., Job], new_worker: NewWorker, psql: Psql
) -> None:
    job = new_job(source_text=TEXT)
    workers = [new_worker() for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(lambda worker: worker.work(job.id), workers))
    assert sorted(outcomes) == ["completed"] + ["nothing_to_do"] * 19
    assert psql("SELECT count(*) AS n FROM kb.extracted_objects") == [{"n": 6}]


def test_no_object_is_visible_before_the_job_ends(
    new_job: Callable[..., Job], new_worker: NewWorker, database: Database, psql: Psql
) -> None:
    job = new_job(source_text=TEXT)
    seen: list[int] = []

    def look(_: int) -> None:
        page, _relationships = reading.list_objects(job.id, TENANT, 0, 100, database=database)
        seen.append(len(page.items))

    assert new_worker(extractor=LineExtractor(before_chunk=look)).work(job.id) == "completed"
    assert seen == [0] * 6
    page, _ = reading.list_objects(job.id, TENANT, 0, 100, database=database)
    assert len(page.items) == 6


def test_a_finished_job_set_back_by_hand_keeps_its_result_until_the_new_one_replaces_it(
    new_job: Callable[..., Job], new_worker: NewWorker, psql: Psql
) -> None:
    job = new_job(source_text=TEXT)
    new_worker().work(job.id)
    psql("UPDATE kb.object_extraction_jobs SET status = 'pending'")
    assert psql("SELECT count(*) AS n FROM kb.extracted_objects") == [{"n": 6}]
    assert new_worker().work(job.id) == "completed"
    assert psql("SELECT lease, count(*) AS n FROM kb.extracted_objects GROUP BY lease") == [
        {"lease": 2, "n": 6}
    ]


def test_every_citation_quotes_the_stored_text_as_the_database_counts(
    new_job: Callable[..., Job], new_worker: NewWorker, psql: Psql
) -> None:
    job = new_job(source_text="Ort: Zürich 🏔️ Süd\nBetrag: 12,50 €\n")
    new_worker().work(job.id)
    rows = psql(
        "SELECT c ->> 'quote' AS quote, substr(d.text, (c ->> 'start')::int + 1,"
        " (c ->> 'end')::int - (c ->> 'start')::int) AS found"
        " FROM kb.extracted_objects AS o JOIN kb.extraction_documents AS d USING (job_id),"
        " jsonb_path_query(o.evidence, '$.**.citations[*]') AS c"
    )
    assert {row["quote"] for row in rows} == {"Zürich 🏔️ Süd", "12,50 €"}
    assert all(row["quote"] == row["found"] for row in rows)
