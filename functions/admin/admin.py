"""The admin page's Lambda function: hands out the page's files, from memory.

It sees no job and no token: the page asks the HTTP API for everything, with the token of whoever looks at it. So it
needs none of the layers, and starts as fast as an empty function.
"""

from __future__ import annotations

import base64
import os
import re
from functools import cache
from typing import Any

from shell import File, Shell

_SHELL = re.compile(r"/admin/(extraction-jobs|extraction-jobs/[^/]+|health|callback)")
_SCRIPT = re.compile(r"/admin/assets/app-[0-9a-f]+\.js")


@cache
def shell() -> Shell:
    """The one page of this process.

    Raises:
        ValueError: a setting of the sign-in is not what it should be.
    """
    return Shell.from_environment(os.environ)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Answers one request of API Gateway's HTTP API, payload 2.0."""
    path = event["rawPath"].rstrip("/")
    if path == "/admin":
        moved = {**shell().headers, "Location": "/admin/extraction-jobs"}
        return {"statusCode": 302, "headers": moved, "body": ""}
    if _SHELL.fullmatch(path):
        return _answer(shell().page, event["headers"])
    if _SCRIPT.fullmatch(path):
        # A page of the deploy before may still name its script: it gets today's.
        kept = path == shell().script_path
        return _answer(shell().script, event["headers"], forever=kept)
    problem = '{"type":"about:blank","title":"Not Found","status":404,"detail":"There is no such page.","errors":[]}'
    headers = {
        **shell().headers,
        "Content-Type": "application/problem+json",
        "Cache-Control": "no-store",
    }
    return {"statusCode": 404, "headers": headers, "body": problem}


def _answer(file: File, asked: dict[str, str], *, forever: bool = False) -> dict[str, Any]:
    etag = f'"{file.digest}"'
    headers = {
        **shell().headers,
        "Content-Type": file.media_type,
        "Cache-Control": "public, max-age=31536000, immutable" if forever else "no-cache",
        "ETag": etag,
        "Vary": "Accept-Encoding",
    }
    if asked.get("if-none-match") == etag:
        return {"statusCode": 304, "headers": headers, "body": ""}
    if "gzip" not in asked.get("accept-encoding", ""):
        return {"statusCode": 200, "headers": headers, "body": file.text}
    return {
        "statusCode": 200,
        "headers": headers | {"Content-Encoding": "gzip"},
        "body": base64.b64encode(file.compressed).decode(),
        "isBase64Encoded": True,
    }
