"""Cold starts are paid for: what importing the package may load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import extraction

ROOT = Path(extraction.__file__).parents[1]


def loaded_after(statement: str) -> set[str]:
    script = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{statement}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    loaded = loaded_after("import extraction")
    assert not {name for name in loaded if name.startswith("extraction.")}
    assert not loaded & {"selectolax", "re2"}


def test_checking_types_without_patterns_loads_no_engine() -> None:
    loaded = loaded_after(
        "from extraction import parse_object_types; "
        "parse_object_types({'T': {'properties': {'a': {'type': 'string'}}}})"
    )
    assert not loaded & {"selectolax", "re2", "extraction.offline", "extraction.recognise.dates"}


def test_every_public_name_can_be_had() -> None:
    for name in extraction.__all__:
        assert getattr(extraction, name) is not None
