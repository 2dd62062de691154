"""The proxy passes on what it gets, in both directions."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from local import processes, proxy


class Echo(BaseHTTPRequestHandler):
    """Answers 201 with what it was asked."""

    def _echo(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        said = {
            "method": self.command,
            "path": self.path,
            "authorization": self.headers.get("Authorization"),
            "body": self.rfile.read(length).decode(),
        }
        content = json.dumps(said).encode()
        self.send_response(201)
        self.send_header("Location", "/extraction-jobs/1")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = _echo  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def connection() -> Iterator[http.client.HTTPConnection]:
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Echo)) as upstream:
        server = proxy.Server(0, f"http://127.0.0.1:{upstream}/stage")
        with serving(server) as port:
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            yield client
            client.close()


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_it_passes_on_method_path_query_headers_and_body(
    connection: http.client.HTTPConnection, method: str
) -> None:
    for _ in range(2):  # on one connection
        connection.request(
            method, "/a%2Fb?x=1&x=2", "körper".encode(), {"Authorization": "Bearer t"}
        )
        answer = connection.getresponse()
        assert answer.status == 201
        assert answer.headers["Location"] == "/extraction-jobs/1"
        assert json.loads(answer.read()) == {
            "method": method,
            "path": "/stage/a%2Fb?x=1&x=2",
            "authorization": "Bearer t",
            "body": "körper",
        }


def test_a_body_above_api_gateways_limit_is_refused(connection: http.client.HTTPConnection) -> None:
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", str(10 * 1024 * 1024 + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413


def test_it_says_so_when_the_emulator_does_not_answer() -> None:
    with serving(proxy.Server(0, f"http://127.0.0.1:{processes.free_port()}")) as port:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        client.request("GET", "/")
        answer = client.getresponse()
        assert answer.status == 502
        answer.read()
        client.close()
