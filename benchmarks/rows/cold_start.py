"""Cold start: INIT of each function as `sam build` leaves it, under Lambda's runtime interface emulator, beside a
function that does nothing. It needs the build, `make setup-sam` (the emulator comes with the SAM CLI) and a
Python 3.13 with awslambdaric and boto3, as Lambda's runtime has them: see `--lambda-python`.
"""

from __future__ import annotations

import os
import platform
import re
import signal
import subprocess
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

from benchmarks.report import Figure
from benchmarks.scale import Scale
from benchmarks.server import Server
from local.processes import answers, free_port

ROOT = Path(__file__).parents[2]
BUILD = ROOT / ".aws-sam/build"
AIM = 5.0
EMPTY = "empty function"
FUNCTIONS = {
    "api": ("ApiFunction", "api.handler"),
    "worker": ("WorkerFunction", "worker.handler"),
    "sweeper": ("SweeperFunction", "sweeper.handler"),
    "dead_letters": ("DeadLettersFunction", "dead_letters.handler"),
    "inbox": ("InboxFunction", "inbox.handler"),
    "migrate": ("MigrateFunction", "migrate.handler"),
}


def measure(server: Server, scale: Scale) -> list[Figure]:  # noqa: ARG001
    """INIT of each function in turns, as the emulator reports it."""
    if scale.lambda_python is None or not BUILD.exists():
        print("cold-start is left out: it needs --lambda-python and .aws-sam/build (make build)")
        return []
    layers = [BUILD / "DependenciesLayer/python", BUILD / "ExtractionJobsLayer/python"]
    milliseconds: dict[str, list[float]] = {name: [] for name in [EMPTY, *FUNCTIONS]}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "empty.py").write_text("def handler(event, context):\n    return {}\n")
        for _ in range(1 + 2 * scale.rounds):
            for name, runs in milliseconds.items():
                if name == EMPTY:
                    runs.append(init(scale.lambda_python, Path(folder), "empty.handler", []))
                else:
                    logical_id, handler = FUNCTIONS[name]
                    runs.append(init(scale.lambda_python, BUILD / logical_id, handler, layers))
    figures = []
    for name, runs in milliseconds.items():
        warm = runs[1:]  # by then all files are in the page cache
        ratios = [ours / empty for ours, empty in zip(warm, milliseconds[EMPTY][1:], strict=True)]
        figure = Figure("cold start (INIT)", name, "ms", warm, [] if name == EMPTY else ratios)
        if figure.ratio is not None:
            met = figure.ratio <= AIM
            figure = Figure(
                figure.row, name, "ms", warm, ratios, f"at most {AIM:g}x the empty one", met
            )
        figures.append(figure)
    return figures


def init(python: Path, task_root: Path, handler: str, layers: list[Path]) -> float:
    """One start under the runtime interface emulator; the milliseconds of its INIT, as it reports them."""
    port, runtime_port = free_port(), free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "TZ": ":/etc/localtime",
        "LAMBDA_TASK_ROOT": str(task_root),
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "PYTHONPATH": ":".join(map(str, layers)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "30",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        # Nobody listens there: INIT must not need them.
        "DATABASE_URL": "postgresql://127.0.0.1:9/none",
        "JOBS_QUEUE_URL": "http://127.0.0.1:9/none",
        "POWERTOOLS_METRICS_NAMESPACE": "ExtractionJobs",
    }
    command = [
        str(_emulator()),
        *("--log-level", "info"),
        *("--runtime-interface-emulator-address", f"127.0.0.1:{port}"),
        *("--runtime-api-address", f"127.0.0.1:{runtime_port}"),
        *(str(python), "-m", "awslambdaric", handler),
    ]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            cwd=task_root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _invoke(port)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.seek(0)
        said = log.read().decode(errors="replace")
    found = re.search(r"INIT REPORT\(durationMs: ([0-9.]+)\)", said)
    if found is None or "Runtime.ImportModuleError" in said:
        raise RuntimeError(f"{handler} did not start:\n{said}")
    return float(found[1])


def _invoke(port: int) -> None:
    deadline = time.monotonic() + 10
    while not answers(port):
        if time.monotonic() > deadline:
            raise RuntimeError("the runtime interface emulator does not listen")
        time.sleep(0.002)
    url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
    # What it answers, or whether, is its own affair: it has no database. INIT is over by then, and said so or not.
    request = urllib.request.Request(url, b'{"Records": []}')
    with suppress(OSError), urllib.request.urlopen(request, timeout=60):
        pass


def _emulator() -> Path:
    machine = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    found = sorted(
        ROOT.glob(
            f".venv-sam/lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-{machine}"
        )
    )
    if not found:
        raise RuntimeError("no runtime interface emulator: run make setup-sam")
    return found[0]
