"""`extraction-jobs delete` and `forget`: nothing goes that was not confirmed, and what goes goes whole."""

from __future__ import annotations

import time
from uuid import UUID, uuid4

import pytest

from extraction_jobs_cli.exits import Exit
from tests.conftest import Psql
from tests.integration.cli.conftest import Deployment, Run
from tests.integration.conftest import ORG, Api


def ended(api: Api, psql: Psql, **fields: object) -> UUID:
    job = api.created(**fields)
    psql(f"UPDATE kb.object_extraction_jobs SET status = 'failed' WHERE id = '{job}'")
    return job


def fill(psql: Psql, jobs: int, org_id: str = ORG) -> None:
    psql(
        "WITH made AS (INSERT INTO kb.object_extraction_jobs (org_id, project_id, source_type, status)"
        " SELECT %(org_id)s, 'project ' || n %% 3, 'document',"
        " CASE n %% 4 WHEN 0 THEN 'pending' ELSE 'completed' END FROM generate_series(1, %(jobs)s) AS n"
        " RETURNING id) INSERT INTO kb.extraction_documents (job_id, content) SELECT id, 'x' FROM made",
        {"jobs": jobs, "org_id": org_id},
    )


def calls(deployment: Deployment) -> list[str]:
    return [each.partition("?")[0] for each in deployment.requests]


# ---------------------------------------------------------------- jobs


def test_a_job_is_deleted_when_it_is_confirmed_and_its_source_in_s3_is_named(
    run: Run, api: Api, psql: Psql
) -> None:
    job = ended(api, psql)
    psql("UPDATE kb.object_extraction_jobs SET source_uri = 's3://sources/acme/a.txt'")
    asked = run("delete", job, terminal=True, stdin=b"n\n")
    assert (asked.code, asked.out.strip()) == (0, "")
    assert "Delete 1 job(s) with everything that they read and found?" in asked.err
    assert psql.job(job)
    done = run("delete", job, terminal=True, stdin=b"y\n")
    assert done.code == 0
    assert done.out.strip() == f"{job} deleted; s3://sources/acme/a.txt is not deleted"
    assert psql.naming(job) == set()
    assert run("delete", job, "--yes").code == Exit.NOT_THERE


def test_where_nobody_can_be_asked_nothing_is_deleted_without_yes(
    run: Run, api: Api, psql: Psql, deployment: Deployment
) -> None:
    job = ended(api, psql)
    for words in (("delete", job), ("delete", "-")):
        refused = run(*words, stdin=str(job).encode())
        assert refused.code == Exit.USAGE
        assert "This would delete 1 job(s). Add --yes to do it." in refused.err
    assert run("delete", "-", "--yes").code == Exit.USAGE, "no ids"
    assert deployment.requests == []
    assert run("delete", "-", "--yes", stdin=str(job).encode()).out == f"{job} deleted\n"


def test_a_job_that_has_not_ended_is_not_deleted_and_of_many_the_others_are(
    run: Run, api: Api, psql: Psql
) -> None:
    running, failed, missing = api.created(), ended(api, psql), uuid4()
    one = run("delete", running, "--yes")
    assert one.code == Exit.NOT_ALLOWED
    assert "Cannot delete job with status: pending. Cancel it first." in one.err
    many = run("delete", running, failed, missing, "--yes", "--json")
    assert many.code == Exit.NOT_ALL_WELL
    assert many.json["deleted"] == [{"id": str(failed), "source_uri": None}]
    assert [each["id"] for each in many.json["skipped"]] == [str(running), str(missing)]
    assert psql.job(running)["status"] == "pending"


@pytest.mark.parametrize("job_id", ["..", "forget", "?", "a/b", "#"])
def test_what_is_no_id_reaches_no_other_call(run: Run, psql: Psql, api: Api, job_id: str) -> None:
    ended(api, psql)
    before = psql.everything()
    assert run("delete", job_id, "--yes").code in {Exit.REFUSED, Exit.NOT_THERE}
    assert psql.everything() == before


# ---------------------------------------------------------------- an organisation


def test_an_organisation_is_counted_and_forgotten_when_its_name_is_typed(
    run: Run, psql: Psql, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It needs no project, and the organisation is the one that is named."""
    monkeypatch.delenv("EXTRACTION_JOBS_PROJECT")
    monkeypatch.setenv("EXTRACTION_JOBS_ORG", "initech")
    fill(psql, 20)
    fill(psql, 4, "initech")
    before = psql.everything()
    would = "20 job(s) of acme would be deleted, 5 of them cancelled first. Sources in S3 are not deleted."
    assert run("forget", ORG, "--dry-run").out == f"{would}\n"
    wrong = run("forget", ORG, terminal=True, stdin=b"initech\n")
    assert wrong.code == Exit.USAGE
    assert would in wrong.err
    refused = run("forget", ORG)
    assert refused.code == Exit.USAGE
    assert "This would delete 20 job(s) of acme. Add --yes to do it." in refused.err
    assert psql.everything() == before

    done = run("forget", ORG, terminal=True, stdin=f"{ORG}\n".encode())
    assert done.code == 0
    assert done.out.strip().startswith("20 job(s) of acme deleted, 5 of them cancelled first.")
    assert psql.naming(ORG) == set()
    [left] = psql("SELECT count(*) AS n FROM kb.object_extraction_jobs WHERE org_id = 'initech'")
    assert left["n"] == 4
    again = run("forget", ORG, "--yes", "--json")
    assert again.json == {"org_id": ORG, "dry_run": False, "cancelled": 0, "deleted": 0}


def test_thousands_of_jobs_take_several_calls_and_a_command_that_was_cut_off_goes_on(
    run: Run, psql: Psql, deployment: Deployment
) -> None:
    fill(psql, 2100)

    def down_after_the_second_call(_: str) -> tuple[int, dict[str, str], bytes] | None:
        gone = calls(deployment).count("POST /extraction-jobs/forget") > 3
        return (503, {}, b"{}") if gone else None

    deployment.instead = down_after_the_second_call
    cut_off = run("forget", ORG, "--yes")
    assert cut_off.code == Exit.UNAVAILABLE
    assert "2000 job(s) were deleted before this. Repeat the command to continue" in cut_off.err
    assert len(psql("SELECT id FROM kb.object_extraction_jobs")) == 100

    deployment.instead = lambda _: None
    done = run("forget", ORG, "--yes", "--json")
    assert done.code == 0
    assert (done.json["deleted"], psql.naming(ORG)) == (100, set())


def test_what_others_hold_is_asked_for_again_and_not_for_ever(
    run: Run, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    naps: list[float] = []
    monkeypatch.setattr(time, "sleep", naps.append)
    nothing_done = b'{"dry_run": false, "cancelled": 0, "deleted": 0, "truncated": true}'
    deployment.instead = lambda _: (200, {"Content-Type": "application/json"}, nothing_done)
    ended = run("forget", ORG, "--yes")
    assert ended.code == Exit.NOT_ALL_WELL
    assert "others keep changing them" in ended.err
    assert len(naps) == 29
