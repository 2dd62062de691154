"""`extraction-jobs`: what it does, what it says, and the codes it ends with."""

from __future__ import annotations

import csv
import io
import json
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from extraction_jobs_cli import screen
from extraction_jobs_cli.exits import Exit
from extraction_jobs_cli.main import app
from extraction_jobs_cli.profiles import resolve
from extraction_jobs_cli.watching import _looks, _view
from extraction_jobs_client import Client
from tests.conftest import Psql
from tests.integration.cli.conftest import Deployment, Run
from tests.integration.conftest import ORG, PROJECT, Api, Invoke, message, sqs_event

DOCS = Path(__file__).resolve().parents[3] / "docs" / "cli.md"


def set_status(psql: Psql, status: str, *jobs: UUID) -> None:
    psql(
        f"UPDATE kb.object_extraction_jobs SET status = '{status}' WHERE id = ANY (%(ids)s)",
        {"ids": list(jobs)},
    )


def test_a_document_goes_in_and_its_objects_come_out(
    run: Run, work: Invoke, tmp_path: Path
) -> None:
    document = tmp_path / "invoice.txt"
    document.write_text("Invoice number: INV-7\nTotal: 118.50 EUR\n")
    schemas = tmp_path / "types.json"
    properties = {"invoice_number": {"type": "string"}, "total": {"type": "number"}}
    schemas.write_text(json.dumps({"Bill": {"type": "object", "properties": properties}}))
    made = run("create", document, "--types", schemas)
    assert made.code == 0
    job_id = made.out.strip()
    work(sqs_event(message(UUID(job_id))))

    shown = run("show", job_id, "--json").json
    assert (shown["status"], shown["source_id"]) == ("completed", "invoice.txt")
    assert "completed" in run("show", job_id).out
    assert run("list", "-q").out.split() == [job_id]
    assert job_id in run("list", "--status", "completed").out
    assert run("list", "--status", "failed").out == "No jobs match.\n"
    statuses = [each["to_status"] for each in run("events", job_id, "--json").json]
    assert statuses == ["pending", "running", "completed"]
    assert "Job was created." in run("events", job_id).out
    [found] = run("objects", job_id, "--json").json
    assert found["properties"]["total"] == 118.5
    assert "118.50" in run("objects", job_id).out, "the quote"
    lines = run("export", job_id).out.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [found["id"]]
    table = tmp_path / "invoice.csv"
    assert run("export", job_id, "-f", "csv", "-o", table).code == 0
    [row] = csv.DictReader(io.StringIO(table.read_bytes().decode(), newline=""))
    assert row["total"] == "118.5"
    assert run("watch", job_id).out == f"{job_id} completed 1/1 attempt 1/3\n"


def test_one_job_is_retried_and_cancelled_and_what_is_not_allowed_has_its_code(
    run: Run, api: Api, psql: Psql
) -> None:
    job_id = api.created()
    set_status(psql, "failed", job_id)
    assert run("watch", job_id).code == Exit.NOT_ALL_WELL
    assert run("retry", job_id).out == f"{job_id} pending\n"
    refused = run("retry", job_id)
    assert refused.code == Exit.NOT_ALLOWED
    assert refused.err == "extraction-jobs: Cannot retry job with status: pending\n"
    assert run("cancel", job_id, "--json").json["status"] == "cancelled"
    set_status(psql, "requires_review", job_id)
    assert run("watch", job_id).code == Exit.NEEDS_REVIEW
    assert run("approve", job_id, "--note", "Fine.").out == f"{job_id} completed\n"
    assert psql.events(job_id)[-1]["reason"].endswith("Fine.")
    assert run("reject", job_id).code == Exit.NOT_ALLOWED


def test_many_are_changed_by_a_filter_after_a_look(run: Run, api: Api, psql: Psql) -> None:
    broken = [api.created(source_id=f"letter {n}") for n in range(3)]
    other = api.created(source_type="email")
    set_status(psql, "failed", *broken, other)

    unsure = run("retry", "--text", "letter")
    assert (unsure.code, unsure.out) == (Exit.USAGE, "")
    assert "would retry 3 job(s)" in unsure.err
    told = run("retry", "--text", "letter", "--dry-run", "--json").json
    assert {each["id"] for each in told["jobs"]} == {str(each) for each in broken}
    assert {psql.job(each)["status"] for each in broken} == {"failed"}

    done = run("retry", "--text", "letter", "--limit", "2", "--yes")
    assert done.code == 0
    assert "2 job(s) retried; more jobs match." in done.out
    assert run("retry", "--text", "letter", "-y").out.endswith("1 job(s) retried.\n")
    assert {psql.job(each)["status"] for each in broken} == {"pending"}
    assert psql.job(other)["status"] == "failed"

    ids = f"{broken[0]}\n{other}\n".encode()
    some = run("cancel", "-", stdin=ids)
    assert some.code == Exit.NOT_ALL_WELL
    assert f"{other} skipped: Cannot cancel job with status: failed" in some.out
    assert psql.job(broken[0])["status"] == "cancelled"
    assert run("cancel").code == run("cancel", "-").code == Exit.USAGE


def test_a_list_tells_ages_and_projects_tell_where_one_may_look(
    run: Run, api: Api, psql: Psql, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.created()
    psql("UPDATE kb.object_extraction_jobs SET created_at = now() - interval '3 days'")
    header, row = run("list").out.splitlines()
    assert (header.split()[2], row.split()[2:4]) == ("age", ["3", "d"])
    for name in ("ORG", "PROJECT"):
        monkeypatch.delenv(f"EXTRACTION_JOBS_{name}")
    [project] = run("projects", "--json").json["items"]
    assert project == {"org_id": ORG, "project_id": PROJECT, "pause": None}
    lines = [line.split() for line in run("projects").out.splitlines()]
    assert [ORG, PROJECT] in lines
    assert ["initech", "(no", "jobs)"] in lines


def test_a_project_is_paused_and_resumed_and_a_job_waits_for_its_time(run: Run, api: Api) -> None:
    api.created()
    assert run("pause", "--reason", "The model is down.").out.startswith("The project is paused.")
    assert "by amelia: The model is down." in run("projects").out
    assert "The model is down." in run("stats").out
    text = ("create", "-", "--priority", "high")
    waiting = run(*text, stdin=b"A: 1").out.strip()
    shown = [line.split(maxsplit=1) for line in run("show", waiting).out.splitlines()]
    assert ["priority", "high"] in [[each.strip() for each in line] for line in shown]
    assert "its project to be resumed" in run("show", waiting).out
    assert "pending, paused" in run("list").out
    assert run("resume").out == "The project is resumed. Jobs sent to workers at once: 1.\n"
    assert run("resume").code == Exit.NOT_THERE
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    scheduled = run(*text, "--run-after", later, stdin=b"A: 1").out.strip()
    assert "not before" in run("show", scheduled).out
    assert run(*text, "--run-after", "tomorrow", stdin=b"A: 1").code != 0


def test_what_is_stuck_is_seen_and_a_sweep_is_only_looked_at(
    run: Run, api: Api, psql: Psql
) -> None:
    assert run("orphans").out == "No orphans: no heartbeat is older than 5 min.\n"
    stuck, unsent = api.created(), api.created()
    set_status(psql, "running", stuck)
    psql.make_idle(stuck, 10)
    psql(f"UPDATE kb.object_extraction_jobs SET next_dispatch_at = now() WHERE id = '{unsent}'")
    assert str(stuck) in run("orphans").out
    [orphan] = run("orphans", "--json").json
    assert (orphan["id"], orphan["action"]) == (str(stuck), "recover")
    assert run("list", "--stuck", "-q").out == f"{stuck}\n"
    assert run("sweep", "--dry-run").out.endswith("Messages that it would send: 1\n")
    assert run("sweep", "--dry-run", "--json").json["due_messages"] == 1
    assert run("sweep").code == Exit.USAGE
    assert psql.job(stuck)["status"] == "running"
    stats = run("stats")
    assert "none yet" in stats.out
    assert run("stats", "--json").json["orphans"] == 1


def test_watch_tells_each_change_and_ends_when_nothing_goes_on(
    run: Run, api: Api, psql: Psql, work: Invoke, deployment: Deployment
) -> None:
    """The worker comes between two looks."""
    job_id = api.created()
    looks = 0

    def between(request: str) -> None:
        nonlocal looks
        looks += "statistics" in request
        if looks == 2:
            set_status(psql, "running", job_id)
            psql("UPDATE kb.object_extraction_jobs SET total_items = 4, processed_items = 1")
        if looks == 3:
            set_status(psql, "completed", job_id)

    deployment.instead = between
    seen = run("watch", "--until-idle", "--interval", "0.05", "--json")
    assert seen.code == 0
    states = [
        (line["status"], line["processed_items"]) for line in map(json.loads, seen.out.splitlines())
    ]
    assert states == [("pending", 0), ("running", 1), ("completed", 1)]


def test_the_live_table_shows_bars_and_counts(run: Run, api: Api, psql: Psql) -> None:
    job_id = api.created(source_id="letter")
    set_status(psql, "running", job_id)
    psql(
        "UPDATE kb.object_extraction_jobs SET total_items = 4, processed_items = 1, extractor = 'lines 1'"
    )
    scan_id = api.created(source_id="scan")
    set_status(psql, "running", scan_id)
    psql(
        "UPDATE kb.object_extraction_jobs SET total_items = 9, processed_items = 2 WHERE id = %(id)s",
        {"id": scan_id},
    )
    target = resolve({}, None)
    client = Client(target.url, target.token, target.org_id, target.project_id)
    jobs, counts = next(iter(_looks(client, [], until_idle=True, interval=0)))
    for width in (80, 160):
        console = screen.console()
        with console.capture() as shown:
            console.print(_view(jobs, counts, width), width=width)
        assert "running 2" in shown.get()
        assert ("2/9 pages" if width == 160 else "2/9") in shown.get()
        assert f"{job_id}  running" in shown.get(), "an id is never cut: one copies it"
        assert "1/4" in shown.get()
        assert "━" in shown.get()
        assert max(len(line.rstrip()) for line in shown.get().splitlines()) <= width


# ---------------------------------------------------------------- what is documented


def test_the_documented_commands_and_codes_are_those_there_are() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for command in app.registered_commands:
        assert command.callback is not None
        assert f"`{command.name or command.callback.__name__}" in text
    for code in Exit:
        assert f"| {code.value} |" in text


def test_the_documented_examples_run(
    run: Run, api: Api, psql: Psql, work: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line of docs/cli.md's blocks marked `console` that is one plain command."""
    (tmp_path / "letter.txt").write_text("Total: 12.50 EUR\n")
    monkeypatch.chdir(tmp_path)
    blocks = DOCS.read_text(encoding="utf-8").split("```console\n")[1:]
    lines = [line for block in blocks for line in block.split("```")[0].splitlines()]
    commands = [line.removeprefix("$ ") for line in lines if line.startswith("$ extraction-jobs ")]
    assert len(commands) > 12
    for command in commands:
        job_id = api.created()
        kind = "running" if " cancel" in command or " show" in command else "failed"
        set_status(psql, "completed" if " watch JOB" in command else kind, job_id)
        words = shlex.split(command.replace("JOB", str(job_id)), comments=True)
        ended = run(*words[1:])
        assert ended.code == 0, (command, ended)
