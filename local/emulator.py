"""The AWS emulator: ministack, a process of its own on 127.0.0.1; clients that reach only it."""

import os
import time
import urllib.request
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from local import processes
from local.processes import StackError

REGION = "us-east-1"

_START_SECONDS = 30.0

# What is on this machine is reached directly, whatever proxy the environment names.
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Emulator:
    """An emulated AWS account.

    Args:
        port: Where it listens, on 127.0.0.1.

    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._session = boto3.Session(
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - the emulator's, nobody's secret
            region_name=REGION,
            botocore_session=_session_without_a_profile(),
        )

    def start(self, state: Path) -> None:
        """Start it and wait until it answers.

        Raises:
            StackError: When it does not answer in time; says where its log is.

        """
        log = state / "emulator.log"
        settings = {
            # It would listen on every interface, and on a second port for IoT.
            "BIND_HOST": "127.0.0.1",
            "IOT_MTLS_ENABLED": "0",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            # It would make up a log stream for each process; without one a worker names itself in
            # a job's history as host:pid, by which the demo finds it.
            "AWS_LAMBDA_LOG_STREAM_NAME": "",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
        }
        pid = processes.start(
            ["-m", "ministack"], state=state, log=log, env=settings, cwd=state / "tmp"
        )
        deadline = time.monotonic() + _START_SECONDS
        while not self.is_healthy():
            if not processes.running(pid) or time.monotonic() > deadline:
                raise StackError(f"The AWS emulator did not start. Its log: {log}")
            time.sleep(0.02)

    def is_healthy(self) -> bool:
        """Say whether it answers."""
        try:
            with direct.open(f"{self.url}/_ministack/health", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def client(self, service: str) -> Any:
        """Return a boto3 client of a service of the emulated account."""
        # One try: a repeated call would hide what it was that failed.
        config = Config(
            retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=60, proxies={}
        )
        return self._session.client(service, endpoint_url=self.url, config=config)  # type: ignore[call-overload]


def _session_without_a_profile() -> botocore.session.Session:
    """Make a session that reads neither AWS_PROFILE nor the files in ~/.aws."""
    nowhere = (None, None, os.devnull, None)
    return botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": nowhere,
            "credentials_file": nowhere,
        }
    )
