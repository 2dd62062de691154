"""`make verify-deployment`: it passes on the laptop stack, and each of its checks fails when the deployment lies."""

from __future__ import annotations

import dataclasses
import itertools
import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from local import package
from local.stack import Stack
from tests.e2e.lies import (
    CREATE,
    JOB,
    LIES,
    LONG_LIES,
    OTHER,
    REPLACED,
    STATISTICS,
    Lie,
    code,
    fields,
    of,
)
from verify_deployment import __main__ as command
from verify_deployment import run as runs
from verify_deployment.aws import AwsFailedError, AwsRefusedError
from verify_deployment.checks import CHECKS, ends
from verify_deployment.documents import long_text
from verify_deployment.run import Run
from verify_deployment.transport import Request
from verify_deployment.verification import Outcome, verify

pytestmark = pytest.mark.e2e
_numbers = itertools.count()

EMULATED_AWS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
}


def settings(deployed: Stack) -> dict[str, str]:
    """Everything that one can give."""
    return {
        "API_URL": deployed.api_url,
        "TOKEN": deployed.token("acme", user="acme"),
        "TOKEN_OF_ANOTHER_ORG": deployed.token("globex", user="globex"),
        "SOURCE_BUCKET": deployed.outputs["SourceBucketName"],
        "SWEEPER_FUNCTION": deployed.outputs["SweeperFunctionName"],
    }


def make(**given: str) -> subprocess.CompletedProcess[str]:
    """Runs the make target as a person does, who has nothing in the environment but what is given."""
    ours = ("MAKE", "AWS_", "API_", "TOKEN")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    return subprocess.run(
        ["make", "verify-deployment"],
        cwd=package.ROOT,
        env=inherited | EMULATED_AWS | given,
        capture_output=True,
        text=True,
        timeout=290,
        check=False,
    )


def results(printed: str) -> dict[str, str]:
    """The table's results by the check's name."""
    rows = [re.match(r"(.+?) +(passed|failed|skipped) +\d", line) for line in printed.splitlines()]
    return {row[1]: row[2] for row in rows if row}


def identified(lies: list[tuple[str, Lie, str]]) -> list[str]:
    """A name for each test, the same in every process."""
    return [f"{name}: {sentence}" for name, _, sentence in lies]


@pytest.fixture(scope="module")
def given(deployed: Stack) -> dict[str, str]:
    return settings(deployed)


@pytest.fixture(scope="module")
def prepared(given: dict[str, str]) -> Run:
    run, _ = command.prepare(given)
    return run


@pytest.fixture
def run(deployed: Stack, prepared: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run of this test's own, on the honest deployment."""
    monkeypatch.setattr(ends, "_STAYS_SECONDS", 0.5)
    monkeypatch.setattr(runs, "_POLL_SECONDS", 0.05)
    name = f"{prepared.name}-{next(_numbers)}"
    tenant = dataclasses.replace(prepared.tenant, project_id=name)
    return dataclasses.replace(
        prepared, name=name, tenant=tenant, aws=Emulated(deployed), created=[], answers=[]
    )


def outcome(run: Run, *names: str, lie: Lie | None = None, seconds: float = 30) -> Outcome:
    """How the last of the named checks ends."""
    honest = run.transport
    if lie is not None:
        run.transport = lambda request, left: lie(honest, request, honest(request, left))
    chosen = [
        dataclasses.replace(check, seconds=seconds)
        for name in names
        for check in CHECKS
        if check.name == name
    ]
    assert len(chosen) == len(names)
    *_, last = verify(run, chosen, seconds=2 * seconds)
    run.transport = honest
    return last


@pytest.mark.parametrize(("name", "lie", "sentence"), LIES, ids=identified(LIES))
def test_a_deployment_that_lies_is_found_out(run: Run, name: str, lie: Lie, sentence: str) -> None:
    found = outcome(run, name, lie=lie)
    assert (found.result, bool(re.search(sentence, found.seen))) == ("failed", True), found


@pytest.mark.parametrize(("name", "lie", "sentence"), LONG_LIES, ids=identified(LONG_LIES))
def test_a_deployment_that_lets_one_wait_in_vain_is_found_out(
    run: Run, name: str, lie: Lie, sentence: str
) -> None:
    found = outcome(run, name, lie=lie, seconds=3)
    assert (found.result, bool(re.search(sentence, found.seen))) == ("failed", True), found
    assert found.seconds < 60


def test_another_document_and_an_answer_that_is_not_as_described_are_found_out(run: Run) -> None:
    check = "OpenAPI is what is served"
    assert outcome(run, check).result == "passed"
    undescribed = [
        (code("GET", JOB, 200, 202), "one of the documented statuses .* got 202"),
        (fields("GET", JOB, progress="half"), r"to be as documented; \$.progress breaks the rule"),
        (of("GET", JOB, lambda _, __, a: dataclasses.replace(a, headers={})), "got none"),
    ]
    for lie, sentence in undescribed:
        run.answers.clear()
        # The lie shows in what the check before it asks for, unless that check does not get so far.
        outcome(run, CREATE, lie=lie)
        run._completed = None
        found = outcome(run, check)
        assert (found.result, bool(re.search(sentence, found.seen))) == ("failed", True), found
    served = dict(run.served)
    for other, sentence in (
        (served | {"info": {"version": "0.9.0"}}, "version 0.9.0, not 1.0.0"),
        (served | {"paths": {}}, r"\d+ path\(s\) differ, the first is /"),
        (served | {"components": {}}, r"\d+ schema\(s\) differ"),
        (served | {"security": []}, "title or security differs"),
    ):
        run.served = other
        found = outcome(run, check)
        assert (found.result, bool(re.search(sentence, found.seen))) == ("failed", True), found


@dataclasses.dataclass
class Emulated:
    """S3 and Lambda of the emulator; `instead` is what an invocation answers or raises, for a lie."""

    deployed: Stack
    instead: Callable[[], object] | None = None

    def put(self, bucket: str, key: str, content: bytes, seconds: float) -> None:
        if self.instead:
            self.instead()
        self.deployed.emulator.client("s3").put_object(Bucket=bucket, Key=key, Body=content)

    def delete(self, bucket: str, key: str, seconds: float) -> None:
        self.deployed.emulator.client("s3").delete_object(Bucket=bucket, Key=key)

    def invoke(self, function: str, event: Mapping[str, object], seconds: float) -> Any:
        assert self.instead
        return self.instead()


def raising(error: Exception) -> Callable[[], object]:
    def call() -> object:
        raise error

    return call


REPORT = {"dry_run": True, "recovered": [], "failed": [], "redispatched": 0}


def test_a_sweeper_that_lies_is_found_out(run: Run, deployed: Stack) -> None:
    run.created.append("one of ours")
    for instead, result, sentence in (
        (lambda: REPORT, "passed", "it would recover 0"),
        (lambda: REPORT | {"dry_run": False}, "failed", "expected dry_run true"),
        (lambda: {"dry_run": True}, "failed", "expected `recovered`"),
        (lambda: None, "failed", "expected `recovered`"),
        (lambda: REPORT | {"failed": ["one of ours"]}, "failed", "no job of this run"),
        (raising(AwsFailedError("it ended with an error")), "failed", "ended with an error"),
        (raising(AwsRefusedError("may not invoke it")), "skipped", "may not invoke it"),
    ):
        run.aws = Emulated(deployed, instead)
        found = outcome(run, "sweeper, dry run")
        assert (found.result, sentence in found.seen) == (result, True), found


def test_what_cannot_be_done_with_what_is_given_is_skipped_with_the_reason(
    run: Run, deployed: Stack
) -> None:
    alone = dataclasses.replace(run, other=None, source_bucket="", sweeper_function="")
    forbidden = Emulated(deployed, raising(AwsRefusedError("may not upload")))
    told = fields("GET", STATISTICS, operator=False)
    for skipped, needed in (
        (outcome(alone, REPLACED), "needs SOURCE_BUCKET"),
        (outcome(alone, OTHER), "needs TOKEN_OF_ANOTHER_ORG"),
        (outcome(alone, "sweeper, dry run"), "needs SWEEPER_FUNCTION"),
        (outcome(dataclasses.replace(run, aws=forbidden), REPLACED), "may not upload"),
        (outcome(run, "scheduled sweep", lie=told), "OperatorsClaim"),
    ):
        assert (skipped.result, needed in skipped.seen) == ("skipped", True), skipped


def test_every_check_is_known_to_be_able_to_fail() -> None:
    with_tests_of_their_own = {"OpenAPI is what is served", "sweeper, dry run"}
    lied_to = {name for name, _, _ in [*LIES, *LONG_LIES]}
    assert lied_to | with_tests_of_their_own == {check.name for check in CHECKS}


def test_what_a_run_has_started_and_not_ended_is_cancelled(run: Run) -> None:
    run.ends = time.monotonic() + 10
    work = {"source_text": long_text(), "extraction_config": {"chunk_characters": 200}}
    job = run.created_job(work)
    assert run.cancel_what_is_left() == 1
    assert run.job(job.id).status == "cancelled"


# The last: by now a scheduled sweep has been, and need not be waited for.
@pytest.mark.timeout(300)
def test_every_check_passes_on_the_laptop_stack(deployed: Stack) -> None:
    given = settings(deployed)
    emulator = {"AWS_ENDPOINT_URL": deployed.emulator.url}

    ran = make(**given, **emulator)

    assert results(ran.stdout) == {check.name: "passed" for check in CHECKS}, ran.stdout
    assert ran.returncode == 0, ran.stderr
    printed = ran.stdout + ran.stderr
    for secret in (given["TOKEN"], given["TOKEN_OF_ANOTHER_ORG"]):
        assert not any(part in printed for part in secret.split("."))
    # The jobs are found as it says, and none of them goes on.
    [project] = re.findall(r"in the project (verify-deployment-[\d-]+) of acme", ran.stdout)
    [line] = re.findall(r'curl "(http[^"]+)"', ran.stdout)
    path = line.removeprefix(deployed.api_url)
    run, _ = command.prepare(given)
    listed = run.transport(
        Request("GET", path, headers={"Authorization": f"Bearer {given['TOKEN']}"}), 10
    )
    jobs = listed.take(list, "items")
    assert len(jobs) > 5
    assert {job["project_id"] for job in jobs} == {project}
    assert {job["status"] for job in jobs} == {"completed", "failed", "cancelled"}
