"""What is deployed on a laptop is the template, less what docs/get-started.md says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local import deploy
from tests.unit.templates import ROOT, load

PARAMETERS = {"WorkerMaximumConcurrency": "7"}

# What each change may touch, and nothing else.
PLACES = {
    "_leave_out_dependencies": {
        "Resources.DependenciesLayer",
        *(
            f"Resources.{name}Function.Properties.Layers"
            for name in ("Api", "Worker", "Sweeper", "DeadLetters", "Inbox", "Migrate")
        ),
    },
    "_leave_out_watching": {"Resources.Watching", "Outputs.AlarmTopicArn", "Outputs.DashboardName"},
    "_resolve_concurrency": {
        "Resources.WorkerFunction.Properties.Events.Jobs.Properties.ScalingConfig.MaximumConcurrency"
    },
    "_leave_out_authorities": {"Globals.Function.Environment.Variables.SSL_CERT_FILE"},
    "_let_webhooks_lead_here": {"Globals.Function.Environment.Variables.WEBHOOKS"},
}


def differences(one: Any, other: Any, place: str = "") -> set[str]:
    """The innermost places at which two templates differ."""
    if one == other:
        return set()
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return {place.removeprefix(".")}
    found = set()
    for name in one.keys() | other.keys():
        found |= differences(one.get(name), other.get(name), f"{place}.{name}")
    return found


@pytest.mark.parametrize("change", deploy.CHANGES, ids=lambda change: change.apply.__name__)
def test_a_change_touches_what_it_says_and_nothing_else(change: deploy.Change) -> None:
    template = load("template.yaml")
    change.apply(template, PARAMETERS)
    touched = differences(load("template.yaml"), template)
    assert touched == PLACES[change.apply.__name__]


def test_the_table_in_the_docs_is_the_list_of_the_code() -> None:
    text = (ROOT / "docs" / "get-started.md").read_text()
    _, _, table = text.partition("| left out or changed | why |\n| --- | --- |\n")
    rows = [line.strip("| ").split(" | ") for line in table.partition("\n\n")[0].splitlines()]
    changes = [[change.what, change.why] for change in deploy.CHANGES]
    # Done by other parts of deploy.py, which stand on their own.
    others = [["`CodeUri` and `ContentUri`"], ["The routes of the HTTP API"]]
    assert rows[: len(changes)] == changes
    assert [row[:1] for row in rows[len(changes) :]] == others


class Recorder:
    """Stands for the emulator's S3 and CloudFormation: keeps the template that it is given."""

    url = "http://127.0.0.1:1"
    template: Any = None

    def client(self, _: str) -> Recorder:
        return self

    def create_bucket(self, **_: str) -> None: ...

    def upload_file(self, *_: str) -> None: ...

    def put_object(self, *, Key: str, Body: bytes, **_: str) -> None:  # noqa: N803 - boto3's names
        assert Key == "template.json"
        self.template = json.loads(Body)

    def create_stack(self, **_: Any) -> None: ...

    def describe_stacks(self, **_: str) -> Any:
        return {"Stacks": [{"StackStatus": "CREATE_COMPLETE"}]}


def test_nothing_of_the_template_is_changed_beside_the_list_and_the_addresses_of_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy, "make_routes", lambda *_: None)
    recorder: Any = Recorder()
    deploy.deploy(recorder, ROOT, PARAMETERS, tmp_path)
    original = load("template.yaml")
    addresses = {
        f"Resources.{name}.Properties.{key}"
        for name, resource in recorder.template["Resources"].items()
        for key in ("CodeUri", "ContentUri")
        if key in resource.get("Properties", {})
    }
    assert differences(original, recorder.template) == addresses.union(*PLACES.values())
