"""Health, tokens, and the OpenAPI document: what the API says of itself and what it does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from jsonschema import Draft202012Validator

from verify_deployment.model import Tenant
from verify_deployment.run import Run
from verify_deployment.transport import Answer, UnexpectedAnswerError

_NO_JOB = str(UUID(int=0))
_METHODS = {"get", "post", "put", "patch", "delete"}


def health(run: Run) -> str:
    """The service reaches its database, and says so to anyone."""
    nobody = Tenant(None, run.tenant.org_id, run.tenant.project_id)
    status = run.get("/health", caller=nobody).expect(HTTPStatus.OK).take(str, "status")
    if status != "ok":
        raise UnexpectedAnswerError(f"expected the status ok from GET /health; got {status[:100]}")
    return "the API and its database answer"


def every_call_asks_for_a_token(run: Run) -> str:
    """Each call that the document lists is there, and refuses who has no token or one that was changed."""
    forged = Tenant(_changed(run.tenant.token or ""), run.tenant.org_id, run.tenant.project_id)
    run.get("/extraction-jobs", caller=forged).expect(HTTPStatus.UNAUTHORIZED)
    nobody = Tenant(None, run.tenant.org_id, run.tenant.project_id)
    asked = 0
    for method, path, operation in _operations(run.served):
        if operation.get("security") == []:
            continue
        there = re.sub(r"\{\w+\}", _NO_JOB, path)
        run.call(method.upper(), there, caller=nobody).expect(HTTPStatus.UNAUTHORIZED)
        asked += 1
    if not asked:
        raise UnexpectedAnswerError("expected calls that need a token; /openapi.json lists none")
    return f"{asked} calls answer 401 without one; so does the list with a changed one"


def openapi(run: Run) -> str:
    """The document served is this checkout's, and every answer so far is as it describes."""
    if run.served != run.expected:
        raise UnexpectedAnswerError(
            "expected the document of this checkout (docs/openapi.json); the deployment serves another: "
            f"{_difference(run.served, run.expected)}"
        )
    described = _Described(run.served)
    checked = sum(described.check(answer) for answer in run.answers)
    return f"the document is this checkout's, and {checked} answers are as it describes"


def _changed(token: str) -> str:
    """The token with another signature."""
    head, dot, signature = token.rpartition(".")
    # Not the last character: some of its bits count for nothing.
    first = "A" if signature[:1] != "A" else "B"
    return f"{head}{dot}{first}{signature[1:]}"


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, calls in document.get("paths", {}).items():
        for method, operation in calls.items():
            if method in _METHODS:
                yield method, path, operation


def _difference(served: Mapping[str, Any], expected: Mapping[str, Any]) -> str:
    """Where the two differ first, for a person."""
    version, ours = (str(each.get("info", {}).get("version")) for each in (served, expected))
    if version != ours:
        return f"version {version[:50]}, not {ours}"
    for part, here, there in (
        ("path", served.get("paths", {}), expected["paths"]),
        (
            "schema",
            served.get("components", {}).get("schemas", {}),
            expected["components"]["schemas"],
        ),
    ):
        names = sorted(name for name in {*here, *there} if here.get(name) != there.get(name))
        if names:
            return f"{len(names)} {part}(s) differ, the first is {names[0][:100]}"
    return "its description, title or security differs"


class _Described:
    """Holds answers against an OpenAPI document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._components = document["components"]
        self._paths = [
            (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))), calls)
            # A path without a parameter goes before one with: /statistics is no job's id.
            for path, calls in sorted(document["paths"].items(), key=lambda each: "{" in each[0])
        ]

    def check(self, answer: Answer) -> bool:
        """True if the answer is as described.

        Raises:
            UnexpectedAnswerError: it is not.
        """
        request, status = answer.request, str(answer.status)
        responses: Mapping[str, Any] = next(
            (
                calls.get(request.method.lower(), {}).get("responses", {})
                for path, calls in self._paths
                if path.fullmatch(request.path)
            ),
            {},
        )
        if status not in responses:
            raise UnexpectedAnswerError(
                f"expected from {request} one of the documented statuses ({', '.join(sorted(responses))}); got {status}"
            )
        content = responses[status].get("content", {})
        if answer.media_type not in content:
            raise UnexpectedAnswerError(
                f"expected {' or '.join(content)} with {status} from {request}; got {answer.media_type or 'none'}"
            )
        schema = {"components": self._components, **content[answer.media_type]["schema"]}
        if answer.media_type.endswith("json"):
            fault = next(Draft202012Validator(schema).iter_errors(answer.json()), None)
            if fault is not None:
                # Where, and not what: an answer may hold a document's text.
                raise UnexpectedAnswerError(
                    f"expected {status} from {request} to be as documented; {fault.json_path} breaks "
                    f"the rule `{fault.validator}`"
                )
        return True
