"""Tokens that the API takes and tokens that it refuses: the template's authorizer, with an issuer whose key is ours."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from local.client import ApiClient
from local.stack import Stack
from tests.serving import Asked, Reply, answering

AUDIENCE = "extraction-jobs"


def encoded(content: bytes | dict[str, Any]) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Issuer:
    """An OpenID issuer: it publishes its key, and signs whatever a test wants said."""

    url = ""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        numbers = self.key.public_key().public_numbers()
        self._published = {
            "kty": "RSA",
            "kid": "of-the-test",
            "use": "sig",
            "alg": "RS256",
            "n": encoded(numbers.n.to_bytes(256, "big")),
            "e": encoded(numbers.e.to_bytes(3, "big")),
        }

    def page(self, asked: Asked) -> Reply:
        body: dict[str, Any] = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        answer = {"keys": [self._published]} if asked.path == "/keys" else body
        return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()

    def token(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A good token of acme's, but for what is said otherwise; a claim that is None is left out."""
        now = int(time.time())
        said = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "amelia",
            "iat": now - 10,
            "exp": now + 600,
            "custom:organisations": "acme",
        } | claims
        head = {"alg": "RS256", "kid": "of-the-test", "typ": "JWT"} | (header or {})
        signed = f"{encoded(head)}.{encoded({k: v for k, v in said.items() if v is not None})}"
        signature = self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{encoded(signature)}"


@pytest.fixture(scope="module")
def issuer(deployed: Stack) -> Iterator[Issuer]:
    """The stack believes this issuer while the module lasts, as it would with JwtIssuer and JwtAudience set."""
    issuer = Issuer()
    gateway = deployed.emulator.client("apigatewayv2")
    api = {"ApiId": deployed.resources["HttpApi"]}
    [authorizer] = gateway.get_authorizers(**api)["Items"]
    named = api | {"AuthorizerId": authorizer["AuthorizerId"]}
    with answering(issuer.page) as issuer.url:
        ours = {"Issuer": issuer.url, "Audience": [AUDIENCE]}
        gateway.update_authorizer(**named, JwtConfiguration=ours)
        try:
            yield issuer
        finally:
            gateway.update_authorizer(**named, JwtConfiguration=authorizer["JwtConfiguration"])


def status(deployed: Stack, token: str, org_id: str = "acme") -> int:
    return ApiClient(deployed.api_url, token, org_id=org_id, project_id="library").get("").status


def test_a_good_token_is_taken(deployed: Stack, issuer: Issuer) -> None:
    assert status(deployed, issuer.token()) == 200
    assert status(deployed, issuer.token(aud=["another", AUDIENCE])) == 200


def test_a_token_that_is_not_good_is_refused(deployed: Stack, issuer: Issuer) -> None:
    now = int(time.time())
    other = Issuer()
    head, body, signature = issuer.token().split(".")
    none = encoded({"alg": "none", "kid": "of-the-test"})
    grown = encoded(
        json.loads(base64.urlsafe_b64decode(body + "==")) | {"custom:organisations": "globex"}
    )
    bad = {
        "expired": issuer.token(exp=now - 60),
        "not valid yet": issuer.token(nbf=now + 600),
        "of another audience": issuer.token(aud="another"),
        "without an audience": issuer.token(aud=None),
        "of another issuer": issuer.token(iss="http://127.0.0.1:9"),
        "signed by another": other.token(iss=issuer.url),
        "of an unknown key": issuer.token({"kid": "unknown"}),
        "unsigned": f"{head}.{body}.",
        "of the algorithm none": f"{none}.{body}.",
        "of the algorithm none, signed": f"{none}.{body}.{signature}"[:-4],
        "changed after it was signed": f"{head}.{grown}.{signature}",
    }
    assert {why: status(deployed, token) for why, token in bad.items()} == dict.fromkeys(bad, 401)


def test_a_good_token_opens_its_own_organisations_only(deployed: Stack, issuer: Issuer) -> None:
    assert status(deployed, issuer.token(), org_id="globex") == 403
    nobody: dict[str, Any] = {"custom:organisations": None}
    both: dict[str, Any] = {"custom:organisations": ["acme", "globex"]}
    assert status(deployed, issuer.token(**nobody)) == 403
    assert status(deployed, issuer.token(**both), org_id="globex") == 200
