"""What `sam build` makes of each function, by functions/Makefile."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.templates import RESOURCES, ROOT, of_type

FUNCTIONS = ROOT / "functions"
FOLDERS = {
    name: ROOT / each["CodeUri"] for name, each in of_type("AWS::Serverless::Function").items()
}


def build(name: str, into: Path) -> set[str]:
    make = ["make", "-s", "-f", str(FUNCTIONS / "Makefile"), f"PYTHON={sys.executable}"]
    command = [*make, f"ARTIFACTS_DIR={into}", f"build-{name}"]
    subprocess.run(command, check=True, cwd=FOLDERS[name])
    return {str(file.relative_to(into)) for file in into.rglob("*") if file.is_file()}


def bytecode(module: str) -> str:
    return f"__pycache__/{module.removesuffix('.py')}.{sys.implementation.cache_tag}.pyc"


@pytest.mark.parametrize("name", FOLDERS)
def test_a_function_is_built_by_the_makefile_with_its_bytecode(name: str, tmp_path: Path) -> None:
    metadata = RESOURCES[name]["Metadata"]
    assert (metadata["BuildMethod"], metadata["ContextPath"]) == ("makefile", "functions")
    built = build(name, tmp_path)
    modules = {each.name for each in FOLDERS[name].glob("*.py")} - {"bundle.py"}
    assert {each for each in built if each.endswith(".py")} == modules
    assert {each for each in built if each.endswith(".pyc")} == {*map(bytecode, modules)}


def test_the_admin_pages_script_is_made_by_the_build_and_is_the_one_that_a_laptop_makes(
    tmp_path: Path,
) -> None:
    built = build("AdminFunction", tmp_path)
    assert {each for each in built if each.startswith("page/")} == {
        "page/app.js",
        "page/index.html",
        "page/style.css",
    }
    assert script(tmp_path) == script(FOLDERS["AdminFunction"])
    (tmp_path / "page" / "app.js").write_text("made by the build")
    assert script(tmp_path) == "made by the build"


def script(folder: Path) -> str:
    asked = "from shell import Shell; print(Shell.from_environment({}).script.text, end='')"
    run = [sys.executable, "-B", "-c", asked]
    return subprocess.run(run, cwd=folder, check=True, capture_output=True, text=True).stdout
