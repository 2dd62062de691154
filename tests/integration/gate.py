"""A door in front of Postgres that a test can shut: between two statements, or before a reply comes back, or so that
those inside do not notice.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit


class Gate:
    """Passes connections on to a Postgres server, as long as it is open."""

    def __init__(self, server_url: str) -> None:
        self._server = urlsplit(server_url)
        self._port = 0
        self._listener: socket.socket | None = None
        self._connections: list[socket.socket] = []
        self.swallows_replies = False
        self.lost = 0
        self._flowing = threading.Event()
        self._flowing.set()
        self.open()

    @property
    def url(self) -> str:
        """The server's URL, through the gate."""
        user = self._server.netloc.rpartition("@")[0]
        return urlunsplit(self._server._replace(netloc=f"{user}@127.0.0.1:{self._port}"))

    def open(self) -> None:
        """Lets connections in, and what was held up go on."""
        self._flowing.set()
        if self._listener is not None:
            return
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=[self._listener], daemon=True).start()

    def shut(self) -> None:
        """Cuts every connection and refuses new ones, as a server that is gone does."""
        self._close_listener()
        self.cut()

    def stall(self) -> None:
        """Passes nothing on any more, in either direction, and cuts nothing: every connection is half open, and looks
        as sound as ever from both its ends. New ones are refused.
        """
        self._flowing.clear()
        self._close_listener()

    def cut(self) -> None:
        """Cuts every connection."""
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._connections.clear()

    def swallow_the_next_reply(self) -> None:
        """From here on statements arrive and take effect, but the connection is cut before the reply is passed on."""
        self.swallows_replies = True

    def _close_listener(self) -> None:
        if self._listener is not None:
            # Wakes accept(), which a close alone does not.
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                try:
                    server = socket.create_connection(
                        (self._server.hostname or "127.0.0.1", self._server.port or 5432)
                    )
                except OSError:  # the server is not there: neither is this connection
                    client.close()
                    continue
                self._connections += [client, server]
                for source, sink, replies in ((client, server, False), (server, client, True)):
                    threading.Thread(
                        target=self._pass_on, args=[source, sink, replies], daemon=True
                    ).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, replies: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if replies and self.swallows_replies:
                    self.swallows_replies = False
                    self.lost += 1
                    break
                self._flowing.wait()
                sink.sendall(data)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
