"""Zips of the functions and of the domain layer, as `sam build` and `sam package` would make them.

Only the layer of third-party packages is left out: those come from this Python's own environment,
because the emulator would unzip tens of megabytes at each cold start.
"""

import compileall
import hashlib
import py_compile
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_IGNORED = shutil.ignore_patterns(
    "__pycache__", "*.pyc", "Makefile", "requirements.txt", "requirements.in"
)


def digest(*folders: Path) -> str:
    """Return a fingerprint of the files below the folders and of the Python that compiles them."""
    summary = hashlib.sha256(sys.version.encode())
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                summary.update(str(file.relative_to(folder)).encode())
                summary.update(file.read_bytes())
    return summary.hexdigest()[:16]


def digest_of(text: str) -> str:
    """Return a fingerprint of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def archive(source: Path, *, prefix: str, into: Path) -> Path:
    """Zip a folder under `prefix`, with bytecode; a zip of the same files is taken as it is.

    Args:
        source: The folder whose contents are zipped.
        prefix: Folder inside the zip: `python` for a layer, empty for a function.
        into: Folder of the zips.

    Returns:
        The zip, named by its contents.
    """
    target = into / f"{source.name}-{digest(source)}.zip"
    if target.exists():
        return target
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into) as work:
        tree = Path(work) / "tree"
        shutil.copytree(source, tree / prefix, ignore=_IGNORED)
        compileall.compile_dir(
            tree, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
        )
        made = shutil.make_archive(str(Path(work) / "made"), "zip", tree)
        # Renamed last: a kill in the middle leaves no half zip under the name that counts.
        Path(made).rename(target)
    return target
