"""`make up`, `make down`, `make logs`, `make extract` and `make demo`.

Settings, all environment variables: API_PORT (3001), POSTGRES_PORT (54320), EMULATOR_PORT (45660),
STATE (.local, the folder of everything that a stack keeps); for up EXTRACTOR and MODEL_… (docs/use-a-model.md), and
OCR (docs/send-documents.md); for extract FILE and TYPES; for logs FUNCTION.
"""

import argparse
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from local import package, stack
from local.postgres import EmbeddedPostgres
from local.processes import StackError

# The organisations of the documentation's own examples.
ORGANISATIONS = ("acme", "YOUR_ORG_ID", "yyy")
_PARAMETERS = {
    "EXTRACTOR": "Extractor",
    "MODEL_PROVIDER": "ModelProvider",
    "MODEL_ID": "ModelId",
    "MODEL_BASE_URL": "ModelBaseUrl",
    "MODEL_TEMPERATURE": "ModelTemperature",
    "MODEL_MAX_TOKENS": "ModelMaxTokens",
    "MODEL_INPUT_PRICE": "ModelInputPrice",
    "MODEL_OUTPUT_PRICE": "ModelOutputPrice",
    "OCR": "Ocr",
    "OCR_PRICE_PER_PAGE": "OcrPricePerPage",
}


def main() -> int:
    """Run the command and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local", description="The laptop stack.")
    commands: dict[str, Callable[[], int]] = {
        "up": _up,
        "down": _down,
        "logs": _logs,
        "extract": _extract,
        "demo": _demo,
    }
    parser.add_argument("command", choices=commands)
    command = commands[parser.parse_args().command]
    # A plain kill is to clean up as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return command()
    except StackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Nothing is still running.", file=sys.stderr)
        return 130


def _state() -> Path:
    return Path(os.environ.get("STATE") or package.ROOT / ".local").resolve()


def _port(name: str, default: int) -> int:
    value = os.environ.get(name) or str(default)
    if not value.isdecimal() or not 0 <= int(value) <= 65535:
        raise StackError(f"{name} must be a port number, not {value!r}.")
    return int(value)


def _up() -> int:
    started = time.monotonic()
    options = stack.Options(
        state=_state(),
        api_port=_port("API_PORT", 3001),
        emulator_port=_port("EMULATOR_PORT", 45660),
        postgres_port=_port("POSTGRES_PORT", 54320),
        parameters={
            parameter: os.environ[name]
            for name, parameter in _PARAMETERS.items()
            if os.environ.get(name)
        },
        model_api_key=os.environ.get("MODEL_API_KEY", ""),
    )
    running = stack.start(options, lambda text: print(f"  {text}"))
    env_file = options.state / "env"
    env_file.touch(mode=0o600)
    lines = stack.shell_lines(running, ORGANISATIONS)
    psql = shutil.which("psql") or str(EmbeddedPostgres(options.state / "postgres").psql)
    env_file.write_text(f"{lines}\nalias psql={psql}\n")
    print(_GUIDE.format(url=running.api_url, env=_shown(env_file), psql=psql, exports=lines))
    print(f"Ready after {time.monotonic() - started:.1f} s. `make down` stops it.")
    print(_FIRST.format(url=running.api_url))
    return 0


def _down() -> int:
    stopped = stack.stop(_state())
    (_state() / "env").unlink(missing_ok=True)
    print("Stopped." if stopped else "Nothing was running.")
    return 0


def _running() -> stack.Stack:
    running = stack.running(_state())
    if running is None:
        raise StackError("Nothing is running here. Start it first: make up")
    return running


def _logs() -> int:
    from local.logs import follow

    # Ctrl-C is how one leaves it; the stack goes on.
    with suppress(KeyboardInterrupt):
        follow(_running(), os.environ.get("FUNCTION") or "", lambda line: print(line, flush=True))
    return 0


def _extract() -> int:
    from local.extract import extract

    return extract(_running(), os.environ.get("FILE") or "", os.environ.get("TYPES") or "")


def _demo() -> int:
    from local.demo import story

    return story.tell(_state() / "demo")


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


_GUIDE = """
The API answers at {url} (its description: {url}/docs).
The admin page: {url}/admin/extraction-jobs (paste the token below).

Set these in your shell: copy them, or run `. {env}`. The token is valid for an hour;
`make up` prints a new one.

{exports}

Create a job, list the jobs, retry one, see its history and what it found:

  curl -X POST "$API/extraction-jobs" -H "Authorization: Bearer $TOKEN" \\
    -H "Content-Type: application/json" \\
    -d '{{"source_type":"document","project_id":"demo","org_id":"acme","source_text":"Invoice number: 2025-0042\\nTotal: 119.00 EUR"}}'
  curl "$API/extraction-jobs?project_id=demo&org_id=acme" -H "Authorization: Bearer $TOKEN"
  curl -X POST "$API/extraction-jobs/JOB_ID/retry?project_id=demo&org_id=acme" -H "Authorization: Bearer $TOKEN"
  curl "$API/extraction-jobs/JOB_ID/events?project_id=demo&org_id=acme" -H "Authorization: Bearer $TOKEN"
  curl "$API/extraction-jobs/JOB_ID/objects?project_id=demo&org_id=acme" -H "Authorization: Bearer $TOKEN"

Or send a file and see what is found in it:

  make extract FILE=examples/documents/invoice-2026-117.txt TYPES=invoice

Follow the logs of the functions:

  make logs

Look into the database (the sweep runs every minute and acts on what you change there):

  {psql} -d spec -c "SELECT id, status, attempt, updated_at FROM kb.object_extraction_jobs"
"""  # noqa: E501 - lines to copy

_FIRST = """
Do this first: open {url}/admin/extraction-jobs/new?org_id=acme&project_id=demo
Paste the token, then drop a document and see what is found in it.
"""


if __name__ == "__main__":
    sys.exit(main())
