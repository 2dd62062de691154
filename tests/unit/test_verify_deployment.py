"""`make verify-deployment` where there is no deployment, or one that cannot be verified; and its keeping of time."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from local import processes
from local.package import ROOT
from tests.serving import Asked, Reply, answering
from verify_deployment import __main__ as command
from verify_deployment.access import CannotVerifyError, access, checked_url, identify
from verify_deployment.aws import Boto3
from verify_deployment.checks import CHECKS, Check
from verify_deployment.model import SkippedError, Tenant
from verify_deployment.run import Run
from verify_deployment.transport import (
    Answer,
    HttpTransport,
    NoAnswerError,
    Request,
    UnexpectedAnswerError,
)
from verify_deployment.verification import verify


def knowing(
    **pages: tuple[int, object],
) -> tuple[Callable[[Request, float], Answer], list[Request]]:
    """A transport that knows some pages by the last part of their path, and the requests that it got."""
    asked: list[Request] = []

    def transport(request: Request, _: float) -> Answer:
        asked.append(request)
        name = request.path.rpartition("/")[2].partition(".")[0]
        code, body = pages.get(name, (404, {"message": "Not Found"}))
        kind = "application/problem+json" if code >= 500 else "application/json"
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Answer(request, code, {"content-type": kind}, content)

    return transport, asked


HEALTHY = (200, {"status": "ok"})
URL = "https://api.example.com"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "Wrong API_URL: it must be an address"),
        ("ftp://api.example.com", "Wrong API_URL: it must be an address"),
        ("https://me:pass@api.example.com", "no user, no"),
        ("http://api.example.com", "has no TLS"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused(url: str, sentence: str) -> None:
    with pytest.raises(CannotVerifyError, match=sentence):
        checked_url(url)


def test_an_address_may_end_with_a_slash_and_have_a_path() -> None:
    assert checked_url(" https://api.example.com/v1/ ") == "https://api.example.com/v1"
    assert checked_url("http://localhost:3001") == "http://localhost:3001"


@pytest.mark.parametrize(
    ("pages", "sentence"),
    [
        ({}, r"Wrong API_URL: .* not as this API does: expected 200 from GET /health; got 404"),
        ({"health": (200, b"<html>")}, "Wrong API_URL: .* expected JSON from GET /health"),
        ({"health": HEALTHY}, "Wrong API_URL: .* expected 200 from GET /openapi.json; got 404"),
        ({"health": HEALTHY, "openapi": (200, {"paths": {"/pets": {}}})}, "Wrong API_URL: "),
        (
            {"health": (503, {"detail": "The database cannot be reached."})},
            "is a deployment, but .*database",
        ),
    ],
)
def test_what_is_no_deployment_is_told_from_one_whose_database_is_down(
    pages: dict[str, tuple[int, object]], sentence: str
) -> None:
    transport, asked = knowing(**pages)
    with pytest.raises(CannotVerifyError, match=sentence):
        identify(transport, URL)
    # No token goes to somebody else's server.
    assert all("Authorization" not in request.headers for request in asked)


def test_the_command_ends_with_2_where_nothing_answers_and_sends_no_token_after_a_redirect(
    capsys: pytest.CaptureFixture[str],
) -> None:
    nobody = f"http://127.0.0.1:{processes.free_port()}"
    assert command.main({"API_URL": nobody, "TOKEN": "a.b.c"}) == 2
    assert (
        "cannot be reached: no answer to GET /health: NewConnectionError" in capsys.readouterr().err
    )
    seen: list[Asked] = []

    def moved(asked: Asked) -> Reply:
        seen.append(asked)
        return 302, {"Location": "/elsewhere"}, b""

    with answering(moved) as url:
        assert command.main({"API_URL": url, "TOKEN": "a.b.c"}) == 2
    assert "expected 200 from GET /health; got 302" in capsys.readouterr().err
    assert [asked.path for asked in seen] == ["/health"]
    assert "authorization" not in seen[0].headers


def token(**claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2lnbmF0dXJl"


# Of 2001 and of 2100.
EXPIRED, GOOD = token(exp=1_000_000_000), token(exp=4_102_444_800)


@pytest.mark.parametrize(
    ("given", "answer", "sentence"),
    [
        (EXPIRED, (401, {}), r"has expired, [\d,]+ minutes ago \(2001-09-09 01:46 UTC\)"),
        (GOOD, (401, {}), "it has not expired, so it is of another issuer"),
        (token(exp=1e300), (401, {}), "it has not expired"),
        ("e30.bm90anNvbg.c", (401, {}), "it is not a JWT"),
        (GOOD, (200, {"organisations": []}), "names no organisation: set the user's"),
        (token(token_use="access"), (200, {"organisations": []}), "it is an access token"),
        (GOOD, (500, {"detail": "It broke."}), r"not known .* got 500 \(It broke.\)"),
        (GOOD, (200, {}), "not known .* expected `organisations`"),
        ("", (200, {}), "TOKEN is empty"),
        ("tökén", (200, {}), "TOKEN is not a bearer token"),
    ],
)
def test_a_token_of_no_use_says_why_and_is_not_shown(
    given: str, answer: tuple[int, object], sentence: str
) -> None:
    transport, _ = knowing(projects=answer)
    with pytest.raises(CannotVerifyError, match=sentence) as raised:
        access(transport, given, variable="TOKEN")
    assert len(given) < 10 or given not in str(raised.value)


def test_a_token_may_come_as_the_whole_header_and_is_in_no_representation() -> None:
    transport, asked = knowing(projects=(200, {"organisations": ["acme", "globex"]}))
    found = access(transport, f"Bearer {GOOD}\n", variable="TOKEN")
    assert found.organisations == ("acme", "globex")
    assert asked[0].headers["Authorization"] == f"Bearer {GOOD}"
    assert GOOD not in repr(found) + repr(asked) + repr(Tenant(GOOD, "acme", "p"))


def test_an_answer_that_comes_slowly_is_not_waited_for_longer_than_was_given() -> None:
    ended = threading.Event()

    def drip(_: Asked) -> Reply:
        return 200, {"Content-Length": "1000"}, (b" " for _ in iter(lambda: ended.wait(0.1), True))

    started = time.monotonic()
    with answering(drip) as url:
        with pytest.raises(NoAnswerError, match="no answer to GET /health: ProtocolError"):
            HttpTransport(url)(Request("GET", "/health"), 0.5)
        ended.set()
    assert time.monotonic() - started < 60, "the whole of it would take 100 seconds"


def a_run() -> Run:
    transport, _ = knowing(cancel=(200, {"matched": 0}))
    return Run(
        transport, "verify-deployment-test", Tenant(GOOD, "acme", "p"), None, {}, {}, Boto3()
    )


def raising(error: Exception) -> Callable[[Run], str]:
    def check(_: Run) -> str:
        raise error

    return check


def test_a_check_that_fails_breaks_or_is_skipped_does_not_stop_the_others() -> None:
    broken: dict[str, Any] = {}
    checks = [
        Check("wrong", raising(UnexpectedAnswerError("expected this; got that"))),
        Check("silent", raising(NoAnswerError("no answer"))),
        Check("broken", lambda _: str(broken["items"])),
        Check("missing", raising(SkippedError("needs more"))),
        Check("fine", lambda _: "as it should be"),
    ]
    outcomes = list(verify(a_run(), checks, seconds=10))
    assert [(each.name, each.result) for each in outcomes] == [
        ("wrong", "failed"),
        ("silent", "failed"),
        ("broken", "failed"),
        ("missing", "skipped"),
        ("fine", "passed"),
    ]
    assert outcomes[0].seen == "expected this; got that"
    assert "KeyError" in outcomes[2].seen


def test_each_check_has_its_own_time_and_all_together_have_theirs() -> None:
    run = a_run()
    left: list[float] = []

    def look(run: Run) -> str:
        left.append(run.seconds_left)
        return ""

    list(verify(run, [Check("short", look, 5), Check("long", look, 500)], seconds=100))
    assert [round(seconds) for seconds in left] == [5, 100]
    [late] = verify(run, [Check("late", look)], seconds=0)
    assert (late.result, "was over" in late.seen) == ("failed", True)
    # Nothing is asked when the time is over.
    run.ends = time.monotonic() - 1
    with pytest.raises(NoAnswerError, match="time was over"):
        run.get("/health")


def test_the_command_ends_with_1_when_a_check_has_failed_and_shows_no_control_characters(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "prepare", lambda _: (a_run(), URL))
    monkeypatch.setattr(
        command, "CHECKS", [Check("colourful", raising(UnexpectedAnswerError("\x1b[31mred")))]
    )
    assert command.main({}) == 1
    printed = capsys.readouterr().out
    assert "0 passed, 1 failed, 0 skipped" in printed
    assert "\x1b" not in printed
    monkeypatch.setattr(command, "CHECKS", [Check("skipped", raising(SkippedError("needs more")))])
    assert command.main({}) == 0
    silent = a_run()
    silent.transport = knowing()[0]
    monkeypatch.setattr(command, "prepare", lambda _: (silent, URL))
    assert command.main({}) == 1
    assert "may be left pending or running: expected 200" in capsys.readouterr().out


def test_ctrl_c_cancels_what_has_not_ended_and_ends_with_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = a_run()
    transport, asked = knowing(cancel=(200, {"matched": 2}))
    run.transport = transport

    def interrupted(_: Run) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "prepare", lambda _: (run, URL))
    monkeypatch.setattr(command, "CHECKS", [Check("long", interrupted)])
    assert command.main({}) == 130
    assert "2 job(s) of this run had not ended: they are cancelled." in capsys.readouterr().out
    assert [str(request) for request in asked] == ["POST /extraction-jobs/cancel"]
    assert json.loads(asked[0].body or b"")["filter"] == {"source_type": run.name}


def test_the_docs_list_every_check_and_no_other() -> None:
    page = (ROOT / "docs" / "deploy.md").read_text()
    _, _, table = page.partition("| check | what must be true |\n")
    rows = [line.split(" | ")[0] for line in table.partition("\n\n")[0].splitlines()[1:]]
    assert rows == [f"| {check.name}" for check in CHECKS]
