"""A webhook's URL is a stranger's: what it may lead to, and how long it may take. Sockets are real, names are not."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from extraction_jobs import webhook_calls
from extraction_jobs.webhook_calls import Caller, CallFailedError, is_public
from extraction_jobs.webhooks import InvalidUrlError, destination

PUBLIC = "93.184.215.14"
URL = "https://hooks.example.com/jobs?x=1"


HOST = "https://hooks.example.com"


@pytest.mark.parametrize(
    "url",
    [
        *("http://hooks.example.com/", "http://127.0.0.1:8000/", "file:///etc/passwd", ""),
        *(f"{HOST}:8443/", f"{HOST}/#fragment", f"{HOST}/a b", f"{HOST}/\r\nX-Header: 1"),
        *(f"{HOST}\\@10.0.0.1/", "https://user:password@hooks.example.com/"),
        *("https://localhost/", "https://10.0.0.1/", "https://2130706433/", "https://0x7f.1/"),
        *("https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://hooks.exämple.com/"),
    ],
)
def test_a_url_that_is_not_plain_https_to_a_name_is_refused(url: str) -> None:
    with pytest.raises(InvalidUrlError, match=r"^must be https:// with a host name"):
        destination(url, loopback=False)
    with pytest.raises(CallFailedError, match="The URL must be https://"):
        Caller(resolve=_never, connect=_never).post(url, {}, b"")


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.2:80/", "http://localhost:80/", "http://127.0.0.1/", "http://10.0.0.1:80/"],
)
def test_on_a_laptop_it_may_be_this_machine_and_no_other(url: str) -> None:
    assert destination("http://127.0.0.1:80/x", loopback=True).loopback
    with pytest.raises(InvalidUrlError):
        destination(url, loopback=True)


def _never(*_: object) -> Any:
    raise AssertionError("nothing is resolved and nothing connected to")


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "0.0.0.0", "100.64.0.1"),
        *("169.254.169.254", "169.254.170.2", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1"),
        *("::ffff:10.0.0.1", "::ffff:93.184.215.14", "64:ff9b::a00:1", "2002:a00:1::"),
        *("2001:0:5ef5:79fb::1", "::10.0.0.1", "64:ff9b:1::1", "2001:db8::1"),
    ],
)
def test_a_name_that_leads_to_an_address_that_is_not_public_is_not_called(address: str) -> None:
    assert not is_public(address)
    for found in ([address], [PUBLIC, address], [address, PUBLIC]):
        caller = Caller(resolve=lambda _, found=found: found, connect=_never)  # type: ignore[misc]
        with pytest.raises(CallFailedError, match=r"^The host has no public address\.$"):
            caller.post(URL, {}, b"")


def test_public_addresses_are_public() -> None:
    assert is_public(PUBLIC)
    assert is_public("2606:4700::1111")


# ---------------------------------------------------------------- receivers


@contextmanager
def receiver(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """Accepts connections on a port of 127.0.0.1, and has `talk` talk to each."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection, suppress(OSError):
                        talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
    thread.join()


def saying(answer: bytes, got: list[bytes] | None = None) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        request = connection.recv(65536)
        if got is not None:
            got.append(request)
        connection.sendall(answer)
        connection.recv(1)

    return talk


def call(port: int) -> None:
    Caller(loopback=True).post(f"http://127.0.0.1:{port}/jobs?x=1", {"webhook-id": "7"}, b"{}")


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A certificate of hooks.example.com that is trusted here, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a receiver")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example.com")]), False)
        .sign(key, hashes.SHA256())
    )
    certificate, private = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return certificate, private


def test_a_name_is_resolved_once_and_the_connection_made_to_what_came_out(
    certificate: tuple[Path, Path],
) -> None:
    """A name that is public when it is looked at, and 10.0.0.1 when it is asked for again, gets nowhere."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*certificate)
    got: list[bytes] = []
    answers = [[PUBLIC], ["10.0.0.1"]]
    connected: list[tuple[str, int]] = []

    def talk(connection: socket.socket) -> None:
        with server.wrap_socket(connection, server_side=True) as secure:
            saying(b"HTTP/1.1 204 No Content\r\n\r\n", got)(secure)

    with receiver(talk) as port:

        def connect(address: tuple[str, int], timeout: float) -> socket.socket:
            connected.append(address)
            return socket.create_connection(("127.0.0.1", port), timeout)

        caller = Caller(resolve=lambda _: answers.pop(0), connect=connect)
        caller.post(URL, {"webhook-id": "7"}, b"{}")
        assert connected == [(PUBLIC, 443)]
        assert answers == [["10.0.0.1"]]
        assert got[0].startswith(b"POST /jobs?x=1 HTTP/1.1\r\nHost: hooks.example.com\r\n")

        other = Caller(resolve=lambda _: [PUBLIC], connect=connect)
        with pytest.raises(CallFailedError, match="certificate is not accepted"):
            other.post("https://others.example.com/", {}, b"{}")
    assert len(got) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_is_not_followed(status: int) -> None:
    answer = b"HTTP/1.1 %d Moved\r\nLocation: http://169.254.169.254/latest/meta-data/\r\n\r\n"
    got: list[bytes] = []
    failure = rf"^The receiver answered {status}\.$"
    with (
        receiver(saying(answer % status, got)) as port,
        pytest.raises(CallFailedError, match=failure),
    ):
        call(port)
    assert len(got) == 1


@pytest.mark.parametrize(
    ("answer", "failure", "down", "gone"),
    [
        (b"HTTP/1.1 500 Oops\r\n\r\nA secret.", r"answered 500\.", True, False),
        (b"HTTP/1.1 429 Slow down\r\n\r\n", r"answered 429\.", True, False),
        (b"HTTP/1.1 400 Bad\r\n\r\n", r"answered 400\.", False, False),
        (b"HTTP/1.1 410 Gone\r\n\r\n", "answered 410 Gone", True, True),
        (b"SSH-2.0-OpenSSH_9\r\n", "not HTTP", True, False),
        (b"HTTP/1.1 " + b"2" * 4000, "not HTTP", True, False),
        (b"", "not HTTP", True, False),
    ],
)
def test_only_the_status_of_an_answer_is_looked_at(
    answer: bytes, failure: str, down: bool, gone: bool
) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    with receiver(talk) as port, pytest.raises(CallFailedError, match=failure) as failed:
        call(port)
    assert (failed.value.down, failed.value.gone) == (down, gone)
    assert "secret" not in str(failed.value)


def test_an_answer_that_trickles_ends_within_the_time_of_a_whole_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(webhook_calls, "ANSWER_SECONDS", 0.3)

    def trickle(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.settimeout(0.05)
        while True:  # until the caller hangs up
            connection.sendall(b"H")
            with suppress(TimeoutError):
                if not connection.recv(1):
                    return

    started = time.monotonic()
    with receiver(trickle) as port, pytest.raises(CallFailedError, match="did not answer in time"):
        call(port)
    assert time.monotonic() - started < 2


def test_where_nobody_listens_the_failure_says_so() -> None:
    with receiver(saying(b"")) as port:
        pass
    with pytest.raises(CallFailedError, match="The connection to the receiver failed"):
        call(port)
