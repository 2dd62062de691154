"""What is measured: each hold on a job and each dead letter, once, by name, value and unit, and nothing of a tenant."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from extraction_aws.metrics import measure_dead_letter, measure_sweep, measure_work, set_up_metrics
from extraction_jobs.model import JobStatus
from extraction_jobs.outcomes import Outcome, Worked
from extraction_jobs.sweep import Report
from tests.conftest import Psql
from tests.integration.conftest import Api, Invoke, message, sqs_event
from tests.integration.lambda_events import two_messages_died
from tests.watching import Watching


def measured(output: str, service: str) -> list[dict[str, Any]]:
    """The EMF documents on stdout, each as name: value; each must have this service as its only dimension."""
    found = []
    for line in map(json.loads, output.splitlines()):
        if "_aws" in line:
            [directive] = line["_aws"]["CloudWatchMetrics"]
            assert line["service"] == service
            assert (directive["Namespace"], directive["Dimensions"]) == (
                os.environ["POWERTOOLS_METRICS_NAMESPACE"],
                [["service"]],
            )
            found.append({each["Name"]: line[each["Name"]][0] for each in directive["Metrics"]})
    return found


def test_a_completed_job_tells_its_attempts_its_time_and_how_long_it_waited(
    api: Api, psql: Psql, work: Invoke, capsys: pytest.CaptureFixture[str]
) -> None:
    job = api.created()
    psql(
        "UPDATE kb.object_extraction_jobs SET run_after = now() - interval '90 s', revision = revision + 1"
        f" WHERE id = '{job}'"
    )
    work(sqs_event(message(job)))
    [values] = measured(capsys.readouterr().out, "worker")
    assert (values["JobsCompleted"], values["AttemptsPerJob"]) == (1, 1)
    assert 90 <= values["QueueToStartTime"] < 150
    assert 0 < values["ExtractionTime"] < 60
    assert set(values) == {
        "JobsCompleted",
        "AttemptsPerJob",
        "ExtractionTime",
        "QueueToStartTime",
    }, "rules spend no tokens"


def test_a_failed_job_counts_as_failed_and_a_message_without_work_as_nothing(
    api: Api, work: Invoke, capsys: pytest.CaptureFixture[str]
) -> None:
    job = api.created(source_text=None)
    work(sqs_event(message(job), message(job)))
    [values] = measured(capsys.readouterr().out, "worker")
    assert values["JobsFailed"] == 1


def test_every_dead_letter_is_counted(
    api: Api, psql: Psql, bury: Invoke, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = api.created(), api.created()
    two_messages_died(psql)
    psql(
        "DELETE FROM kb.extraction_job_events WHERE actor = 'dead_letters'"
        f" AND job_id = '{jobs[0]}'"
    )
    bury(sqs_event(*map(message, jobs), queue="DeadLetterQueue"))
    assert measured(capsys.readouterr().out, "dead_letters") == [
        {"DeadLetters": 1},
        {"DeadLetters": 1, "JobsFailed": 1},
    ]


@pytest.mark.parametrize("stack", ["extraction-jobs", "extraction-jobs-staging"])
def test_every_metric_of_ours_that_an_alarm_or_the_dashboard_looks_at_is_one_that_its_own_stack_writes(
    stack: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    watching = Watching(stack)
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", watching.functions_namespace)
    everything_that_can_be_measured()
    written = set(written_metrics(capsys.readouterr().out))
    assert written
    looked_at = {each for each in watching.metrics() if not each[0].startswith("AWS/")}
    assert len(looked_at) >= 15
    assert looked_at - written == set()


def test_two_stacks_of_one_account_do_not_see_each_others_metrics() -> None:
    one, other = (
        {each for each in Watching(name).metrics() if not each[0].startswith("AWS/")}
        for name in ("blue", "green")
    )
    assert one
    assert one & other == set()


def test_without_a_template_metrics_have_a_namespace_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("POWERTOOLS_METRICS_NAMESPACE")
    measure_dead_letter(set_up_metrics("dead_letters"), None)
    assert list(written_metrics(capsys.readouterr().out)) == [
        ("ExtractionJobs", "DeadLetters", (("service", "dead_letters"),))
    ]


def everything_that_can_be_measured() -> None:
    """Measures as the functions do: each way in which a hold on a job can end, a sweep, each end of a dead letter."""
    worker, dead_letters = set_up_metrics("worker"), set_up_metrics("dead_letters")
    untold = {Outcome.NOT_DUE, Outcome.NOTHING_TO_DO, Outcome.PAUSED, Outcome.GAVE_WAY}
    told = set(Outcome) - untold
    for outcome in told:
        measure_work(worker, Worked(outcome, 1, 2.0, 3.0, 1000, 100, Decimal("0.01")))
    measure_sweep(set_up_metrics("sweeper"), Report(dry_run=False))
    measure_dead_letter(dead_letters, JobStatus.FAILED)
    measure_dead_letter(dead_letters, JobStatus.PENDING)


def written_metrics(output: str) -> Iterator[tuple[str, str, tuple[tuple[str, str], ...]]]:
    """Namespace, name and dimensions of each metric that CloudWatch makes of the EMF documents."""
    for line in map(json.loads, output.splitlines()):
        for directive in line["_aws"]["CloudWatchMetrics"]:
            for metric in directive["Metrics"]:
                for names in directive["Dimensions"]:
                    dimensions = tuple((name, line[name]) for name in names)
                    yield directive["Namespace"], metric["Name"], dimensions
