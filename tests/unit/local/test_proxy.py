"""The proxy passes on what it gets, in both directions."""

import http.client
import json
from collections.abc import Iterator

import pytest

from local import processes, proxy
from tests.serving import Asked, Reply, answering, serving


def echo(asked: Asked) -> Reply:
    """Answers 201 with what it was asked."""
    said = {
        "method": asked.method,
        "path": asked.path,
        "authorization": asked.headers.get("authorization"),
        "body": asked.body.decode(),
    }
    return 201, {"Location": "/extraction-jobs/1"}, json.dumps(said).encode()


@pytest.fixture
def connection() -> Iterator[http.client.HTTPConnection]:
    with answering(echo) as upstream:
        server = proxy.Server(0, f"{upstream}/stage")
        with serving(server):
            client = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
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
    server = proxy.Server(0, f"http://127.0.0.1:{processes.free_port()}")
    with serving(server):
        client = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
        client.request("GET", "/")
        answer = client.getresponse()
        assert answer.status == 502
        answer.read()
        client.close()
