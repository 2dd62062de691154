"""HTTP: the token, retries, and errors as exceptions."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

from extraction_jobs_client.errors import FieldFault, ProblemError, UnavailableError

Query = Mapping[str, object]
Body = Mapping[str, object]
# API Gateway answers within 30 seconds, whatever happens.
_TIMEOUT = urllib3.Timeout(connect=5, read=35)
# 40 MB at 1 Mbit/s take five and a half minutes.
_UPLOAD_TIMEOUT = urllib3.Timeout(connect=5, read=600)
_NOTHING_DONE = {429}
_PASSING = {*_NOTHING_DONE, 502, 503, 504}
_TRIES = 4
_FIRST_WAIT_SECONDS = 0.5
# Whoever asks for more patience than this gets none: the caller of the client decides.
_LONGEST_WAIT_SECONDS = 60.0
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Transport:
    """Sends requests to one deployment.

    Every method raises ProblemError or UnavailableError.
    """

    def __init__(
        self,
        url: str,
        token: str | Callable[[], str],
        *,
        allow_http: bool = False,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        address = urlsplit(self._url)
        if address.scheme not in {"http", "https"} or not address.hostname:
            raise ValueError(f"Not an address of a deployment: {url}")
        if address.scheme == "http" and address.hostname not in _LOOPBACK and not allow_http:
            raise ValueError(
                f"{url} has no TLS: others on the network could read the token. Use https, or allow HTTP if you must "
                "(--allow-http, allow_http=True)."
            )
        self._token = token if callable(token) else lambda: token
        self._sleep = sleep or time.sleep
        proxy = None if proxy_bypass(address.hostname) else getproxies().get(address.scheme)
        self._http: urllib3.PoolManager = (
            urllib3.ProxyManager(proxy, timeout=_TIMEOUT)
            if proxy
            else urllib3.PoolManager(timeout=_TIMEOUT)
        )

    def json(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Body | None = None,
        idempotency_key: str | None = None,
        retry: bool = True,
    ) -> Any:
        """The JSON that a call answers with; the parameters are those of `send`."""
        answer = self.send(
            method, path, query=query, body=body, idempotency_key=idempotency_key, retry=retry
        )
        try:
            return json.loads(answer.data)
        except ValueError:
            raise UnavailableError(f"{self._url} does not answer like this API") from None

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Body | None = None,
        idempotency_key: str | None = None,
        retry: bool = True,
    ) -> urllib3.BaseHTTPResponse:
        """A successful answer, after up to three retries.

        Args:
            path: below /extraction-jobs.
            query: without those that are None; a list repeats its parameter.
            idempotency_key: the same for every retry.
            retry: the call is safe to send twice. If not, it is only sent again after a 429, which changed nothing.
        """
        given = {name: value for name, value in (query or {}).items() if value is not None}
        address = f"{self._url}/extraction-jobs{path}"
        if given:
            address += f"?{urlencode(given, doseq=True)}"
        headers = {"Accept": "*/*", "User-Agent": "extraction-jobs"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        content = None if body is None else json.dumps(body).encode()
        wait = _FIRST_WAIT_SECONDS
        for tries_left in reversed(range(_TRIES)):
            pause = wait
            try:
                return self._once(method, address, content, headers)
            except ProblemError as problem:
                if problem.retry_after_seconds is not None:
                    pause = problem.retry_after_seconds
                passing = problem.status in (_PASSING if retry else _NOTHING_DONE)
                if not passing or not tries_left or pause > _LONGEST_WAIT_SECONDS:
                    raise
            except urllib3.exceptions.HTTPError as error:
                if not retry or not tries_left:
                    raise UnavailableError(
                        f"{self._url} cannot be reached: {_kind(error)}"
                    ) from None
            self._sleep(pause)
            wait *= 2
        raise AssertionError("the last try returns or raises")

    def upload(self, url: str, fields: Mapping[str, str], file_name: str, content: bytes) -> None:
        """POSTs a file with the form of an upload. It goes to S3, so the token stays here."""
        try:
            answer = self._http.request(
                "POST",
                url,
                fields={**fields, "file": (file_name, content)},
                timeout=_UPLOAD_TIMEOUT,
                redirect=False,
            )
        except urllib3.exceptions.HTTPError as error:
            raise UnavailableError(f"The upload failed: {_kind(error)}") from None
        if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise UnavailableError(f"The upload was refused: HTTP {answer.status}")

    def _once(
        self, method: str, address: str, content: bytes | None, headers: Mapping[str, str]
    ) -> urllib3.BaseHTTPResponse:
        try:
            answer = self._http.request(
                method,
                address,
                body=content,
                headers={**headers, "Authorization": f"Bearer {self._token()}"},
                retries=False,
                redirect=False,
            )
        except ValueError as error:
            # A token or address with characters that no header takes. The message does not repeat them.
            raise UnavailableError(f"{self._url} cannot be reached: {_kind(error)}") from None
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise _problem(answer)
        if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            # No redirect is followed: it would take the token elsewhere.
            raise UnavailableError(f"{self._url} does not answer like this API")
        return answer


def _kind(error: Exception) -> str:
    return type(getattr(error, "reason", None) or error).__name__


def _problem(answer: urllib3.BaseHTTPResponse) -> ProblemError:
    """The problem document of an answer, or what API Gateway says before the API is asked."""
    try:
        told = json.loads(answer.data)
    except ValueError:
        told = None
    told = told if isinstance(told, dict) else {}
    faults = told.get("errors")
    return ProblemError(
        answer.status,
        str(told.get("title") or answer.reason or ""),
        str(told.get("detail") or told.get("message") or f"HTTP {answer.status}"),
        [
            FieldFault(str(each.get("field")), str(each.get("rule")))
            for each in (faults if isinstance(faults, list) else [])
            if isinstance(each, dict)
        ],
        _retry_after(answer),
    )


def _retry_after(answer: urllib3.BaseHTTPResponse) -> float | None:
    header = answer.headers.get("Retry-After")
    if header is None:
        return None
    try:
        return urllib3.Retry().parse_retry_after(header)
    except urllib3.exceptions.InvalidHeader:
        return None
