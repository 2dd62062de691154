"""The laptop stack as a whole: starts it, finds it again, stops it.

All of it lives in one state folder (`.local/` by default). Stacks in different folders know nothing
of each other, so tests and the demo start their own beside the one that `make up` left running.
"""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from local import access, deploy, package, processes
from local.emulator import Emulator
from local.postgres import Address, EmbeddedPostgres
from local.processes import StackError

Say = Callable[[str], None]

_SECRET = "database"  # noqa: S105 - the name of one
_MODEL_KEY = "model-key"


@dataclass(frozen=True)
class Options:
    """What one may choose about a stack.

    Ports are on 127.0.0.1. `api_port` must be free (0: any); the other two give way when taken.
    """

    state: Path
    root: Path = package.ROOT
    api_port: int = 0
    emulator_port: int = 0
    postgres_port: int = 0
    # Values of template parameters, for what differs from the template's defaults.
    parameters: Mapping[str, str] = field(default_factory=dict)
    # Ephemeral: starts from an empty database and does not care about a power cut.
    ephemeral: bool = False
    # Of the model's endpoint. It goes into the emulated Secrets Manager and is kept nowhere else.
    model_api_key: str = field(default="", repr=False)


@dataclass(frozen=True)
class Stack:
    """A running stack."""

    state: Path
    api_url: str
    api_port: int
    emulator_port: int
    database: Address
    outputs: Mapping[str, str]
    resources: Mapping[str, str]
    # Of template, code and options: whether a running stack is the one that is asked for.
    fingerprint: str

    @property
    def emulator(self) -> Emulator:
        """The emulated AWS account."""
        return Emulator(self.emulator_port)

    def token(self, *organisations: str, user: str = "laptop") -> str:
        """Return a token for the API, of a user who may act for the organisations."""
        return access.token(
            self.emulator,
            pool=self.outputs["UserPoolId"],
            client=self.outputs["UserPoolClientId"],
            user=user,
            organisations=organisations,
        )

    def logs(self, function: str) -> list[str]:
        """Return the log lines of a function, oldest first.

        Args:
            function: Logical id of its log group, such as `SweeperLogs`.

        """
        client = self.emulator.client("logs")
        pages = client.get_paginator("filter_log_events").paginate(
            logGroupName=self.resources[function]
        )
        events = [event for page in pages for event in page["events"]]
        return [event["message"] for event in sorted(events, key=lambda e: int(e["timestamp"]))]


def _silent(_: str) -> None:
    return


def start(options: Options, say: Say = _silent) -> Stack:
    """Start a stack, or return the one that runs if it is just what is asked for.

    Whatever an earlier start left behind, killed at any moment, is cleared away first.

    Raises:
        StackError: When something does not start; nothing keeps running then but what ran before.

    """
    with processes.exclusive(options.state):
        # An ephemeral stack starts from nothing: what a killed run left is not it.
        found = None if options.ephemeral else running(options.state)
        fingerprint = _fingerprint(options)
        if found is not None and found.fingerprint == fingerprint:
            say("Running already, and nothing has changed since")
            return found
        _stop(options.state)
        try:
            return _start(options, fingerprint, say)
        except BaseException:  # Ctrl-C as well: what is half up serves nobody
            _stop(options.state)
            raise


def stop(state: Path) -> bool:
    """Stop the stack of a state folder; say whether anything ran. Data of the database stays."""
    if not state.exists():
        return False
    with processes.exclusive(state):
        return _stop(state)


def remove(state: Path) -> None:
    """Stop the stack of a state folder and remove the folder, data included."""
    stop(state)
    shutil.rmtree(state, ignore_errors=True)


def _start(options: Options, fingerprint: str, say: Say) -> Stack:
    state = options.state
    if options.api_port and not processes.port_is_free(options.api_port):
        raise StackError(
            f"Port {options.api_port} is taken by another program. "
            "Choose another for the API: make up API_PORT=3002"
        )
    shutil.rmtree(state / "tmp", ignore_errors=True)
    (state / "tmp").mkdir(parents=True)

    postgres = EmbeddedPostgres(state / "postgres", durable=not options.ephemeral)
    database = postgres.start(options.postgres_port)
    if options.ephemeral:
        postgres.drop_database()
    say(f"Postgres answers on port {database.port}")

    emulator = Emulator(processes.free_port(options.emulator_port))
    emulator.start(state)
    say(f"The AWS emulator answers on port {emulator.port}")

    secrets = emulator.client("secretsmanager")
    secret = secrets.create_secret(
        Name=_SECRET,
        SecretString=json.dumps(
            {
                "username": database.user,
                "password": database.password,
                "host": database.host,
                "port": database.port,
                "dbname": database.database,
            }
        ),
    )
    # The embedded Postgres speaks no TLS.
    parameters = {
        "DatabaseSecretArn": secret["ARN"],
        "DatabaseSslmode": "disable",
        "DatabaseSslrootcert": "",
        **options.parameters,
    }
    if options.model_api_key:
        key = secrets.create_secret(Name=_MODEL_KEY, SecretString=options.model_api_key)
        parameters["ModelApiKeySecretArn"] = key["ARN"]
    deploy.deploy(emulator, options.root, parameters, state / "zips")
    resources = deploy.resources(emulator)
    say("template.yaml is deployed, the migrations are applied")

    api_port = options.api_port or processes.free_port()
    _start_proxy(state, api_port, f"{emulator.url}/_aws/execute-api/{resources['HttpApi']}")
    stack = Stack(
        state=state,
        api_url=f"http://localhost:{api_port}",
        api_port=api_port,
        emulator_port=emulator.port,
        database=database,
        outputs=deploy.outputs(emulator),
        resources=resources,
        fingerprint=fingerprint,
    )
    _save(stack)
    say(f"The API answers at {stack.api_url}")
    return stack


def _start_proxy(state: Path, port: int, upstream: str) -> None:
    log = state / "proxy.log"
    pid = processes.start(
        ["-m", "local.proxy", str(port), upstream], state=state, log=log, env={}, cwd=package.ROOT
    )
    if not processes.wait_for_port(port, pid):
        raise StackError(f"The proxy of the API did not start. Its log: {log}")


def _stop(state: Path) -> bool:
    (state / "stack.json").unlink(missing_ok=True)
    ran = processes.stop_stack(state)
    ran = EmbeddedPostgres(state / "postgres").stop() or ran
    shutil.rmtree(state / "tmp", ignore_errors=True)
    return ran


def _fingerprint(options: Options) -> str:
    return "-".join(
        [
            package.digest(options.root / "functions", options.root / "layers"),
            package.digest_of((options.root / "template.yaml").read_text()),
            package.digest_of(
                json.dumps(
                    [
                        options.api_port,
                        dict(options.parameters),
                        options.ephemeral,
                        options.model_api_key,
                    ],
                    sort_keys=True,
                )
            ),
        ]
    )


def _save(stack: Stack) -> None:
    file = stack.state / "stack.json"
    unfinished = file.with_suffix(".unfinished")
    unfinished.touch(mode=0o600)  # it holds the database's password
    unfinished.write_text(json.dumps(asdict(stack), default=str, indent=2))
    unfinished.replace(file)


def running(state: Path) -> Stack | None:
    """Return the stack of a state folder if all of it answers."""
    try:
        saved: dict[str, Any] = json.loads((state / "stack.json").read_text())
    except FileNotFoundError:
        return None
    saved["state"] = state
    saved["database"] = Address(**saved["database"])
    stack = Stack(**saved)
    alive = (
        processes.of_stack(state)
        and stack.emulator.is_healthy()
        and processes.answers(stack.api_port)
        and processes.answers(stack.database.port)
    )
    return stack if alive else None


def shell_lines(stack: Stack, organisations: Sequence[str]) -> str:
    """Return `export` lines that make psql, `extraction-jobs` and the curl lines work as they are written."""
    database = stack.database
    return "\n".join(
        [
            f"export API={stack.api_url}",
            f"export TOKEN={stack.token(*organisations)}",
            # For the command of docs/cli.md.
            "export EXTRACTION_JOBS_URL=$API EXTRACTION_JOBS_TOKEN=$TOKEN",
            "export EXTRACTION_JOBS_ORG=acme EXTRACTION_JOBS_PROJECT=demo",
            f"export PGHOST={database.host} PGPORT={database.port}",
            f"export PGUSER={database.user} PGPASSWORD={database.password}",
            f"export PGDATABASE={database.database}",
        ]
    )
