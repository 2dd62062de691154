"""The HTTP API, as the commands use it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

from extraction_jobs_cli.exits import CommandError, Exit
from extraction_jobs_cli.profiles import Target

Query = Mapping[str, object]
# API Gateway answers within 30 seconds, whatever happens.
_TIMEOUT = urllib3.Timeout(connect=5, read=35)
# A slow line: 40 MB at 1 Mbit/s take five minutes and a half.
_UPLOAD_TIMEOUT = urllib3.Timeout(connect=5, read=600)
_PASSING = (429, 502, 503, 504)
_PAGE = 200

_CODES = {
    HTTPStatus.BAD_REQUEST: Exit.NOT_ALLOWED,
    HTTPStatus.UNAUTHORIZED: Exit.NO_ACCESS,
    HTTPStatus.FORBIDDEN: Exit.NO_ACCESS,
    HTTPStatus.NOT_FOUND: Exit.NOT_THERE,
    HTTPStatus.CONFLICT: Exit.NOT_ALLOWED,
    HTTPStatus.TOO_MANY_REQUESTS: Exit.UNAVAILABLE,
}


class Api:
    """Calls for one project of one organisation, or for the organisation as a whole.

    Every method raises CommandError with the code that fits: what the API refused, or that it cannot be reached.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        address = urlsplit(target.url)
        proxy = None if proxy_bypass(address.hostname or "") else getproxies().get(address.scheme)
        self._http = (
            urllib3.ProxyManager(proxy, timeout=_TIMEOUT)
            if proxy
            else urllib3.PoolManager(timeout=_TIMEOUT)
        )

    @property
    def tenant(self) -> dict[str, str]:
        """The organisation and the project, as bodies and queries name them."""
        return {"org_id": self._target.org_id, "project_id": self._target.project_id}

    def get(self, path: str, query: Query | None = None) -> Any:
        """What GET of a path below /extraction-jobs answers."""
        return self._json(self._send("GET", self._address(path, query or {}), again=True))

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Any:
        """What POST to a path of one job answers. Sent once: a second time it may not be allowed any more."""
        sent = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if sent else {}
        address = self._address(path, {})
        return self._json(self._send("POST", address, body=sent, headers=headers))

    def post_body(
        self, path: str, body: Mapping[str, object], *, idempotency_key: str | None = None
    ) -> Any:
        """What POST of a body answers; the tenant is put into it. With a key it is safe to send again."""
        headers = {"Content-Type": "application/json"}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        return self._json(
            self._send(
                "POST",
                f"{self._target.url}/extraction-jobs{path}",
                body=json.dumps({**self.tenant, **body}).encode(),
                headers=headers,
                again=idempotency_key is not None,
            )
        )

    def post_of_organisation(self, path: str, body: Mapping[str, object]) -> Any:
        """What POST of a body for the whole organisation answers. Only for calls that are safe to send again."""
        return self._json(
            self._send(
                "POST",
                f"{self._target.url}/extraction-jobs{path}",
                body=json.dumps({"org_id": self._target.org_id, **body}).encode(),
                headers={"Content-Type": "application/json"},
                again=True,
            )
        )

    def upload(self, content: bytes, file_name: str) -> str:
        """The `source_uri` of a file, after it was uploaded."""
        upload = self.post_of_organisation("/uploads", {"file_name": file_name[-500:]})
        if len(content) > upload["max_bytes"]:
            raise CommandError(
                f"{file_name} has {len(content)} bytes; the service reads at most {upload['max_bytes']}",
                Exit.REFUSED,
            )
        try:
            answer = self._http.request(
                "POST",
                upload["url"],
                fields={**upload["fields"], "file": (file_name, content)},
                timeout=_UPLOAD_TIMEOUT,
                redirect=False,
            )
        except urllib3.exceptions.HTTPError as error:
            kind = type(getattr(error, "reason", None) or error).__name__
            raise CommandError(f"The upload did not succeed: {kind}", Exit.UNAVAILABLE) from None
        if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise CommandError(f"The upload was refused: HTTP {answer.status}", Exit.UNAVAILABLE)
        return str(upload["source_uri"])

    def delete(self, path: str) -> None:
        """DELETE of a path of one job. Sent once: a second time it would not be found."""
        self._send("DELETE", self._address(path, {}))

    def items(
        self, path: str, query: Query | None = None, *, most: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """The items of a paged list, page by page as they are asked for; `most` of them at most."""
        left = most
        asked = dict(query or {})
        while left is None or left > 0:
            page = self.get(path, asked | {"limit": min(_PAGE, left or _PAGE)})
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            asked["cursor"] = page["next_cursor"]
            left = None if left is None else left - len(page["items"])

    def pages(self, path: str, query: Query) -> Iterator[bytes]:
        """The bodies of a file that comes in pages."""
        asked = dict(query)
        while True:
            answer = self._send("GET", self._address(path, asked), again=True)
            yield answer.data
            following = answer.headers.get("Next-Cursor")
            if following is None:
                return
            asked["cursor"] = following

    def _address(self, path: str, query: Query) -> str:
        given = {name: value for name, value in query.items() if value is not None}
        pairs = urlencode({**self.tenant, **given}, doseq=True)
        return f"{self._target.url}/extraction-jobs{path}?{pairs}"

    def _send(
        self,
        method: str,
        address: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        again: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        tries = urllib3.Retry(
            total=3 if again else 0,
            backoff_factor=0.5,
            status_forcelist=_PASSING,
            allowed_methods=None,
            redirect=0,
            raise_on_status=False,
        )
        try:
            answer = self._http.request(
                method,
                address,
                body=body,
                headers={
                    "Authorization": f"Bearer {self._target.token}",
                    "Accept": "*/*",
                    "User-Agent": "extraction-jobs",
                    **(headers or {}),
                },
                retries=tries,
                redirect=False,
            )
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            # ValueError: a token or address with characters that no header takes. It is not told what they are.
            kind = type(getattr(error, "reason", None) or error).__name__
            raise CommandError(
                f"{self._target.url} cannot be reached: {kind}", Exit.UNAVAILABLE
            ) from None
        if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise _refused(answer)
        return answer

    def _json(self, answer: urllib3.BaseHTTPResponse) -> Any:
        try:
            return json.loads(answer.data)
        except ValueError:
            raise CommandError(
                f"{self._target.url} does not answer as the API does", Exit.UNAVAILABLE
            ) from None


def _refused(answer: urllib3.BaseHTTPResponse) -> CommandError:
    """The problem that the API tells, or API Gateway before it."""
    try:
        told = json.loads(answer.data)
    except ValueError:
        told = None
    told = told if isinstance(told, dict) else {}
    message = told.get("detail") or told.get("message") or f"HTTP {answer.status}"
    status = answer.status
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status < HTTPStatus.BAD_REQUEST:
        return CommandError(str(message), Exit.UNAVAILABLE)
    # 404 of something that is no job, such as a wrong base address, is told apart by its words.
    return CommandError(str(message), _CODES.get(HTTPStatus(status), Exit.REFUSED))
