"""Cold starts and memory of every function, for docs/benchmarks.md.

How to run it:

    make build setup-sam
    PYTHONPATH=layers/extraction_jobs .venv/bin/python -m benchmarks.cold_starts --lambda-python PATH [--runs 10]

INIT is measured under Lambda's runtime interface emulator, in turns with a function that does nothing, with the build
as it is and with the same build without its bytecode, which is how `sam build` leaves packages that it builds itself.
PATH is a Python 3.13 with awslambdaric and boto3, as Lambda's runtime has them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

from local.processes import answers, free_port

ROOT = Path(__file__).parents[1]
BUILD = ROOT / ".aws-sam/build"

_LAYERS = ("DependenciesLayer", "ExtractionJobsLayer")
# What a function is given to do, beside being loaded: see loads.py.
_WORK = {
    "WorkerFunction": ("pdf", "text"),
    "ApiFunction": ("body",),
}


@dataclass(frozen=True)
class Function:
    """A function of the template."""

    logical_id: str
    handler: str
    memory: str


def functions() -> Iterator[Function]:
    """The functions that the template has."""
    template = yaml_parse((ROOT / "template.yaml").read_text())
    common = template["Globals"]["Function"]
    defaults = {name: each.get("Default") for name, each in template["Parameters"].items()}
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            memory = resource["Properties"].get("MemorySize", common["MemorySize"])
            if isinstance(memory, dict):
                memory = defaults[memory["Ref"]]
            yield Function(name, resource["Properties"]["Handler"], str(memory))


def without_bytecode(build: Path, into: Path) -> Path:
    """A copy of the build as a plain `sam build` would leave it."""
    return Path(shutil.copytree(build, into, ignore=shutil.ignore_patterns("__pycache__")))


def starts(python: Path, runs: int) -> list[str]:
    """Lines of the table of INIT: the least of the runs, since whatever else the machine does only adds."""
    with tempfile.TemporaryDirectory() as folder:
        nothing = Path(folder, "nothing")
        nothing.mkdir()
        (nothing / "empty.py").write_text("def handler(event, context):\n    return {}\n")
        builds = {"plain": without_bytecode(BUILD, Path(folder, "plain")), "precompiled": BUILD}
        seen: dict[tuple[str, str], list[float]] = {}
        for _ in range(runs):
            # In turns, so that a busy minute is everyone's.
            for each in functions():
                spent = init(python, nothing, "empty.handler", [])
                seen.setdefault(("", "empty"), []).append(spent)
                for kind, build in builds.items():
                    layers = [build / layer / "python" for layer in _LAYERS]
                    spent = init(python, build / each.logical_id, each.handler, layers)
                    seen.setdefault((each.logical_id, kind), []).append(spent)
    least = {key: min(runs) for key, runs in seen.items()}
    middle = {key: statistics.median(runs) for key, runs in seen.items()}
    empty = least["", "empty"]
    lines = [
        "| function | without bytecode | precompiled | of the empty one, before → after | medians |",
        "| --- | --- | --- | --- | --- |",
        f"| empty | | {empty:.0f} ms | 1× | {middle['', 'empty']:.0f} ms |",
    ]
    for each in functions():
        before, after = (each.logical_id, "plain"), (each.logical_id, "precompiled")
        lines.append(
            f"| {each.logical_id} | {least[before]:.0f} ms | {least[after]:.0f} ms"
            f" | {least[before] / empty:.1f}× → {least[after] / empty:.1f}×"
            f" | {middle[before]:.0f} → {middle[after]:.0f} ms,"
            f" {middle[before] / middle['', 'empty']:.1f}× → {middle[after] / middle['', 'empty']:.1f}× |"
        )
    return lines


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


def sizes() -> list[str]:
    """Lines of the table of what is deployed."""
    lines = ["| part | unzipped | zipped |", "| --- | --- | --- |"]
    for name in [*_LAYERS, *(each.logical_id for each in functions())]:
        folder = BUILD / name
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        with tempfile.TemporaryDirectory() as work:
            zipped = Path(shutil.make_archive(str(Path(work, "made")), "zip", folder))
            lines.append(f"| {name} | {_size(size)} | {_size(zipped.stat().st_size)} |")
    return lines


def packages() -> list[str]:
    """Lines of the table of the largest packages of the layer, and who imports them."""
    folder = BUILD / _LAYERS[0] / "python"
    spent = {
        each.name: sum(file.stat().st_size for file in each.rglob("*") if file.is_file())
        for each in folder.iterdir()
        if each.is_dir() and not each.name.endswith(".dist-info")
    }
    largest = sorted(spent, key=lambda name: -spent[name])[:12]
    return [
        "| package | unzipped |",
        "| --- | --- |",
        *(f"| {name} | {_size(spent[name])} |" for name in largest),
    ]


def memory(python: Path) -> list[str]:
    """Lines of the table of the most memory that each function has held."""
    lines = [
        "| function | given | loaded | doing | at most, with its children | seconds |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for each in functions():
        for work in _WORK.get(each.logical_id, ("nothing",)):
            layers = [BUILD / layer / "python" for layer in _LAYERS]
            environment = {
                "PATH": os.environ["PATH"],
                "LANG": "C.UTF-8",
                "PYTHONPATH": ":".join(map(str, [BUILD / each.logical_id, *layers])),
                "PYTHONDONTWRITEBYTECODE": "1",
                "AWS_DEFAULT_REGION": "us-east-1",
                "DATABASE_URL": "postgresql://127.0.0.1:9/none",
                "JOBS_QUEUE_URL": "http://127.0.0.1:9/none",
                "SOURCE_BUCKET": "none",
                "POWERTOOLS_METRICS_NAMESPACE": "ExtractionJobs",
                "POWERTOOLS_LOG_LEVEL": "CRITICAL",
            }
            command = [str(python), str(Path(__file__).with_name("loads.py")), each.handler, work]
            run = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
            found = json.loads(run.stdout.splitlines()[-1])
            lines.append(
                f"| {each.logical_id} | {each.memory} MB | {found['loaded']:.0f} MB"
                f" | {found['what']} | {found['most']:.0f} MB | {found['seconds']:.1f} |"
            )
    return lines


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.0f} kB"


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lambda-python", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=10)
    options = parser.parse_args()
    for title, lines in (
        ("INIT", starts(options.lambda_python, options.runs)),
        ("Memory", memory(options.lambda_python)),
        ("Sizes", sizes()),
        ("Packages", packages()),
    ):
        print(f"\n## {title}\n", *lines, sep="\n")


if __name__ == "__main__":
    main()
