"""Many at once: all that are named, and what a person confirmed; what a terminal cannot show stops no command."""

from __future__ import annotations

import io
import json
import sys
from itertools import product
from pathlib import Path

import pytest

from extraction_jobs_cli import bulk
from extraction_jobs_cli.exits import Exit
from tests.conftest import Psql
from tests.integration.conftest import ORG, PROJECT, Api

from .conftest import Deployment, Run

OPENAPI = Path(__file__).resolve().parents[3] / "docs" / "openapi.json"


@pytest.fixture
def four_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four jobs a call, where the API takes as many as the command else sends."""
    text = OPENAPI.read_text(encoding="utf-8")
    schema = json.loads(text)["components"]["schemas"]["BulkRequest"]["properties"]
    assert schema["limit"]["maximum"] == bulk._MOST
    monkeypatch.setattr(bulk, "_MOST", 4)


def test_every_job_that_is_named_is_changed_however_many(
    run: Run, psql: Psql, four_at_once: None
) -> None:
    insert = (
        "INSERT INTO kb.object_extraction_jobs (org_id, project_id, source_type)"
        f" SELECT '{ORG}', '{PROJECT}', 'letter' FROM generate_series(1, 5) RETURNING id"
    )
    ids = "\n".join(str(row["id"]) for row in psql(insert)).encode()
    told = run("cancel", "-", "--dry-run", "--json", stdin=ids).json
    assert (told["matched"], told["dry_run"], told["truncated"]) == (5, True, False)
    assert run("cancel", "-", stdin=ids).out.endswith("5 job(s) cancelled.\n")
    assert run("stats", "--json").json["counts"]["cancelled"] == 5
    assert run("cancel", "x", "y", "--limit", "1").code == Exit.USAGE


def test_all_that_match_are_changed_after_their_total_is_shown(
    run: Run, psql: Psql, deployment: Deployment, four_at_once: None
) -> None:
    """More than one call takes; what matches only after the total was shown is left alone."""
    insert = (
        "INSERT INTO kb.object_extraction_jobs (org_id, project_id, source_type, status, created_at)"
        f" SELECT '{ORG}', '{PROJECT}', 'letter', 'failed', now() + n * interval '1 ms'"
        " FROM generate_series(1, %(n)s) n"
    )
    psql(insert, {"n": 5})
    asked = run("retry", "--source-type", "letter", "--all", terminal=True, stdin=b"n\n")
    assert asked.code == 0
    assert asked.err.startswith("5 job(s) would be retried.\n")
    assert "would retry 5 job(s)" in run("retry", "--source-type", "letter", "--all").err
    calls = 0

    def more_come(request: str) -> None:
        nonlocal calls
        calls += " /extraction-jobs/retry" in request
        if calls == 3:  # the first behind the two pages of the dry run
            psql(insert, {"n": 5})

    deployment.instead = more_come
    done = run("retry", "--source-type", "letter", "--all", "--yes", "--json")
    assert (done.code, done.json["matched"], done.json["truncated"]) == (0, 5, False)
    assert run("stats", "--json").json["counts"]["pending"] == 5
    assert run("retry", "x", "--all").code == Exit.USAGE


def test_a_retry_of_all_takes_rejected_results_only_if_asked(run: Run, psql: Psql) -> None:
    psql(
        "INSERT INTO kb.object_extraction_jobs (org_id, project_id, source_type, status, review_reason)"
        f" VALUES ('{ORG}', '{PROJECT}', 'letter', 'failed', NULL),"
        f" ('{ORG}', '{PROJECT}', 'letter', 'failed', 'Its total is doubtful.')"
    )
    retry = ("retry", "--source-type", "letter", "--all", "--yes", "--json")
    assert run(*retry, "--dry-run").json["matched"] == 1
    assert run(*retry).json["matched"] == 1
    assert "0 job(s) would be retried" in run(*retry).err
    assert run(*retry, "--rejected").json["matched"] == 1


@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_only_the_jobs_that_were_shown_are_changed_though_more_meet_the_filter_by_then(
    run: Run, api: Api, psql: Psql, deployment: Deployment, verb: str
) -> None:
    before, after = {"cancel": ("pending", "cancelled"), "retry": ("failed", "pending")}[verb]

    def job() -> str:
        made = str(api.created(source_type="email"))
        psql(f"UPDATE kb.object_extraction_jobs SET status = '{before}' WHERE id = '{made}'")
        return made

    shown, late = [job(), job()], []

    def another_comes(_: str) -> None:
        # The second call is the change; the first has shown what it would be.
        if sum(f"/{verb}" in each for each in deployment.requests) == 2:
            late.append(job())

    deployment.instead = another_comes
    done = run(verb, "--source-type", "email", terminal=True, stdin=b"y\n")
    assert done.code == 0, done.err
    statuses = {
        str(row["id"]): row["status"] for row in psql("SELECT * FROM kb.object_extraction_jobs")
    }
    assert statuses == {shown[0]: after, shown[1]: after, late[0]: before}


def test_a_name_that_the_terminals_encoding_lacks_stops_no_command(
    run: Run, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "Rechnung – Müller 請求書 🧾.txt"
    job = api.created(source_id=name)
    commands: list[list[object]] = [["list"], ["show", job]]
    for encoding, words in product(("ascii", "cp1252", "utf-8"), commands):
        for form in ([], ["--json"]):
            written = io.BytesIO()
            stdout = io.TextIOWrapper(written, encoding=encoding, write_through=True)
            monkeypatch.setattr(sys, "stdout", stdout)
            assert run(*words, *form).code == 0
            said = written.getvalue().decode(encoding)
            if form:
                assert name in json.dumps(json.loads(said), ensure_ascii=False)
            else:
                assert "Rechnung" in said
