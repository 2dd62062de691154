"""The workflows run nothing that is not pinned or not there; what verifies a deployment keeps its secrets."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.transform import environments

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def load(path: Path) -> dict[str, Any]:
    workflow: dict[str, Any] = yaml.safe_load(path.read_text())
    return workflow


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in load(path)["jobs"].values() for step in job["steps"]]


def commands(path: Path) -> list[str]:
    return [step["run"] for step in steps(path) if "run" in step]


each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)


@each_workflow
def test_each_action_is_pinned_by_its_digest_with_the_version_beside_it(path: Path) -> None:
    used = [step["uses"] for step in steps(path) if "uses" in step]
    lines = [line.split("uses: ")[1] for line in path.read_text().splitlines() if "uses: " in line]
    assert len(used) == len(lines) > 0
    pinned = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert [line for line in lines if not pinned.fullmatch(line)] == []


@each_workflow
def test_what_people_type_or_name_does_not_become_part_of_a_command(path: Path) -> None:
    assert [command for command in commands(path) if "${{" in command] == []


SCRIPTS = {
    **{path.name: "\n".join(commands(path)) for path in WORKFLOWS},
    **{path.name: path.read_text() for path in (ROOT / ".ci").iterdir()},
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_each_make_target_and_script_that_is_run_is_there(name: str) -> None:
    called = re.findall(r"^(?:step )?make ([^#\n]+)", SCRIPTS[name], re.MULTILINE)
    targets = {word for line in called for word in line.split() if "=" not in word}
    scripts = re.findall(r"^((?:local|\.ci)/\S+)", SCRIPTS[name], re.MULTILINE)
    assert targets or scripts
    assert targets - TARGETS == set()
    for script in scripts:
        assert os.access(ROOT / script, os.X_OK), script


def test_each_environment_that_deploy_offers_is_one_of_samconfig() -> None:
    workflow = load(ROOT / ".github" / "workflows" / "deploy.yml")
    # YAML 1.1 reads the key `on` as true.
    offered = workflow[True]["workflow_dispatch"]["inputs"]["environment"]["options"]  # type: ignore[index]
    by_default = re.findall(r"\|\| '(\w+)'", json.dumps(workflow))
    assert {*offered, *by_default} <= environments(ROOT).keys()


AWS = """#!/bin/sh
echo "$@" >>"$CALLS"
case "$*" in
    *OutputKey==\\'ApiUrl\\'*) echo https://api.example.com ;;
    *OutputKey==\\'SweeperFunctionName\\'*) echo sweeper ;;
    *OutputKey==*) echo an-id ;;
    *admin-initiate-auth*) cat "$(echo "$*" | sed 's,.*file://\\([^ ]*\\).*,\\1,')" >>"$CALLS"; echo "$ANSWER" ;;
esac
"""
MAKE = '#!/bin/sh\necho "make $@ $API_URL $TOKEN $SWEEPER_FUNCTION" >>"$CALLS"\n'


def verify(folder: Path, **secrets: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """Run .ci/verify with an AWS CLI and a make that write down how they are called."""
    for name, script in (("aws", AWS), ("make", MAKE)):
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    calls = folder / "calls"
    calls.touch()
    environment = {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "CALLS": str(calls),
        "TMPDIR": str(folder),
        "ENVIRONMENT": "staging",
        "ANSWER": "a.b.c",
        **secrets,
    }
    run = subprocess.run(
        [ROOT / ".ci" / "verify"], env=environment, text=True, check=False, capture_output=True
    )
    return run, calls.read_text()


def test_a_deployment_is_verified_as_the_user_whom_the_environment_names(tmp_path: Path) -> None:
    password = 'a "quoted" $word'
    run, calls = verify(tmp_path, VERIFY_USER="verifier", VERIFY_PASSWORD=password)
    assert run.returncode == 0, run.stderr
    assert "--stack-name extraction-jobs-staging" in calls
    [request] = [json.loads(line) for line in calls.splitlines() if line.startswith("{")]
    assert request["AuthParameters"] == {"USERNAME": "verifier", "PASSWORD": password}
    assert calls.splitlines()[-1] == "make verify-deployment https://api.example.com a.b.c sweeper"
    # The token is hidden in the log, the password not on any command line, the file gone.
    assert "::add-mask::a.b.c" in run.stdout
    assert [line for line in calls.splitlines() if password in line] == []
    assert {path.name for path in tmp_path.iterdir()} == {"aws", "make", "calls"}


def test_a_token_of_another_issuer_is_taken_as_it_is(tmp_path: Path) -> None:
    run, calls = verify(tmp_path, VERIFY_TOKEN="x.y.z")
    assert run.returncode == 0, run.stderr
    assert calls.splitlines()[-1] == "make verify-deployment https://api.example.com x.y.z sweeper"
    assert "admin-initiate-auth" not in calls


def test_without_a_secret_it_is_said_that_nothing_was_verified(tmp_path: Path) -> None:
    # GitHub gives a secret that there is not as an empty text.
    run, calls = verify(tmp_path, VERIFY_USER="", VERIFY_PASSWORD="", VERIFY_TOKEN="")
    assert (run.returncode, calls) == (0, "")
    assert run.stdout.startswith("::notice::Not verified")


def test_a_user_who_cannot_sign_in_fails_the_step(tmp_path: Path) -> None:
    run, calls = verify(tmp_path, VERIFY_USER="u", VERIFY_PASSWORD="p", ANSWER="None")
    assert run.returncode == 1
    assert "make" not in calls
    assert "new password" in run.stderr
