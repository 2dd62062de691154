"""A reverse proxy, so that the API answers at its own address and not at the emulator's path.

    python -m local.proxy PORT UPSTREAM

Passes requests on as they come; streams nothing, which API Gateway does not either.
"""

import http.client
import json
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

# Of one connection, not of the message.
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "host"}
# API Gateway's own limit for a body.
_BODY_LIMIT_BYTES = 10 * 1024 * 1024
_TIMEOUT_SECONDS = 30.0


class Server(ThreadingHTTPServer):
    """Listens on 127.0.0.1:`port` and passes everything on to `upstream`."""

    daemon_threads = True
    # A test opens many connections at once; the default backlog of 5 refuses some.
    request_queue_size = 128

    def __init__(self, port: int, upstream: str) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.upstream = urlsplit(upstream)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def _forward(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > _BODY_LIMIT_BYTES:
            self.close_connection = True
            self._answer(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                [("Content-Type", "application/json")],
                json.dumps({"message": "Request Entity Too Large"}).encode(),
            )
            return
        body = self.rfile.read(length) if length else None
        headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP_BY_HOP}
        upstream = self.server.upstream
        connection = http.client.HTTPConnection(
            upstream.hostname or "127.0.0.1", upstream.port, timeout=_TIMEOUT_SECONDS
        )
        try:
            connection.request(self.command, upstream.path + self.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            status, answered = answer.status, answer.getheaders()
        except OSError:
            status, answered = HTTPStatus.BAD_GATEWAY, [("Content-Type", "application/json")]
            content = json.dumps({"message": "The AWS emulator does not answer."}).encode()
        finally:
            connection.close()
        self._answer(status, answered, content)

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _forward

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answers what is no request, or of a method that no route has, as API Gateway does."""
        del explain
        if code == HTTPStatus.NOT_IMPLEMENTED:
            code, message = HTTPStatus.NOT_FOUND, HTTPStatus.NOT_FOUND.phrase
        self.close_connection = True
        content = json.dumps({"message": message or HTTPStatus(code).phrase}).encode()
        self._answer(code, [("Content-Type", "application/json"), ("Connection", "close")], content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Log nothing: the API's own access log is the record."""


def main() -> None:
    """Serve until the process is ended."""
    port, upstream = int(sys.argv[1]), sys.argv[2]
    Server(port, upstream).serve_forever()


if __name__ == "__main__":
    main()
