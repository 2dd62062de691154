"""The queries of the runbook: those of Logs Insights over lines that were really written, those in SQL in Postgres."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from extraction_aws.logs import set_up_logging
from extraction_jobs.sweep import SweepFailedError
from tests.conftest import Psql
from tests.integration.conftest import (
    Api,
    Environment,
    Invoke,
    JobsQueue,
    Logs,
    message,
    sqs_event,
)
from tests.integration.lambda_events import SEED_JOB, event_of, lambda_context
from tests.integration.logs_insights import QueryError, Row, Value, run
from tests.watching import ROOT, TEMPLATE

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
# What Lambda itself writes with LogFormat JSON: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
# and, for what a handler raised, the runtime's own code (awslambdaric, bootstrap.py: make_error, log_error).
PLATFORM = Path(__file__).with_name("platform_lines.jsonl").read_text().splitlines()
TIMED_OUT = "22222222-2222-4222-8222-222222222222"
SWEEP = "44444444-4444-4444-8444-444444444444"


def blocks(language: str) -> list[tuple[str, str]]:
    """Each block of code in a language, with the name of its page."""
    found, page = [], "start"
    pattern = rf"^## (\w+)$|^( *)```{language}\n(.*?)^\2```$"
    for each in re.finditer(pattern, RUNBOOK, re.MULTILINE | re.DOTALL):
        page = each[1] or page
        if each[3]:
            found.append((page, each[3]))
    return found


QUERIES = [(page, line.strip()) for page, text in blocks("insights") for line in text.splitlines()]


def access_line(route: str, status: int, milliseconds: int) -> str:
    """A line of the access log, in the template's format; API Gateway puts "-" for what it has not."""
    values = {
        "routeKey": route,
        "status": str(status),
        "responseLatency": str(milliseconds),
        "integrationLatency": str(milliseconds - 5),
    }
    text = TEMPLATE["Resources"]["HttpApi"]["Properties"]["AccessLogSettings"]["Format"]
    return re.sub(r"\$context\.([\w.]+)", lambda m: values.get(m[1], "-"), text)


ACCESS = [
    access_line("GET /extraction-jobs", 200, 40),
    access_line("GET /extraction-jobs", 503, 90),
    access_line("POST /extraction-jobs", 201, 6000),
    access_line("POST /extraction-jobs", 404, 30),
]


def log_group_of(line: str) -> str:
    """The log group that the line is written to, by who writes it."""
    found = json.loads(line)
    if "service" in found:
        return str(found["service"])
    if "source_ip" in found:
        return "access"
    return "sweeper" if SWEEP in line else "worker"


def logged_at(number: int, line: str) -> float:
    """When Lambda logged it; for lines of the functions any time will do that keeps their order."""
    time = json.loads(line).get("time")
    return datetime.fromisoformat(time).timestamp() if time else float(number)


def found(query: str, lines: list[str]) -> list[dict[str, Value]]:
    """What a query finds, without the times."""
    seconds = [logged_at(number, line) for number, line in enumerate(lines)]
    rows = run(query, lines, seconds=seconds)
    times = {"@timestamp", "bin"}
    return [{k: v for k, v in row.items() if k not in times and v is not None} for row in rows]


def a_day(
    api: Api,
    psql: Psql,
    work: Invoke,
    sweep: Invoke,
    bury: Invoke,
    environment: Environment,
    jobs_queue: JobsQueue,
) -> tuple[UUID, UUID]:
    """Makes the functions log some of everything; returns the job whose message died, and the one whose run timed out.

    Here the functions share a process, on AWS they do not: the domain logs through the function that was set up last.
    """
    buried, spoilt, lost = (
        api.created(),
        api.created(source_text=None),
        api.created(source_id="lost"),
    )
    set_up_logging("dead_letters")
    bury(sqs_event(message(buried), queue="DeadLetterQueue"))
    set_up_logging("worker")
    work(sqs_event(message(spoilt)), lambda_context(aws_request_id=TIMED_OUT))
    work(sqs_event("no JSON"))
    [again] = [psql.job(buried)["revision"]]
    work(sqs_event(message(buried, again)))
    set_up_logging("sweeper")
    sweep(event_of("schedule"))
    psql(
        "UPDATE kb.object_extraction_jobs SET next_dispatch_at = now() - interval '1 minute'"
        f" WHERE id = '{lost}'"
    )
    jobs_queue.delete()
    with pytest.raises(SweepFailedError):
        sweep(event_of("schedule"))
    set_up_logging("api")
    environment(DATABASE_URL="postgresql://127.0.0.1:9/none")
    assert api("GET", "/extraction-jobs").status == 503
    environment(ORPHAN_THRESHOLD_MINUTES="-1")
    assert api("GET", "/extraction-jobs").status == 500
    return buried, spoilt


def test_each_query_of_the_runbook_finds_the_lines_that_it_is_for_and_no_others(
    api: Api,
    psql: Psql,
    work: Invoke,
    sweep: Invoke,
    bury: Invoke,
    environment: Environment,
    jobs_queue: JobsQueue,
    logs: Logs,
    capsys: pytest.CaptureFixture[str],
) -> None:
    buried, spoilt = a_day(api, psql, work, sweep, bury, environment, jobs_queue)
    metrics = [line for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    lines = [*logs.text.splitlines(), *metrics, *PLATFORM, *ACCESS]
    assert metrics
    assert {log_group_of(line) for line in lines} >= {"api", "dead_letters", "access"}

    sent_again = "The job is sent again: its message was given up"
    report = {"record.requestId": TIMED_OUT, "record.status": "timeout"}
    out_of_memory = {
        "record.requestId": "33333333-3333-4333-8333-333333333333",
        "record.status": "error",
        "record.errorType": "Runtime.OutOfMemory",
    }
    memory = "record.metrics.maxMemoryUsedMB"
    get, post = {"route": "GET /extraction-jobs"}, {"route": "POST /extraction-jobs"}
    raised = {"errorType": "SweepFailedError", "errorMessage": "2 message(s) could not be sent"}
    expected: list[tuple[str, str, list[Row]]] = [
        (
            "start",
            "all",
            [
                {"service": "dead_letters", "level": "WARNING", "message": sent_again},
                {"service": "worker", "level": "INFO", "message": "Ended: completed"},
            ],
        ),
        (
            "SweeperSilent",
            "sweeper",
            [raised, {"message": "1 message(s) could not be sent: their jobs stay due"}],
        ),
        (
            "SweeperSilent",
            "sweeper",
            [{"record.status": "error", "record.errorType": "SweepFailedError"}],
        ),
        ("DeadLetters", "all", [{"job_id": str(buried), "message": sent_again}]),
        (
            "WorkerErrors",
            "worker",
            [{"megabytes": 301, "seconds": 2.0005}, {"megabytes": 1024, "seconds": 900}],
        ),
        ("WorkerErrors", "worker", [{**out_of_memory, memory: 1024}, {**report, memory: 512}]),
        (
            "WorkerErrors",
            "worker",
            [{"job_id": str(spoilt), "level": "INFO", "message": "Ended: failed"}],
        ),
        (
            "ApiErrors",
            "all",
            [
                {"level": "CRITICAL", "message": "The settings are wrong: …"},
                {"level": "ERROR", "message": "Postgres is unreachable …"},
            ],
        ),
        ("ApiErrors", "access", [{**get, "status": "503", "integration_error": "-", "answers": 1}]),
        (
            "ApiLatency",
            "access",
            [
                {**post, "p99": 6000, "integration_p99": 5995, "requests": 2},
                {**get, "p99": 90, "integration_p99": 85, "requests": 2},
            ],
        ),
    ]
    assert [page for page, _ in QUERIES] == [page for page, _, _ in expected]
    for (page, query), (_, group, rows) in zip(QUERIES, expected, strict=True):
        over = [line for line in lines if group in ("all", log_group_of(line))]
        asked = query.replace("JOB_ID", str(buried)).replace("REQUEST_ID", TIMED_OUT)
        assert [_short(row) for row in found(asked, over)] == rows, page


def _short(row: Row) -> Row:
    """What the settings and libpq say is not of interest."""
    return {
        name: re.sub(r"((?:settings are wrong:|is unreachable) ).*", r"\1…", value)
        if name == "message" and isinstance(value, str)
        else value
        for name, value in row.items()
    }


def test_no_query_of_the_runbook_stands_where_no_test_sees_it() -> None:
    outside = re.sub(r"```insights\n.*?```", "", RUNBOOK, flags=re.DOTALL)
    assert re.findall(r"^.*\b(?:filter|fields|stats) [\w@.]+.*$", outside, re.MULTILINE) == []


@pytest.mark.parametrize(
    "query",
    [
        "filter @message like /REPORT/ | stats max(@maxMemoryUsed) by bin(5m)",  # no name
        "filter type = 'platform.report' | top 5",
        "filter record.status != 'success'",  # over lines that have none
        "fields @timestamp | sort = desc",
        "filter level = ERROR'",
    ],
)
def test_a_query_that_logs_insights_is_not_known_to_take_is_refused(query: str) -> None:
    with pytest.raises(QueryError):
        found(query, PLATFORM)


STATEMENTS = [
    statement
    for _, text in blocks("sql")
    for statement in re.split(r";\s*(?:\n|$)", text)
    if statement.strip()
]


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda each: each.strip()[:60])
def test_each_sql_query_of_the_runbook_is_one_that_postgres_takes(
    psql: Psql, statement: str
) -> None:
    try:
        psql(f"EXPLAIN {statement.replace('JOB_ID', SEED_JOB)}")
    except psycopg.errors.UndefinedTable as error:
        # An extension that RDS has and the Postgres of the tests has not.
        assert "pg_stat_statements" in str(error)  # noqa: PT017
