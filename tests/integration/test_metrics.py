"""What is measured: each hold on a job and each dead letter, once, by name, value and unit, and nothing of a tenant."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.conftest import Psql
from tests.integration.conftest import Api, Invoke, message, sqs_event
from tests.integration.lambda_events import two_messages_died

ROOT = Path(__file__).resolve().parents[2]


def measured(output: str) -> list[dict[str, Any]]:
    """The EMF documents on stdout, each as name: value; a metric with another dimension than the service fails."""
    found = []
    for line in map(json.loads, output.splitlines()):
        if "_aws" in line:
            [directive] = line["_aws"]["CloudWatchMetrics"]
            assert (directive["Namespace"], directive["Dimensions"]) == (
                "ExtractionJobs",
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
    [values] = measured(capsys.readouterr().out)
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
    [values] = measured(capsys.readouterr().out)
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
    assert measured(capsys.readouterr().out) == [
        {"DeadLetters": 1},
        {"DeadLetters": 1, "JobsFailed": 1},
    ]


def test_what_the_dashboard_and_the_alarms_look_at_is_measured() -> None:
    code = (ROOT / "layers/extraction_jobs/extraction_aws/metrics.py").read_text()
    resources = yaml_parse((ROOT / "stacks/watching.yaml").read_text())["Resources"]
    looked_at = set(_metrics_of(resources))
    board = json.loads(resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])
    for widget in board["widgets"]:
        rows = widget["properties"].get("metrics", [])
        looked_at |= {(row[1], row[3]) for row in rows if row[0] == "ExtractionJobs"}
    assert len(looked_at) >= 15
    assert {name for name, _ in looked_at if f'"{name}"' not in code} == set()
    assert {service for _, service in looked_at} == {"worker", "sweeper", "dead_letters"}


def _metrics_of(node: Any) -> Iterator[tuple[str, str]]:
    """Name and service of each of our metrics anywhere in it."""
    if isinstance(node, dict):
        if node.get("Namespace") == "ExtractionJobs":
            yield node["MetricName"], node["Dimensions"][0]["Value"]
        for each in node.values():
            yield from _metrics_of(each)
    elif isinstance(node, list):
        for each in node:
            yield from _metrics_of(each)
