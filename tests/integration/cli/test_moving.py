"""What a person confirmed is what is done; what a terminal cannot show stops no command."""

from __future__ import annotations

import io
import json
import sys
from itertools import product

import pytest

from tests.conftest import Psql
from tests.integration.conftest import Api

from .conftest import Deployment, Run


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
