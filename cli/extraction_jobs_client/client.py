"""The client: a method per call, typed as docs/openapi.json is."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, Unpack, cast
from urllib.parse import quote

from extraction_jobs_client.documents import MOST_BYTES, in_request, upload_key
from extraction_jobs_client.errors import TooLargeError
from extraction_jobs_client.messages import (
    BulkReport,
    Correction,
    Document,
    Filter,
    Forgotten,
    FoundObject,
    Job,
    JobEvent,
    JobRequest,
    JobStatus,
    Orphans,
    Pause,
    Projects,
    Statistics,
    Upload,
)
from extraction_jobs_client.transport import Query, Transport
from extraction_jobs_client.waiting import until_ended
from extraction_jobs_client.webhook import WebhookCalls

_PAGE = 200


class Client:
    """Calls the API for one project of one organisation.

    Every method raises ProblemError if the API refuses the call, and UnavailableError if it cannot be reached. Reads,
    creates and calls that can be repeated are sent up to four times; a change of one job is sent once.
    """

    def __init__(
        self,
        url: str,
        token: str | Callable[[], str],
        org_id: str = "",
        project_id: str = "",
        *,
        allow_http: bool = False,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        """Connects to nothing yet.

        Args:
            url: the address of the deployment.
            token: a bearer token, or a function that returns one. It is called before each request.
            org_id: may be empty for `projects` only.
            project_id: may be empty for `projects`, `forget`, `webhook` and uploads.
            allow_http: send the token without TLS to another machine.
            sleep: waits between retries and between two looks at a job, in seconds.

        Raises:
            ValueError: the address cannot be used, or has no TLS.
        """
        self._transport = Transport(url, token, allow_http=allow_http, sleep=sleep)
        self._organisation = {"org_id": org_id}
        self._tenant = {"org_id": org_id, "project_id": project_id}
        self._sleep = sleep or time.sleep
        self.webhook = WebhookCalls(self._transport, self._organisation)

    def create(
        self,
        document: bytes | None = None,
        *,
        file_name: str = "document",
        idempotency_key: str | None = None,
        **request: Unpack[JobRequest],
    ) -> Job:
        """Creates a job. A large document is uploaded first.

        Args:
            document: the document, if the request holds none itself.
            file_name: names the document in S3 if it is uploaded.
            idempotency_key: with a key that your program keeps, a second call gives the first job back.
            request: the fields of the request, such as source_type and extraction_config.

        Raises:
            TooLargeError: the service does not read documents of that size.
        """
        source: dict[str, str] = {}
        key = idempotency_key or str(uuid.uuid4())
        if document is not None and len(document) > MOST_BYTES:
            uri = self.upload(document, file_name, idempotency_key=upload_key(key, document))
            source = {"source_uri": uri}
        elif document is not None:
            source = in_request(document)
        body = {**self._tenant, **request, **source}
        return cast("Job", self._transport.json("POST", "", body=body, idempotency_key=key))

    def create_many(
        self, requests: Sequence[JobRequest], *, idempotency_key: str | None = None
    ) -> list[str]:
        """Creates up to 100 jobs, all or none, and returns their ids in the same order."""
        answer = self._transport.json(
            "POST",
            "/batch",
            body={**self._tenant, "jobs": requests},
            idempotency_key=idempotency_key or str(uuid.uuid4()),
        )
        return cast("list[str]", answer["ids"])

    def upload(
        self, content: bytes, file_name: str = "document", *, idempotency_key: str | None = None
    ) -> str:
        """Uploads a file and returns its `source_uri`: with the same key and name, the same.

        Raises:
            TooLargeError: the service does not read files of that size.
        """
        body = {**self._organisation, "file_name": file_name[-500:]}
        key = idempotency_key
        form: Upload = self._transport.json("POST", "/uploads", body=body, idempotency_key=key)
        if len(content) > form["max_bytes"]:
            raise TooLargeError(
                f"{file_name} has {len(content)} bytes; the service reads at most {form['max_bytes']}"
            )
        self._transport.upload(form["url"], form["fields"], file_name, content)
        return form["source_uri"]

    def wait(
        self, job_id: str, *, deadline_seconds: float | None = None, interval_seconds: float = 1.0
    ) -> Job:
        """Waits until the job has ended, and returns it; otherwise as `wait_all`."""
        [job] = self.wait_all(
            [job_id], deadline_seconds=deadline_seconds, interval_seconds=interval_seconds
        )
        return job

    def wait_all(
        self,
        job_ids: Sequence[str],
        *,
        deadline_seconds: float | None = None,
        interval_seconds: float = 1.0,
    ) -> list[Job]:
        """Waits until all the jobs have ended, and returns them in the same order.

        Args:
            job_ids: the jobs.
            deadline_seconds: how long to wait at most; None for as long as it takes.
            interval_seconds: the time between two looks.

        Raises:
            DeadlineError: some had not ended by then.
        """
        return until_ended(self.job, job_ids, deadline_seconds, interval_seconds, self._sleep)

    def job(self, job_id: str) -> Job:
        """One job, with its progress."""
        return cast("Job", self._get(_of(job_id)))

    def jobs(
        self,
        *,
        status: Iterable[JobStatus] = (),
        source_type: str | None = None,
        stuck: bool = False,
        text: str | None = None,
        most: int | None = None,
    ) -> Iterator[Job]:
        """The jobs that meet every condition, newest first; at most `most`. Pages are read as you go."""
        query = {
            "status": list(status) or None,
            "source_type": source_type,
            "stuck": "true" if stuck else None,
            "text": text,
        }
        return self._items("", query, most)

    def events(self, job_id: str) -> Iterator[JobEvent]:
        """A job's history, oldest first."""
        return self._items(_of(job_id, "events"))

    def objects(self, job_id: str) -> Iterator[FoundObject]:
        """What was found, in the order of the document."""
        return self._items(_of(job_id, "objects"))

    def document(self, job_id: str, start: int = 0, length: int = 200_000) -> Document:
        """A part of the text that citations point into; `start` and `length` count code points."""
        query = {"start": start, "length": length}
        return cast("Document", self._get(_of(job_id, "document"), query))

    def export(
        self,
        job_id: str,
        file_format: Literal["jsonl", "csv"] = "jsonl",
        object_type: str | None = None,
    ) -> Iterator[bytes]:
        """A job's objects as a file, in parts: write one after the other."""
        query: dict[str, object] = {**self._tenant, "format": file_format, "type": object_type}
        while True:
            answer = self._transport.send("GET", _of(job_id, "export"), query=query)
            yield answer.data
            query["cursor"] = answer.headers.get("Next-Cursor")
            if query["cursor"] is None:
                return

    def retry(self, job_id: str) -> Job:
        """Resets a running or failed job to pending."""
        return self._change(job_id, "retry")

    def cancel(self, job_id: str) -> Job:
        """Cancels a pending or running job."""
        return self._change(job_id, "cancel")

    def approve(
        self, job_id: str, note: str | None = None, corrections: Sequence[Correction] = ()
    ) -> Job:
        """Ends a job's review as completed, after the corrections are made."""
        return self._change(job_id, "approve", {"note": note, "corrections": corrections})

    def reject(self, job_id: str, note: str | None = None) -> Job:
        """Ends a job's review as failed."""
        return self._change(job_id, "reject", {"note": note})

    def delete(self, job_id: str) -> None:
        """Deletes a job that has ended, with everything that it read and found."""
        self._transport.send("DELETE", _of(job_id), query=self._tenant, retry=False)

    def change_many(
        self,
        action: Literal["retry", "cancel"],
        jobs: Filter,
        *,
        limit: int = 100,
        dry_run: bool = False,
        after: str | None = None,
    ) -> BulkReport:
        """Retries or cancels up to `limit` (1,000 at most) jobs of a filter, oldest first, from behind `after` on."""
        body = {**self._tenant, "filter": jobs, "limit": limit, "dry_run": dry_run, "after": after}
        return cast(
            "BulkReport", self._transport.json("POST", f"/{action}", body=body, retry=dry_run)
        )

    def forget(self, *, dry_run: bool = False) -> Forgotten:
        """Deletes jobs of all projects of the organisation. Call again while `truncated` is true."""
        body = {**self._organisation, "dry_run": dry_run}
        return cast("Forgotten", self._transport.json("POST", "/forget", body=body))

    def statistics(self) -> Statistics:
        """Counts, ages and throughput of the project's jobs."""
        return cast("Statistics", self._get("/statistics"))

    def orphans(self) -> Orphans:
        """What the next sweep would do for the project."""
        return cast("Orphans", self._get("/orphans"))

    def projects(self) -> Projects:
        """The organisations of the token, and those of their projects that have jobs or are paused."""
        return cast("Projects", self._transport.json("GET", "/projects"))

    def pause(self, reason: str | None = None) -> Pause:
        """Starts none of the project's jobs until it is resumed."""
        body = {**self._tenant, "reason": reason}
        return cast("Pause", self._transport.json("PUT", "/pause", body=body))

    def resume(self) -> int:
        """Ends the project's pause; returns how many of the jobs that waited were sent to workers at once."""
        answer = self._transport.json("DELETE", "/pause", query=self._tenant, retry=False)
        return int(answer["sent"])

    def _get(self, path: str, query: Query | None = None) -> Any:
        return self._transport.json("GET", path, query={**self._tenant, **(query or {})})

    def _change(self, job_id: str, action: str, body: Mapping[str, object] | None = None) -> Job:
        # Sent once: a second time it may not be allowed any more.
        given = {name: value for name, value in (body or {}).items() if value}
        answer = self._transport.json(
            "POST", _of(job_id, action), query=self._tenant, body=given or None, retry=False
        )
        return cast("Job", answer)

    def _items(
        self, path: str, query: Query | None = None, most: int | None = None
    ) -> Iterator[Any]:
        left, asked = most, dict(query or {})
        while left is None or left > 0:
            page = self._get(path, asked | {"limit": min(_PAGE, left or _PAGE)})
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            asked["cursor"] = page["next_cursor"]
            left = None if left is None else left - len(page["items"])


def _of(job_id: str, *tail: str) -> str:
    # An id is quoted, so that none can lead to another call.
    return "/".join(["", quote(job_id, safe=""), *tail])
