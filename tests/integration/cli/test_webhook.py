"""The command and the client set, show and delete the webhook of an organisation."""

from __future__ import annotations

import pytest

from extraction_jobs_cli.exits import Exit
from tests.conftest import Psql
from tests.integration import conftest
from tests.integration.cli.conftest import Run
from tests.integration.conftest import Environment

URL = "https://hooks.example.com/jobs?token=only-for-us-4712"


@pytest.fixture(autouse=True)
def _switched_on(environment: Environment) -> None:
    environment(WEBHOOKS="loopback")


def test_a_webhook_is_set_shown_and_deleted_by_the_command(
    run: Run, psql: Psql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EXTRACTION_JOBS_PROJECT")  # it is the organisation's
    missing = run("webhook", "show")
    assert (missing.code, "no webhook" in missing.err) == (Exit.NOT_THERE, True)
    made = run("webhook", "set", URL)
    assert made.code == 0
    secret = made.out.strip()
    conftest._SECRETS.update({secret, URL})
    assert secret.startswith("whsec_"), "alone, so that a script can keep it"
    assert "this once" in made.err

    assert "nothing yet" in run("webhook", "show").out
    psql(
        "UPDATE kb.extraction_webhooks SET failures = 3, last_failure = 'The receiver answered 410 Gone.',"
        " disabled_at = now(), disabled_reason = 'It is gone.'"
    )
    shown = run("webhook", "show")
    assert URL in shown.out.replace("\n", "")
    assert "It is gone." in shown.out
    assert secret not in shown.out
    assert run("webhook", "show", "--json").json["failures"] == 3

    refused = run("webhook", "set", "http://10.0.0.1/")
    assert (refused.code, "url: " in refused.err) == (Exit.REFUSED, True)
    assert run("webhook", "delete").code == 0
    assert run("webhook", "show").code == Exit.NOT_THERE
