"""The queries of the runbook: those of Logs Insights name what is really written, those in SQL run in Postgres."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from extraction_aws.logs import set_up_logging
from extraction_jobs.sweep import SweepFailedError
from tests.conftest import Psql
from tests.integration.conftest import Api, Environment, Invoke, JobsQueue, Logs, message, sqs_event
from tests.integration.lambda_events import SEED_JOB, event_of, lambda_context
from tests.unit.templates import ROOT, TEMPLATE

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
# What Lambda itself writes with LogFormat JSON: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
# and, for what a handler raised, the runtime's own code (awslambdaric, bootstrap.py: make_error, log_error).
PLATFORM = Path(__file__).with_name("platform_lines.jsonl").read_text().splitlines()
TIMED_OUT = "22222222-2222-4222-8222-222222222222"


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


NOT_A_FIELD = set(
    "fields filter stats sort limit and in like as by desc count max pct bin ispresent".split()
)


def flat(node: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Each value of a line, and its name: in nested JSON the path to it."""
    if isinstance(node, dict):
        for name, each in node.items():
            yield from flat(each, f"{path}.{name}" if path else str(name))
    else:
        yield path, node


def holds(sign: str, wanted: str, found: object) -> bool:
    """Whether a value is as a comparison wants it."""
    if sign == "like":
        return re.search(wanted.strip("/"), str(found)) is not None
    return (found in re.findall(r"'([^']*)'", wanted)) == (sign != "!=")


def not_found(query: str, lines: Sequence[Mapping[str, object]]) -> list[str]:
    """What a query names that no line has which it filters for; the query itself, if there is no such line."""
    [condition] = re.findall(r"filter ([^|]+)", query)
    comparisons = re.findall(r"([\w.]+) (=|!=|like|in) (\S+(?: '\w+'\])?)", condition)
    present = re.findall(r"ispresent\((\w+)\)", condition)
    assert comparisons or present, query
    met = [
        line
        for line in lines
        if all(name in line and holds(sign, value, line[name]) for name, sign, value in comparisons)
        and all(line.get(name) for name in present)
    ]
    words = re.sub(r"'[^']*'|/[^/]+/|as \w+|sort \w+", "", query)
    named = set(re.findall(r"(?<![\w.@])[a-z][\w.]*", words)) - NOT_A_FIELD
    return sorted(named - {name for line in met for name in line}) if met else [query]


def a_day(
    api: Api,
    psql: Psql,
    work: Invoke,
    sweep: Invoke,
    bury: Invoke,
    environment: Environment,
    jobs_queue: JobsQueue,
) -> UUID:
    """Makes the functions log some of everything; returns the job whose message died.

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
    sweep(event_of("sweep"))
    psql(
        "UPDATE kb.object_extraction_jobs SET next_dispatch_at = now() - interval '1 minute'"
        f" WHERE id = '{lost}'"
    )
    jobs_queue.delete()
    with pytest.raises(SweepFailedError):
        sweep(event_of("sweep"))
    set_up_logging("api")
    environment(DATABASE_URL="postgresql://127.0.0.1:9/none")
    assert api("GET", "/extraction-jobs").status == 503
    environment(ORPHAN_THRESHOLD_MINUTES="-1")
    assert api("GET", "/extraction-jobs").status == 500
    return buried


def test_each_query_of_the_runbook_names_what_is_really_written(
    api: Api,
    psql: Psql,
    work: Invoke,
    sweep: Invoke,
    bury: Invoke,
    environment: Environment,
    jobs_queue: JobsQueue,
    logs: Logs,
) -> None:
    buried = a_day(api, psql, work, sweep, bury, environment, jobs_queue)
    lines = [dict(flat(json.loads(line))) for line in [*logs.text.splitlines(), *PLATFORM, *ACCESS]]
    assert len(QUERIES) >= 9
    for page, query in QUERIES:
        asked = query.replace("JOB_ID", str(buried)).replace("REQUEST_ID", TIMED_OUT)
        assert not_found(asked, lines) == [], page
    assert not_found("filter service = 'api' and level = 'SILLY'", lines)
    assert not_found("filter service = 'api' | stats count(*) as n by rout", lines) == ["rout"]


def test_no_query_of_the_runbook_stands_where_no_test_sees_it() -> None:
    outside = re.sub(r"```insights\n.*?```", "", RUNBOOK, flags=re.DOTALL)
    assert re.findall(r"^.*\b(?:filter|fields|stats) [\w@.]+.*$", outside, re.MULTILINE) == []


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
