"""HTTP: one request, one answer, within a given time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

Value = TypeVar("Value")

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_CONNECT_SECONDS = 10.0
_STRETCH_BYTES = 65_536
# Lambda answers with 6 MB at most.
_MAX_BYTES = 16_000_000


class NoAnswerError(Exception):
    """The address cannot be reached, or no whole answer came in time. The message says which."""


class UnexpectedAnswerError(Exception):
    """An answer is not what was expected; the message says what was expected and what came."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request. `path` is below the deployment's address and begins with a slash."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # one holds the token
    body: bytes | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, with the request that it belongs to. Names of headers are in lower case."""

    request: Request
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """Such as application/json, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        """The body, parsed.

        Raises:
            UnexpectedAnswerError: it is not JSON.
        """
        try:
            return json.loads(self.body)
        except ValueError:
            raise UnexpectedAnswerError(
                f"expected JSON from {self.request}; got {len(self.body)} bytes of something else"
            ) from None

    def take(self, kind: type[Value], *path: str) -> Value:
        """The value at a path in the JSON body.

        Raises:
            UnexpectedAnswerError: there is none, or it is of another type.
        """
        value = self.json()
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if not isinstance(value, kind):
            raise UnexpectedAnswerError(
                f"expected `{'.'.join(path)}` as {kind.__name__} from {self.request}; "
                f"got {type(value).__name__}"
            )
        return value

    def told(self) -> str:
        """The status, and the sentence that the API or API Gateway gives with an error."""
        try:
            content = json.loads(self.body)
        except ValueError:
            content = None
        detail = (
            content.get("detail") or content.get("message") if isinstance(content, dict) else None
        )
        return f"{self.status} ({detail[:300]})" if isinstance(detail, str) else str(self.status)

    def expect(self, *statuses: HTTPStatus) -> Answer:
        """This answer, if it has one of the statuses.

        Raises:
            UnexpectedAnswerError: it has another.
        """
        if self.status not in statuses:
            expected = " or ".join(str(int(each)) for each in statuses)
            raise UnexpectedAnswerError(
                f"expected {expected} from {self.request}; got {self.told()}"
            )
        return self


# Sends a request and returns its answer, or raises NoAnswerError when the seconds are over.
Transport = Callable[[Request, float], Answer]


class HttpTransport:
    """Sends requests to one deployment. Follows no redirect: the token goes to this address or nowhere.

    Args:
        url: the deployment's base address.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        address = urlsplit(url)
        host = address.hostname or ""
        direct = host in LOOPBACK or proxy_bypass(host)
        proxy = None if direct else getproxies().get(address.scheme)
        self._pool = urllib3.ProxyManager(proxy) if proxy else urllib3.PoolManager()

    def __call__(self, request: Request, seconds: float) -> Answer:
        """See Transport."""
        ends = time.monotonic() + seconds
        query = f"?{urlencode(request.query)}" if request.query else ""
        try:
            answer = self._pool.request(
                request.method,
                f"{self._url}{request.path}{query}",
                body=request.body,
                headers={"User-Agent": "verify-deployment", **request.headers},
                timeout=urllib3.Timeout(total=seconds, connect=min(_CONNECT_SECONDS, seconds)),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            try:
                body = _read(answer, ends)
            finally:
                answer.release_conn()
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            # Only the kind: the words of some errors hold headers.
            raise NoAnswerError(f"no answer to {request}: {type(error).__name__}") from None
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(request, answer.status, headers, body)


def _read(answer: urllib3.BaseHTTPResponse, ends: float) -> bytes:
    """The whole body, however slowly it comes, but not after `ends`."""
    body = b""
    while stretch := answer.read1(_STRETCH_BYTES):
        body += stretch
        if time.monotonic() > ends or len(body) > _MAX_BYTES:
            answer.close()
            raise urllib3.exceptions.ProtocolError
    return body
