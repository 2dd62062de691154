"""`make verify-deployment API_URL=… TOKEN=…`.

All settings are environment variables. Exit status: 0 if no check failed, 1 if one did, 2 if the deployment could not
be verified at all.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from verify_deployment.access import (
    Access,
    CannotVerifyError,
    access,
    checked_url,
    expiry_of,
    identify,
)
from verify_deployment.aws import Boto3
from verify_deployment.checks import CHECKS
from verify_deployment.model import Tenant
from verify_deployment.run import Run
from verify_deployment.transport import HttpTransport, NoAnswerError, UnexpectedAnswerError
from verify_deployment.verification import Outcome, verify

_OPENAPI = Path(__file__).resolve().parents[1] / "docs" / "openapi.json"
# Of a server's sentences: what a terminal would act on.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_NAME = max(len(check.name) for check in CHECKS)
_WIDTH = 140  # where the output is no terminal
# From the start to the end of the last check; with the cleaning up, under five minutes.
_SECONDS = 265.0


def main(environment: Mapping[str, str]) -> int:
    """Verifies the deployment that the environment names; returns the exit status."""
    started = time.monotonic()
    try:
        run, url = prepare(environment)
    except CannotVerifyError as error:
        print(f"Cannot verify. {_plain(str(error))}", file=sys.stderr)
        return 2
    print(_HEAD.format(url=url, run=run, token=_validity(run.tenant.token or "")))
    print(f"{'check':<{_NAME}}  {'result':<7}  {'seconds':>7}  what was seen")
    counts: Counter[str] = Counter()
    interrupted = False
    try:
        left = _SECONDS - (time.monotonic() - started)
        for outcome in verify(run, CHECKS, seconds=left):
            _show(outcome)
            counts[outcome.result] += 1
    except KeyboardInterrupt:
        interrupted = True
    clean = _clean(run)
    print(
        f"\n{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped, "
        f"in {time.monotonic() - started:.0f} s."
    )
    print(_TAIL.format(url=url, run=run, query=urlencode(_query(run))))
    if interrupted:
        return 130
    return 1 if counts["failed"] or not clean else 0


def prepare(environment: Mapping[str, str]) -> tuple[Run, str]:
    """A run for the deployment that the environment names, and its base address.

    Raises:
        CannotVerifyError: the address or a token is wrong; the message says which.
    """
    given = {name: value.strip() for name, value in environment.items()}
    url = checked_url(given.get("API_URL", ""))
    transport = HttpTransport(url)
    served = identify(transport, url)
    caller = access(transport, given.get("TOKEN", ""), variable="TOKEN")
    name = f"verify-deployment-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    project = given.get("PROJECT") or name
    org_id = given.get("ORG") or caller.organisations[0]
    if org_id not in caller.organisations:
        raise CannotVerifyError(
            f"Wrong ORG: TOKEN may not act for {org_id}, only for {', '.join(caller.organisations)}."
        )
    other = None
    if given.get("TOKEN_OF_ANOTHER_ORG"):
        variable = "TOKEN_OF_ANOTHER_ORG"
        other = _other(
            access(transport, given[variable], variable=variable), caller, org_id, project
        )
    run = Run(
        transport=transport,
        name=name,
        tenant=Tenant(caller.token, org_id, project),
        other=other,
        served=served,
        expected=json.loads(_OPENAPI.read_text(encoding="utf-8")),
        aws=Boto3(),
        source_bucket=given.get("SOURCE_BUCKET", ""),
        sweeper_function=given.get("SWEEPER_FUNCTION", ""),
    )
    return run, url


def _other(other: Access, caller: Access, org_id: str, project: str) -> Tenant:
    if org_id in other.organisations:
        raise CannotVerifyError(
            f"TOKEN_OF_ANOTHER_ORG may act for {org_id} as well: give one that may not."
        )
    strange = [each for each in other.organisations if each not in caller.organisations]
    if not strange:
        raise CannotVerifyError(
            "TOKEN may act for every organisation of TOKEN_OF_ANOTHER_ORG: give one of another organisation."
        )
    return Tenant(other.token, strange[0], project)


def _show(outcome: Outcome) -> None:
    head = f"{outcome.name:<{_NAME}}  {outcome.result:<7}  {outcome.seconds:>7.1f}  "
    width = max(shutil.get_terminal_size((_WIDTH, 0)).columns, len(head) + 40)
    print(
        textwrap.fill(
            _plain(outcome.seen),
            width,
            initial_indent=head,
            subsequent_indent=" " * len(head),
            break_on_hyphens=False,
        ),
        flush=True,
    )


def _clean(run: Run) -> bool:
    """Ends what the run has started, also what was made by a call without an answer; returns True if that was done."""
    try:
        ended = run.cancel_what_is_left()
    except (NoAnswerError, UnexpectedAnswerError) as error:
        print(f"\nJobs of this run may be left pending or running: {_plain(str(error))}")
        return False
    if ended:
        print(f"\n{ended} job(s) of this run had not ended: they are cancelled.")
    return True


def _query(run: Run) -> dict[str, str]:
    return {
        "org_id": run.tenant.org_id,
        "project_id": run.tenant.project_id,
        "source_type": run.name,
    }


def _validity(token: str) -> str:
    expires = expiry_of(token)
    if expires is None:
        return "does not say until when it is good"
    return f"good for {(expires - datetime.now(UTC)).total_seconds() / 60:.0f} minutes"


def _plain(text: str) -> str:
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


_HEAD = """Verifying {url}
as {run.tenant.org_id}, in the project {run.tenant.project_id}; the token is {token}.
"""
_TAIL = """The jobs of this run are kept, in the project {run.tenant.project_id} of {run.tenant.org_id}:
  curl "{url}/extraction-jobs?{query}" -H "Authorization: Bearer $TOKEN"
  {url}/admin/extraction-jobs"""


if __name__ == "__main__":
    sys.exit(main(os.environ))
