"""`make fuzz-api`: Schemathesis sends what the OpenAPI document allows, and what it does not, to a stack of its own.

No answer may be a 5xx, and none may be one that the document does not tell of: status, content type, headers, shape.
It ends by itself: EXAMPLES (30) is how many requests of each kind a call gets at most; SEED (1) which ones.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from local import package, processes, stack
from local.client import ApiClient
from local.stack import Stack

PROGRAM = package.ROOT / ".venv-audit" / "bin" / "schemathesis"

_ORGANISATION, _PROJECT = "acme", "library"
_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
)
# An id that there is not, as UUIDs go.
_UNKNOWN = "00000000-0000-7000-8000-000000000000"


def fuzz(running: Stack, *, examples: int, seed: int, phases: str) -> int:
    """Sends requests to the stack; returns Schemathesis's exit status, 0 if every answer was as documented.

    Args:
        running: The stack; jobs are made in it.
        examples: Requests at most of each call and kind.
        seed: The same seed, the same requests.
        phases: Schemathesis's, with commas: `coverage` tries each rule's edges, `fuzzing` anything.
    """
    token = running.token(_ORGANISATION, user="fuzz")
    caller = ApiClient(running.api_url, token, org_id=_ORGANISATION, project_id=_PROJECT)
    document = _aimed(caller.public("/openapi.json").json, [*_jobs(caller), _UNKNOWN])
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=running.state) as folder:
        file = Path(folder) / "openapi.json"
        file.write_text(json.dumps(document))
        command = [
            *(str(PROGRAM), "run", str(file), "--url", running.api_url),
            *("--header", f"Authorization: Bearer {token}"),
            *("--checks", ",".join(_CHECKS), "--phases", phases),
            *(
                "--max-examples",
                str(examples),
                "--seed",
                str(seed),
                "--generation-database",
                "none",
            ),
            *("--request-timeout", "60", "--suppress-health-check", "all", "--warnings", "off"),
            *("--continue-on-failure", "--no-color"),
        ]
        # A folder of its own: Schemathesis reads a configuration from where it is started.
        return subprocess.run(
            command, cwd=folder, env=processes.environment(running.state), check=False
        ).returncode


def _jobs(caller: ApiClient) -> list[str]:
    """Jobs for the calls that name one: done, failed, and waiting for its first attempt."""
    done = caller.create(source_text="Invoice number: INV-7\nTotal: 118.50 EUR").json["id"]
    failed = caller.create(max_attempts=1).json["id"]
    for job in (done, failed):
        caller.wait_for(job, lambda job: job["status"] not in {"pending", "running"}, seconds=60)
    return [done, failed]


def _aimed(document: dict[str, Any], jobs: Sequence[str]) -> dict[str, Any]:
    """The document, with the values of this stack: at random no request would ever find a job.

    Requests that break a rule are made all the same, these values' own included.
    """
    named = {"org_id": [_ORGANISATION], "project_id": [_PROJECT], "job_id": list(jobs)}
    for calls in document["paths"].values():
        for call in calls.values():
            for parameter in call.get("parameters", []):
                if parameter["name"] in named:
                    parameter["schema"] = {"type": "string", "enum": named[parameter["name"]]}
    for schema in document["components"]["schemas"].values():
        properties = schema.get("properties", {})
        if {"org_id", "project_id", "source_type"} <= properties.keys() and "id" not in properties:
            for name in ("org_id", "project_id"):
                properties[name] = {"type": "string", "enum": named[name]}
    return document


def main() -> int:
    """Starts a stack, sends, stops it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    state = package.ROOT / ".local" / "fuzz"
    try:
        running = stack.start(stack.Options(state=state, ephemeral=True))
        return fuzz(
            running,
            examples=int(os.environ.get("EXAMPLES") or 30),
            seed=int(os.environ.get("SEED") or 1),
            phases=os.environ.get("PHASES") or "coverage,fuzzing",
        )
    finally:
        stack.remove(state)


if __name__ == "__main__":
    sys.exit(main())
