"""A small client of the API, for the demo and the tests that go over HTTP."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from local.emulator import direct
from local.processes import StackError

_TIMEOUT_SECONDS = 30.0
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Answer:
    """What the API said."""

    status: int
    headers: Mapping[str, str]
    json: Any


class ApiClient:
    """Calls the API for one project of one organisation.

    Args:
        url: Base address.
        token: Bearer token, or None to come without one.
        org_id: The organisation, put into every call.
        project_id: Its project, put into every call.
    """

    def __init__(self, url: str, token: str | None, *, org_id: str, project_id: str) -> None:
        self._url = url
        self._token = token
        self._tenant = {"project_id": project_id, "org_id": org_id}

    def get(self, path: str, **query: str) -> Answer:
        """GET a path below /extraction-jobs."""
        return self._call("GET", path, query, None)

    def post(self, path: str, body: object = None) -> Answer:
        """POST to a path below /extraction-jobs."""
        return self._call("POST", path, {}, body)

    def delete(self, path: str) -> Answer:
        """DELETE a path below /extraction-jobs."""
        return self._call("DELETE", path, {}, None)

    def public(self, path: str) -> Answer:
        """GET a path of the API's root, such as /health."""
        return self._send("GET", path, None)

    def create(self, **fields: Any) -> Answer:
        """Create a job; the fields are the body's, beside project and organisation."""
        body = {"source_type": "document", **self._tenant, **fields}
        return self._send("POST", "/extraction-jobs", body)

    def upload(self, file_name: str) -> dict[str, Any]:
        """Return the form to upload a file with, and the source that it becomes."""
        body = {"org_id": self._tenant["org_id"], "file_name": file_name}
        return dict(self._send("POST", "/extraction-jobs/uploads", body).json)

    def items(self, path: str) -> list[dict[str, Any]]:
        """Return all items of a paged list below /extraction-jobs, following its cursors."""
        found: list[dict[str, Any]] = []
        query: dict[str, str] = {}
        while True:
            answer = self.get(path, **query)
            if answer.status != 200:
                raise StackError(f"GET {path} answered {answer.status}: {answer.json}")
            found += answer.json["items"]
            if not answer.json.get("next_cursor"):
                return found
            query = {"cursor": answer.json["next_cursor"]}

    def job(self, job_id: str) -> dict[str, Any]:
        """Return a job."""
        answer = self.get(f"/{job_id}")
        if answer.status != 200:
            raise StackError(f"GET /{job_id} answered {answer.status}: {answer.json}")
        return dict(answer.json)

    def wait_for(
        self,
        job_id: str,
        condition: Callable[[dict[str, Any]], bool],
        *,
        seconds: float,
        seen: Callable[[dict[str, Any]], None] = lambda _: None,
    ) -> dict[str, Any]:
        """Read a job until a condition holds.

        Args:
            job_id: The job.
            condition: Of the job as the API shows it.
            seconds: How long to wait at most.
            seen: Told of each state of the job on the way.

        Raises:
            StackError: The condition did not come true in time; shows the job.
        """
        deadline = time.monotonic() + seconds
        while True:
            job = self.job(job_id)
            seen(job)
            if condition(job):
                return job
            if time.monotonic() > deadline:
                raise StackError(f"The job did not end in {seconds:g} s: {job}")
            time.sleep(_POLL_SECONDS)

    def _call(self, method: str, path: str, query: Mapping[str, str], body: object) -> Answer:
        address = f"/extraction-jobs{path}?{urlencode({**self._tenant, **query})}"
        return self._send(method, address, body)

    def _send(self, method: str, address: str, body: object) -> Answer:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        request = urllib.request.Request(
            self._url + address,
            data=None if body is None else json.dumps(body).encode(),
            headers=headers,
            method=method,
        )
        try:
            with direct.open(request, timeout=_TIMEOUT_SECONDS) as answer:
                return Answer(answer.status, dict(answer.headers), _parsed(answer.read()))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), _parsed(error.read()))


def _parsed(content: bytes) -> Any:
    return json.loads(content) if content else None
