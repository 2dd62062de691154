"""Zips hold what Lambda gets, and are made again only when that changes."""

import zipfile
from pathlib import Path

import pytest

from local import package


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    folder = tmp_path / "layer"
    (folder / "domain" / "__pycache__").mkdir(parents=True)
    (folder / "domain" / "__init__.py").write_text("answer = 42\n")
    (folder / "domain" / "__pycache__" / "stale.pyc").touch()
    (folder / "domain" / "query.sql").write_text("SELECT 1")
    (folder / "Makefile").touch()
    return folder


def names(zipped: Path) -> set[str]:
    with zipfile.ZipFile(zipped) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def test_a_layer_is_zipped_under_its_prefix_with_bytecode(layer: Path, tmp_path: Path) -> None:
    found = names(package.archive(layer, prefix="python", into=tmp_path / "zips"))

    assert {"python/domain/__init__.py", "python/domain/query.sql"} <= found
    [bytecode] = found - {"python/domain/__init__.py", "python/domain/query.sql"}
    assert bytecode.startswith("python/domain/__pycache__/__init__.")


def test_every_file_of_the_domains_layer_is_in_its_zip(tmp_path: Path) -> None:
    folder = package.ROOT / "layers" / "extraction_jobs"
    held = {
        str(file.relative_to(folder))
        for file in folder.rglob("*.*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert held <= names(package.archive(folder, prefix="", into=tmp_path / "zips"))


def test_the_same_files_are_zipped_once_and_changed_ones_again(layer: Path, tmp_path: Path) -> None:
    first = package.archive(layer, prefix="", into=tmp_path / "zips")
    written = first.stat().st_mtime_ns
    (layer / "domain" / "__pycache__" / "other.pyc").touch()

    again = package.archive(layer, prefix="", into=tmp_path / "zips")

    assert again == first
    assert again.stat().st_mtime_ns == written
    (layer / "domain" / "query.sql").write_text("SELECT 2")
    assert package.archive(layer, prefix="", into=tmp_path / "zips") != first
