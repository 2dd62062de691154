"""What goes wrong with a command: its code and its sentence; and whose address and token it takes."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from extraction_jobs_cli import profiles
from extraction_jobs_cli.exits import Exit
from tests.conftest import Psql
from tests.integration.cli.conftest import TOKEN, Deployment, Run
from tests.integration.conftest import ORG, PROJECT, Api


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        pytest.param(["show", uuid4()], Exit.NOT_THERE, "no such job", id="not there"),
        pytest.param(["export", uuid4()], Exit.NOT_THERE, "no such job", id="nothing to export"),
        pytest.param(["show", "x"], Exit.REFUSED, "job_id", id="no id"),
        pytest.param(["--token", "x", "list"], Exit.NO_ACCESS, "Unauthorized", id="a bad token"),
        pytest.param(["--token", "x\n", "list"], Exit.UNAVAILABLE, "ValueError", id="no token at all"),
        pytest.param(["--org", "globex", "list"], Exit.NO_ACCESS, "org_id", id="not one's own"),
        pytest.param(["--url", "http://127.0.0.1:9", "cancel", "x"], Exit.UNAVAILABLE, "reached", id="away"),
        pytest.param(["--url", "http://example.org", "list"], Exit.USAGE, "no TLS", id="in clear"),
        pytest.param(["--url", "ftp://x", "list"], Exit.USAGE, "Not an address", id="no address"),
        pytest.param(["--profile", "x", "list"], Exit.USAGE, "no profile x", id="no profile"),
        pytest.param(["list", "--status", "lost"], Exit.USAGE, "lost", id="no status"),
        pytest.param(["lists"], Exit.USAGE, "lists", id="no command"),
        pytest.param(["create", "/nowhere"], Exit.USAGE, "cannot be read", id="no file"),
        pytest.param(["create", "/dev/null"], Exit.USAGE, "/dev/null is empty.", id="an empty file"),
        pytest.param(["create"], Exit.USAGE, "Give a file", id="no document"),
        pytest.param(["create", "-", "-t", "recipe"], Exit.REFUSED, "object_types", id="no such set"),
    ],
)  # fmt: skip
def test_each_kind_of_failure_has_its_code_and_one_sentence(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: list[object], code: Exit, told: str
) -> None:
    ended = run(*words, stdin=b"Total: 1 EUR")
    assert ended.code == code, ended.err
    assert told in ended.err
    assert "Traceback" not in ended.err
    assert TOKEN not in ended.err + ended.out
    assert ended.out == ""


def test_the_token_follows_no_redirect(run: Run, deployment: Deployment) -> None:
    deployment.instead = lambda _: (302, {"Location": f"{deployment.url}/elsewhere"}, b"")
    assert run("list").code == Exit.UNAVAILABLE
    assert len(deployment.requests) == 1


def test_a_job_cannot_drive_the_terminal(run: Run, api: Api, psql: Psql) -> None:
    evil = "\x1b]0;pwned\x07\x1b[2J\x9b2J\u202e[red]&"
    job_id = api.created(source_id=evil)
    psql(
        "UPDATE kb.object_extraction_jobs SET status = 'failed', error_message = %(evil)s",
        {"evil": evil},
    )
    for words in (["list"], ["show", job_id], ["events", job_id], ["retry", "--dry-run", job_id]):
        for form in ([], ["--json"]):
            out = run(*words, *form).out
            assert not {"\x1b", "\x07", "\x9b"} & set(out), words
    assert "[red]&" in run("show", job_id).out
    assert run("show", job_id, "--json").json["source_id"] == evil


# ---------------------------------------------------------------- profiles


def test_an_option_goes_before_the_environment_and_that_before_the_profile(
    run: Run, api: Api, deployment: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    job_id = api.created()
    for name in ("URL", "TOKEN", "ORG", "PROJECT"):
        monkeypatch.delenv(f"EXTRACTION_JOBS_{name}")
    missing = run("list")
    assert missing.code == Exit.USAGE
    assert "EXTRACTION_JOBS_URL" in missing.err

    fetch = f"{shlex.quote(sys.executable)} -c \"print('{TOKEN}')\""
    (tmp_path / "config.toml").write_text(
        f"default = 'here'\n[profile.here]\nurl = '{deployment.url}'\norg_id = '{ORG}'\n"
        f"project_id = '{PROJECT}'\ntoken_command = '''{fetch}'''\n"
        "[profile.away]\nurl = 'http://127.0.0.1:9'\ntoken = 'x'\norg_id = 'o'\nproject_id = 'p'\n"
        "[profile.broken]\nurl = 'https://x'\norg_id = 'o'\nproject_id = 'p'\ntoken_command = ['/nowhere']\n"
        "[profile.unclosed]\nurl = 'https://x'\norg_id = 'o'\nproject_id = 'p'\ntoken_command = \"echo 'x\"\n"
    )
    assert run("list", "-q").out == f"{job_id}\n"
    monkeypatch.setenv("EXTRACTION_JOBS_PROJECT", "museum")
    assert run("list", "-q").out == ""
    assert run("--project", PROJECT, "list", "-q").out == f"{job_id}\n"
    assert run("--profile", "away", "cancel", job_id).code == Exit.UNAVAILABLE
    assert run("--profile", "broken", "list").code == Exit.NO_ACCESS
    assert run("--profile", "unclosed", "list").code == Exit.USAGE
    monkeypatch.setenv("EXTRACTION_JOBS_PROFILE", "away")
    assert run("cancel", job_id).code == Exit.UNAVAILABLE
    (tmp_path / "config.toml").write_text("this is no TOML")
    assert run("list").code == Exit.USAGE


def test_a_token_that_a_command_prints_is_fetched_again_before_it_can_end(
    run: Run, api: Api, deployment: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two requests to delete one job."""
    monkeypatch.delenv("EXTRACTION_JOBS_TOKEN")
    fetched = tmp_path / "fetched"
    fetch = f"sh -c 'echo once >> {fetched}; echo {TOKEN}'"
    (tmp_path / "config.toml").write_text(
        f'default = "x"\n[profile.x]\ntoken_command = "{fetch}"\n'
    )
    for kept_seconds, times in ((300, 1), (0, 2)):
        monkeypatch.setattr(profiles, "TOKEN_KEPT_SECONDS", kept_seconds)
        fetched.write_text("")
        job_id = api.created()
        api("POST", f"/extraction-jobs/{job_id}/cancel")
        assert run("delete", job_id, "--yes").code == 0
        assert fetched.read_text() == "once\n" * times
