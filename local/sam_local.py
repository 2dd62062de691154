"""`make sam-local`: every function under `sam local invoke`, then the API under `sam local start-api`; needs Docker.

Does what docs/get-started.md tells a person to do, with a Postgres of its own, and checks each answer.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from local.emulator import direct
from local.package import ROOT
from local.postgres import Address, EmbeddedPostgres
from local.processes import StackError, answers, free_port

_SAM = str(ROOT / "local" / "sam.sh")
_EVENTS = ROOT / "events"
# The job that the events name.
_JOB = "7df65817-2c04-48b1-b95e-8788aaedca0a"
_HOST = ["--add-host", "host.docker.internal:host-gateway"]
_INVOKE_SECONDS = 180.0
_START_SECONDS = 120.0


def main() -> int:
    """Runs all of it; returns 0 if every answer was right."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = ROOT / ".local" / "sam-local"
    postgres = EmbeddedPostgres(folder / "postgres", durable=False)
    try:
        database = postgres.start()
        with _reachable_from_containers(database) as port:
            url = Address(port, database.password, "host.docker.internal").url
            variables = folder / "env.json"
            variables.touch(mode=0o600)
            variables.write_text(json.dumps({"Parameters": {"DATABASE_URL": url}}))
            _functions(variables, database)
            _api(variables)
    except StackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print("\nEvery function runs under sam local, and so does the API.")
    return 0


def _functions(variables: Path, database: Address) -> None:
    def invoke(function: str, event: str) -> Any:
        command = [_SAM, "local", "invoke", function, "-e", str(_EVENTS / f"{event}.json")]
        run = subprocess.run(
            [*command, "--env-vars", str(variables), *_HOST],
            capture_output=True,
            text=True,
            check=False,
            timeout=_INVOKE_SECONDS,
        )
        try:
            answer = json.loads(run.stdout.strip().splitlines()[-1])
        except (IndexError, ValueError):
            raise StackError(f"{function} gave no answer:\n{run.stderr[-2000:]}") from None
        print(f"  {function:20} {event:18} {json.dumps(answer)[:90]}")
        return answer

    with psycopg.connect(database.url, autocommit=True) as psql:
        _expect(len(invoke("MigrateFunction", "migrate")["applied"]) > 0, "migrations are applied")
        _expect(invoke("MigrateFunction", "migrate") == {"applied": []}, "and only once")
        _expect(invoke("ApiFunction", "create")["statusCode"] == 201, "a job is created")
        psql.execute(
            "INSERT INTO kb.object_extraction_jobs (id, org_id, project_id, source_type)"
            " VALUES (%s, 'acme', 'library', 'document')",
            [_JOB],
        )
        psql.execute(
            "INSERT INTO kb.extraction_documents (job_id, content) VALUES (%s, 'Total: 12.50 EUR')",
            [_JOB],
        )
        _expect(invoke("ApiFunction", "get")["statusCode"] == 200, "it can be read")
        failures = invoke("WorkerFunction", "sqs-batch")["batchItemFailures"]
        _expect(len(failures) == 1, "the malformed message alone comes back")
        found = psql.execute(
            "SELECT status FROM kb.object_extraction_jobs WHERE id = %s", [_JOB]
        ).fetchone()
        _expect(found == ("completed",), "the job is completed")
        _expect(
            invoke("SweeperFunction", "schedule-dry-run")["dry_run"] is True, "a dry run sweeps"
        )
        invoke("SweeperFunction", "sweep")
        swept = psql.execute("SELECT count(*) FROM kb.extraction_sweeps").fetchone()
        _expect(swept == (1,), "a sweep is recorded")
        _expect(invoke("ApiFunction", "delete")["statusCode"] == 204, "the job can be deleted")
        _expect(invoke("AdminFunction", "admin")["statusCode"] == 200, "the admin page is there")
        _expect(
            invoke("DeadLettersFunction", "dead-letter")["batchItemFailures"] == [],
            "dead letters are taken",
        )
        _expect("job_id" in invoke("InboxFunction", "inbox"), "a file becomes a job")


def _api(variables: Path) -> None:
    port = free_port()
    log = variables.with_name("start-api.log")
    command = [_SAM, "local", "start-api", "--port", str(port), "--env-vars", str(variables)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *_HOST], stdout=output, stderr=output, start_new_session=True
        )
    try:
        ends = time.monotonic() + _START_SECONDS
        while not answers(port):
            if process.poll() is not None or time.monotonic() > ends:
                raise StackError(f"start-api does not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.2)
        base = f"http://127.0.0.1:{port}"
        jobs = f"{base}/extraction-jobs"
        mine = f"{jobs}?org_id=acme&project_id=library"
        body = {"source_type": "document", "org_id": "acme", "project_id": "library"}
        body["source_text"] = "Total: 12.50 EUR"
        _expect(_status("GET", f"{base}/health") == 200, "GET /health is 200")
        _expect(_status("GET", mine) in {401, 403}, "without a token it is refused")
        _expect(_status("POST", jobs, _token("acme"), body) == 201, "POST is 201")
        _expect(_status("GET", mine, _token("acme")) == 200, "GET is 200")
        _expect(_status("GET", mine, _token("globex")) == 403, "another's token is refused")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)


def _status(method: str, url: str, token: str | None = None, body: Any = None) -> int:
    headers = {"Content-Type": "application/json"} if body else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(
        url, json.dumps(body).encode() if body else None, headers, method=method
    )
    try:
        with direct.open(request, timeout=_INVOKE_SECONDS) as answer:
            status = int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            status = error.code
    print(f"  start-api            {method} {url.partition('//')[2].partition('/')[2]}: {status}")
    return status


def _token(organisation: str) -> str:
    """An unsigned token: start-api verifies none."""
    parts = ({"alg": "none"}, {"sub": "laptop", "custom:organisations": organisation})
    coded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts)
    return f"{'.'.join(each.rstrip('=') for each in coded)}."


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise StackError(f"This does not hold: {what}.")


@contextmanager
def _reachable_from_containers(database: Address) -> Iterator[int]:
    """The port of the database as containers see it on host.docker.internal.

    With Docker Desktop that is this machine's own 127.0.0.1. On Linux it is Docker's bridge, where no Postgres listens
    that listens on 127.0.0.1: connections are passed on from there.
    """
    asked = subprocess.run(
        [
            *("docker", "network", "inspect", "bridge"),
            *("--format", "{{(index .IPAM.Config 0).Gateway}}"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode:
        raise StackError(f"Docker does not answer; sam local needs it.\n{asked.stderr}")
    try:
        listener = socket.create_server((asked.stdout.strip(), 0))
    except OSError:
        yield database.port
        return
    with listener:
        threading.Thread(target=_pass_on, args=(listener, database.port), daemon=True).start()
        yield listener.getsockname()[1]


def _pass_on(listener: socket.socket, port: int) -> None:
    with suppress(OSError):
        while True:
            near, _ = listener.accept()
            far = socket.create_connection(("127.0.0.1", port))
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=_copy, args=(source, target), daemon=True).start()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    sys.exit(main())
