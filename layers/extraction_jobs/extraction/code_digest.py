"""A hash over this package's own files. It is part of every plan's digest, so that a checkpoint belongs to the code
that made it.

`python -m extraction.code_digest` prints the hash. The layer's build writes it beside the files, so that Lambda reads
64 letters instead of a hundred files. Without that file the hash is computed when the first plan is made.
"""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent
BUILT = PACKAGE / "CODE_DIGEST"


@cache
def code_digest() -> str:
    """Return the hash as hex: the one that was written at build time, or one computed now."""
    return BUILT.read_text("ascii").strip() if BUILT.is_file() else digest_of_files(PACKAGE)


def digest_of_files(folder: Path) -> str:
    """Return the SHA-256 over names and contents of all files, without bytecode and hidden files."""
    summary = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder)
        hidden = any(part.startswith((".", "__pycache__")) for part in inside.parts)
        if not hidden and file != folder / BUILT.name and file.is_file():
            content = file.read_bytes()
            # With the length before it, no content can be taken for the next file's name.
            summary.update(f"{inside.as_posix()}\n{len(content)}\n".encode())
            summary.update(content)
    return summary.hexdigest()


if __name__ == "__main__":
    sys.stdout.write(digest_of_files(PACKAGE) + "\n")
