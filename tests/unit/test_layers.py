"""Functions import the domain and never each other.

import-linter holds the packages to their layers (pyproject.toml). It reads packages only, and a
function's folder is none: Lambda puts the folder itself on the path.
"""

import ast
import sys
from pathlib import Path

import pytest

FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"
LAYER_FOLDERS = FUNCTIONS.parent / "layers"
FOLDERS = sorted(
    folder for folder in FUNCTIONS.iterdir() if folder.is_dir() and folder.name[0] != "_"
)
LAYERS = {"extraction", "extraction_aws", "extraction_jobs", "extraction_models"}
IN_THE_RUNTIME = {"boto3", "botocore"}
# Larger than a function may be: requirements/ocr.txt.
IN_NO_LAYER = {"rapidocr"}
INSTALLED = {"aws_lambda_powertools", "psycopg", "pydantic", *IN_THE_RUNTIME}
MODULE_OF = {
    "google-re2": "re2",
    "phonenumberslite": "phonenumbers",
    "pillow": "PIL",
    "python-stdnum": "stdnum",
}


def imported(folder: Path, *, packages_too: bool = False) -> set[str]:
    names = set()
    for file in folder.glob("**/*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0 or packages_too, f"{file.name}: the folder is not a package"
                names.add((node.module or "").partition(".")[0])
    return names


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_function_imports_the_layers_and_itself_only(folder: Path) -> None:
    own = {file.stem for file in folder.glob("*.py")}
    foreign = imported(folder) - own - LAYERS - INSTALLED - set(sys.stdlib_module_names)
    assert foreign == set()


def test_no_two_functions_have_a_module_of_the_same_name() -> None:
    # Tests and mypy see all folders on one path.
    modules = [file.stem for folder in FOLDERS for file in folder.glob("*.py")]
    assert len(modules) == len(set(modules))


def test_the_layer_of_dependencies_holds_what_is_imported_and_no_more() -> None:
    asked = (LAYER_FOLDERS / "dependencies" / "requirements.in").read_text().splitlines()
    packages = [line.partition("[")[0] for line in asked if line[:1] not in {"", "#"}]
    held = {MODULE_OF.get(name, name.replace("-", "_")) for name in packages}
    used = imported(LAYER_FOLDERS / "extraction_jobs", packages_too=True).union(
        *(imported(folder) - {file.stem for file in folder.glob("*.py")} for folder in FOLDERS)
    )
    assert used - LAYERS - IN_THE_RUNTIME - IN_NO_LAYER - set(sys.stdlib_module_names) == held
