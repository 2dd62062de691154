"""What a create request takes from this machine: a document, sent in it or uploaded first, and object types."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

from extraction_jobs_cli.api import Api
from extraction_jobs_cli.exits import CommandError, Exit

# The API takes up to 6 MB in a request, a file in base64 up to some 4 MB; a larger document goes to S3 by itself.
_IN_REQUEST_BYTES = 1_000_000


def source_of(file: str, api: Api) -> dict[str, object]:
    """Returns the field of a create request that gives the document, after its upload if it is large.

    Args:
        file: its path; - for standard input.
        api: where the job will be.

    Raises:
        CommandError: the file cannot be read, or the upload was refused.
    """
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}", Exit.USAGE) from None
    if len(content) > _IN_REQUEST_BYTES:
        name = "document" if file == "-" else Path(file).name
        return {"source_uri": api.upload(content, name)}
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = None
    if text is None or "\x00" in text or text.startswith("%PDF"):
        return {"source_base64": base64.b64encode(content).decode()}
    return {"source_text": text}


def object_types_of(asked: str) -> object:
    """Returns what a request names as its object types: of names with commas between, or a file of JSON Schemas.

    Raises:
        CommandError: the file cannot be read as JSON.
    """
    if not asked.endswith(".json"):
        return [name.strip() for name in asked.split(",")]
    try:
        return json.loads(Path(asked).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"{asked} cannot be read as JSON: {error}", Exit.USAGE) from None
