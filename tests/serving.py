"""A small HTTP server of a test's own on 127.0.0.1, in a thread of this process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer


@dataclass(frozen=True)
class Asked:
    """A request. Names of headers are in lower case; `path` has the query."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


# Status, headers, and the body: whole, or as it comes.
Reply = tuple[int, Mapping[str, str], bytes | Iterable[bytes]]


@contextmanager
def serving(server: HTTPServer) -> Iterator[str]:
    """Serves meanwhile; gives the address."""
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def answering(reply: Callable[[Asked], Reply]) -> Iterator[str]:
    """Answers each request meanwhile, on a connection of its own; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, given, body = reply(Asked(self.command, self.path, headers, sent))
            self.send_response(status)
            length = {"Content-Length": str(len(body))} if isinstance(body, bytes) else {}
            for name, value in (length | dict(given)).items():
                self.send_header(name, value)
            self.end_headers()
            for part in [body] if isinstance(body, bytes) else body:
                self.wfile.write(part)

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - http.server asks for it

        def log_message(self, *_: object) -> None:
            """Not to the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with serving(server):
        yield f"http://127.0.0.1:{server.server_port}"
