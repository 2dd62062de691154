"""A deployment that lies: what it answers in place of its honest answers, for each check of verify-deployment."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from typing import Any

from verify_deployment.transport import Answer, Request, Transport

ID = "[0-9a-f]{8}-[0-9a-f-]{27}"
JOB = f"/extraction-jobs/{ID}"
LIST = "/extraction-jobs"

# What a lying deployment answers in place of its honest answer.
Lie = Callable[[Transport, Request, Answer], Answer]


def told(answer: Answer, /, code: int | None = None, **changed: Any) -> Answer:
    """The answer with another status code, or other fields in its body."""
    body = json.dumps({**answer.json(), **changed}).encode() if changed else answer.body
    return dataclasses.replace(answer, status=code or answer.status, body=body)


def of(method: str, path: str, lie: Lie) -> Lie:
    """Only where the method and the whole path match, and the honest answer is no error."""

    def tampered(honest: Transport, request: Request, answer: Answer) -> Answer:
        meant = request.method == method and re.fullmatch(path, request.path)
        return lie(honest, request, answer) if meant and answer.status < 400 else answer

    return tampered


def code(method: str, path: str, before: int, after: int) -> Lie:
    def tampered(_: Transport, request: Request, answer: Answer) -> Answer:
        meant = request.method == method and re.fullmatch(path, request.path)
        return told(answer, after) if meant and answer.status == before else answer

    return tampered


def fields(method: str, path: str, **changed: Any) -> Lie:
    return of(method, path, lambda _, __, answer: told(answer, **changed))


def items(path: str, change: Callable[[list[Any]], list[Any]]) -> Lie:
    return of("GET", path, lambda _, __, answer: told(answer, items=change(answer.json()["items"])))


def retried_job(**changed: Any) -> Lie:
    """Of a job that was claimed a second time."""
    return of(
        "GET",
        JOB,
        lambda _, __, answer: told(answer, **changed) if answer.json()["lease"] > 1 else answer,
    )


def without_key(honest: Transport, request: Request, _: Answer) -> Answer:
    """The Idempotency-Key is passed over."""
    kept = {name: value for name, value in request.headers.items() if "Key" not in name}
    return honest(dataclasses.replace(request, headers=kept), 10)


def new_body_taken(honest: Transport, request: Request, answer: Answer) -> Answer:
    """A key that is known with another body makes another job."""
    return without_key(honest, request, answer) if answer.status == 422 else answer


def dry_run_that_acts(honest: Transport, request: Request, answer: Answer) -> Answer:
    """It answers as a dry run does, and retries."""
    sent = json.loads(request.body or b"{}")
    if sent["dry_run"]:
        body = json.dumps({**sent, "dry_run": False}).encode()
        honest(dataclasses.replace(request, body=body), 10)
    return answer


def endless(_: Transport, request: Request, answer: Answer) -> Answer:
    """There is always another page."""
    if "source_type" not in request.query:
        return answer
    body = json.dumps({"items": [], "next_cursor": "again"}).encode()
    return dataclasses.replace(answer, status=200, body=body)


def quotes_moved(objects: list[Any]) -> list[Any]:
    moved: list[Any] = json.loads(json.dumps(objects).replace('"start": ', '"start": 1'))
    return moved


STATISTICS = "/extraction-jobs/statistics"
CREATE, REPLACED = (
    "create → completed, with evidence",
    "failed → source replaced → retry → completed",
)
ISOLATION, OTHER = (
    "tenant isolation, one token",
    "tenant isolation, a token of another organisation",
)
BULK, FAILED = "bulk retry, with dry run", "failed → retry → completed"
BROKEN = {"seconds_ago": 10.0, "errors": ["It broke."]}

# The check, the lie, and what the check says of it: each check once, and again for a lie of another kind.
LIES: list[tuple[str, Lie, str]] = [
    ("health", fields("GET", "/health", status="degraded"), "expected the status ok"),
    ("every call asks for a token", code("GET", LIST, 401, 200), "expected 401 .* got 200"),
    (CREATE, fields("GET", JOB, status="failed", error_message="No paper."), r"it is failed \(No paper"),
    (CREATE, items(f"{JOB}/objects", quotes_moved), "is not there"),
    ("idempotency", of("POST", LIST, without_key), "got a second job"),
    ("idempotency", new_body_taken, "expected 422 .* got 201"),
    ("retry of a completed job: 400", lambda _, q, a: told(a, detail="No.") if "retry" in q.path else a, "got “No.”"),
    ("unreadable source → failed, with a reason", fields("GET", JOB, error_message=None), "expected a reason"),
    (FAILED, fields("GET", JOB, lease=1), "expected a new claim"),
    (FAILED, items(f"{JOB}/events", lambda found: found[-1:]), "expected in the history"),
    (REPLACED, retried_job(status="failed"), "it is failed"),
    ("cancel", fields("GET", JOB, status="completed"), "to be cancelled; it is completed"),
    (BULK, of("POST", f"{LIST}/retry", dry_run_that_acts), "expected the dry run to leave"),
    (BULK, fields("POST", f"{LIST}/retry", skipped=[]), "skips 0"),
    ("paging", items(LIST, lambda found: found[1:]), "are missing"),
    ("paging", items(LIST, lambda found: found[::-1]), "another order"),
    ("paging", endless, "expected the list to end"),
    (ISOLATION, code("GET", f"{JOB}/document", 404, 200), "expected 404 .* got 200"),
    (OTHER, items(LIST, lambda _: [{}]), "expected no job of globex"),
    ("scheduled sweep", fields("GET", STATISTICS, last_sweep=BROKEN), "without errors; .* It broke"),
]  # fmt: skip

# Lies that a check sees by waiting in vain.
LONG_LIES: list[tuple[str, Lie, str]] = [
    (CREATE, fields("GET", JOB, status="running"), "is still running after"),
    (
        "statistics agree with the list",
        fields("GET", STATISTICS, counts={"completed": 99}),
        "expected the counts of the list .* got 99 completed",
    ),
    ("scheduled sweep", fields("GET", STATISTICS, last_sweep=None), "there was none yet"),
]
