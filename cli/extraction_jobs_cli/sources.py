"""What a create request takes from this machine: a document and object types."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import cast

from extraction_jobs_cli.exits import CommandError, Exit
from extraction_jobs_client.messages import ObjectTypes


def read_document(file: str) -> bytes:
    """Returns the content of a file; of standard input for -.

    Raises:
        CommandError: the file cannot be read, or is empty.
    """
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}", Exit.USAGE) from None
    if not content:
        name = "The standard input" if file == "-" else file
        raise CommandError(f"{name} is empty.", Exit.USAGE)
    return content


def object_types_of(asked: str) -> ObjectTypes:
    """Returns what a request names as its object types: of names with commas between, or a file of JSON Schemas.

    Raises:
        CommandError: the file cannot be read as JSON.
    """
    if not asked.endswith(".json"):
        return [name.strip() for name in asked.split(",")]
    try:
        return cast("ObjectTypes", json.loads(Path(asked).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise CommandError(f"{asked} cannot be read as JSON: {error}", Exit.USAGE) from None
