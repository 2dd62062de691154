"""One call of a webhook: to a public address alone, and over soon, whatever stands at the other end.

The URL is a stranger's. So its host is resolved once, each address that comes out is looked at, and the connection is
made to one of those and to no name; redirects are not followed, and of an answer only the first line is read.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from extraction_jobs.webhooks import HTTPS_PORT, Destination, InvalidUrlError, destination

# TLS included.
CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 5.0
MOST_ADDRESSES = 4
# Of an answer's first line.
_MOST_BYTES = 1024
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])(?: [^\r\n]*)?\r?\n")
_REQUEST_TIMEOUT, _TOO_MANY, _SERVER_ERROR = 408, 429, 500
# Addresses that are routed in public. What stands for an IPv4 address (mapped, NAT64) is outside of it.
_GLOBAL_UNICAST = IPv6Network("2000::/3")


class CallFailedError(Exception):
    """A delivery did not succeed. The message says why, fit for the organisation whose webhook it is.

    Attributes:
        down: the next delivery would fail as well.
        gone: the receiver wants no more of them.
    """

    def __init__(self, sentence: str, *, down: bool = True, gone: bool = False) -> None:
        super().__init__(sentence)
        self.down = down
        self.gone = gone


def _addresses_of(host: str) -> list[str]:
    found = socket.getaddrinfo(host, HTTPS_PORT, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet's."""
    address = ip_address(text)
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    match address:
        case IPv4Address():
            return True
        case IPv6Address():
            return address in _GLOBAL_UNICAST and not (address.sixtofour or address.teredo)


@dataclass(frozen=True)
class Caller:
    """Calls webhooks. For any number of threads.

    Attributes:
        loopback: whether http://127.0.0.1 may be called: on a laptop.
        resolve: the addresses of a host; raises OSError if it has none.
        connect: to an address and port, within seconds.
    """

    loopback: bool = False
    resolve: Callable[[str], list[str]] = _addresses_of
    connect: Callable[[tuple[str, int], float], socket.socket] = socket.create_connection

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Sends JSON; returns if the receiver answers 2xx.

        Raises:
            CallFailedError: see there.
        """
        try:
            to = destination(url, loopback=self.loopback)
            with self._connected(to) as connection:
                status = _exchange(connection, _request(to, headers, body))
        except InvalidUrlError as error:
            raise CallFailedError(f"The URL {error}.") from None
        except ssl.SSLCertVerificationError:
            raise CallFailedError("The receiver's certificate is not accepted.") from None
        except TimeoutError:
            raise CallFailedError("The receiver did not answer in time.") from None
        except (OSError, ValueError):
            raise CallFailedError("The connection to the receiver failed.") from None
        if status == HTTPStatus.GONE:
            raise CallFailedError("The receiver answered 410 Gone.", gone=True)
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            down = status >= _SERVER_ERROR or status in {_REQUEST_TIMEOUT, _TOO_MANY}
            raise CallFailedError(f"The receiver answered {status}.", down=down)

    def _connected(self, to: Destination) -> socket.socket:
        ends = time.monotonic() + CONNECT_SECONDS
        for last, address in self._allowed(to):
            try:
                plain = self.connect((address, to.port), _left(ends))
            except OSError:
                if last:
                    raise
                continue
            if to.loopback:
                return plain
            try:
                plain.settimeout(_left(ends))  # of the handshake as a whole
                return self._tls.wrap_socket(plain, server_hostname=to.host)
            except BaseException:
                plain.close()
                raise
        raise CallFailedError("The host has no public address.")

    def _allowed(self, to: Destination) -> list[tuple[bool, str]]:
        """The addresses to try, each with whether it is the last. None if one of them is not public."""
        found = [to.host] if to.loopback else list(dict.fromkeys(self._resolved(to.host)))
        if not to.loopback and not all(is_public(each) for each in found):
            return []
        tried = found[:MOST_ADDRESSES]
        return [(each == tried[-1], each) for each in tried]

    def _resolved(self, host: str) -> list[str]:
        # To one who asks, a name that does not exist looks like one whose address is none of his business.
        with suppress(OSError, UnicodeError):
            return self.resolve(host)
        return []

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()


def _request(to: Destination, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [
        f"POST {to.path} HTTP/1.1",
        f"Host: {to.host}:{to.port}" if to.loopback else f"Host: {to.host}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "User-Agent: extraction-jobs",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body


def _exchange(connection: socket.socket, request: bytes) -> int:
    """Sends, and returns the status of the answer. All in all within ANSWER_SECONDS, however it trickles."""
    ends = time.monotonic() + ANSWER_SECONDS
    connection.settimeout(_left(ends))
    connection.sendall(request)
    got = b""
    while len(got) < _MOST_BYTES and b"\n" not in got:
        connection.settimeout(_left(ends))
        part = connection.recv(_MOST_BYTES)
        if not part:
            break
        got += part
    found = _STATUS.match(got)
    if found is None:
        raise CallFailedError("The receiver's answer is not HTTP/1.1.")
    return int(found[1])


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
