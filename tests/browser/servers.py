"""An issuer of tokens, and a site with the admin page set up for it: both on 127.0.0.1."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import admin
from local import proxy


class Site(proxy.Server):
    """The API with the admin page before it, the page as this process's environment has it."""

    def __init__(self, upstream: str) -> None:
        super().__init__(0, upstream)
        self.RequestHandlerClass = _SiteHandler


class _SiteHandler(proxy._Handler):
    def do_GET(self) -> None:  # noqa: N802 - the base class's name
        if not self.path.startswith("/admin"):
            self._forward()
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = admin.handler({"rawPath": urlsplit(self.path).path, "headers": headers}, None)
        body = answer["body"]
        content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
        self._answer(answer["statusCode"], list(answer["headers"].items()), content)


class Issuer(ThreadingHTTPServer):
    """An OpenID provider with one user and one client, which it holds to PKCE.

    The token that a code buys ends at once and is no good; the one it is renewed into is `token`.
    """

    daemon_threads = True

    def __init__(self, token: str, client: str) -> None:
        super().__init__(("127.0.0.1", 0), _IssuerHandler)
        self.token = token
        self.client = client
        self.address = f"http://localhost:{self.server_address[1]}"
        self.asked: list[dict[str, str]] = []  # at the authorization endpoint
        self.codes: dict[str, dict[str, str]] = {}
        self.renewals = 0

    def sell(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        """What the token endpoint answers."""
        if form["client_id"] != self.client:
            return 401, {"error": "invalid_client"}
        if form["grant_type"] == "refresh_token" and form["refresh_token"] == "renewal":
            self.renewals += 1
            return 200, {"id_token": self.token, "token_type": "Bearer"}
        asked = self.codes.pop(form["code"], None)
        verifier = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).decode().rstrip("=")
        if asked is None or challenge != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        if form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"id_token": _ending(), "refresh_token": "renewal", "token_type": "Bearer"}


class _IssuerHandler(BaseHTTPRequestHandler):
    server: Issuer

    def do_GET(self) -> None:
        here = self.server.address
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query))
        if address.path == "/.well-known/openid-configuration":
            self._json(
                200,
                {
                    "issuer": here,
                    "authorization_endpoint": f"{here}/authorize",
                    "token_endpoint": f"{here}/token",
                    "end_session_endpoint": f"{here}/end",
                },
            )
        elif address.path == "/authorize":
            self.server.asked.append(query)
            code = secrets.token_urlsafe(8)
            self.server.codes[code] = query
            back = urlencode({"code": code, "state": query["state"], "iss": here})
            self._send(200, "text/html", f'<a href="{query["redirect_uri"]}?{back}">Go on</a>')
        elif address.path == "/end":
            self._send(200, "text/html", f"<p>Signed out of {query['client_id']}</p>")
        else:
            self._send(204, "text/plain", "")

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(content).items()}
        self._json(*self.server.sell(form))

    def _json(self, status: int, body: object) -> None:
        self._send(status, "application/json", json.dumps(body))

    def _send(self, status: int, kind: str, text: str) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing: what counts is asked of the server."""


def _ending() -> str:
    """A token that ends in half a minute, and that no API takes."""
    payload = json.dumps({"sub": "amelia", "exp": time.time() + 30}).encode()
    return f"e30.{base64.urlsafe_b64encode(payload).decode().rstrip('=')}.none"
