"""`extraction-jobs` as it is installed, against a whole deployment."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from local import package
from local.demo import documents
from local.stack import Stack

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the built wheel was installed into, without its dependencies: they are here."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=package.ROOT, check=True, capture_output=True, timeout=60)
    [wheel] = folder.glob("*.whl")
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    pip = [uv, "pip"] if uv else [sys.executable, "-m", "pip"]
    chosen = ["--python", sys.executable] if uv else []
    install = [
        *pip, "install", "--quiet", "--no-deps", *chosen, "--target", str(folder / "site"), str(wheel),
    ]  # fmt: skip
    subprocess.run(install, check=True, capture_output=True, timeout=60)
    with ZipFile(wheel) as content:
        packages = {name.partition("/")[0] for name in content.namelist()}
    assert packages == {
        "extraction_jobs_cli",
        "extraction_jobs_client",
        "extraction_jobs-1.0.0.dist-info",
    }
    return folder / "site"


def test_the_installed_command_creates_waits_lists_exports_and_tells_by_its_code(
    deployed: Stack, installed: Path, tmp_path: Path
) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(installed),
        "HOME": str(tmp_path),
        "EXTRACTION_JOBS_URL": deployed.api_url,
        "EXTRACTION_JOBS_TOKEN": deployed.token("acme", user="acme"),
        "EXTRACTION_JOBS_ORG": "acme",
        "EXTRACTION_JOBS_PROJECT": "terminal",
    }

    def run(*words: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [installed / "bin" / "extraction-jobs", *map(str, words)],
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert run("--version").stdout == "1.0.0\n"
    made = run("create", "-", "-t", "invoice", "--wait", "--json", stdin=documents.invoice())
    assert made.returncode == 0, made.stderr
    job_id = json.loads(made.stdout)["id"]
    assert run("list", "-q").stdout == f"{job_id}\n"
    exported = run("export", job_id).stdout.splitlines()
    assert "Invoice" in {json.loads(line)["type"] for line in exported}
    assert run("retry", job_id).returncode == 4

    large = tmp_path / "an invoice.txt"
    large.write_text(documents.invoice() + 20_000 * f"\n{60 * '-'}", encoding="utf-8")
    create = ("create", large, "-t", "invoice", "--wait", "--json", "--idempotency-key", "k1")
    uploaded, again = run(*create), run(*create)
    assert uploaded.returncode == 0, uploaded.stderr
    assert json.loads(uploaded.stdout)["source_uri"].endswith("/an-invoice.txt")
    assert json.loads(again.stdout)["id"] == json.loads(uploaded.stdout)["id"], again.stderr
    large.write_text(large.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert "was used before" in run(*create).stderr
