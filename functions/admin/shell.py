"""The page as a browser gets it: one document with its styles, one script, and what they may do."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

_PAGE = Path(__file__).parent / "page"
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+")


@dataclass(frozen=True)
class File:
    """What is served at one address."""

    media_type: str
    text: str

    @cached_property
    def digest(self) -> str:
        """Of the text, so that another text has another."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:32]

    @cached_property
    def compressed(self) -> bytes:
        """The text by gzip."""
        return gzip.compress(self.text.encode(), 9, mtime=0)


@dataclass(frozen=True)
class SignIn:
    """Where people sign in: an OIDC issuer, and the page's client there.

    Attributes:
        token: which token the API is called with, id_token or access_token.
        token_origin: of the token endpoint, where that is not the issuer's own; empty otherwise.
    """

    issuer: str
    client: str
    scopes: str
    token: str
    token_origin: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> SignIn | None:
        """As the SIGN_IN_… variables have it; None without SIGN_IN_CLIENT_ID: a token is pasted then."""
        client = environment.get("SIGN_IN_CLIENT_ID")
        if not client:
            return None
        return cls(
            issuer=environment.get("SIGN_IN_ISSUER", "").rstrip("/"),
            client=client,
            scopes=environment.get("SIGN_IN_SCOPES") or "openid",
            token=environment.get("SIGN_IN_TOKEN") or "id_token",
            token_origin=environment.get("SIGN_IN_TOKEN_ORIGIN", ""),
        )

    def origins(self) -> list[str]:
        """What the page talks to for it. Raises ValueError for what is no address."""
        return [_origin(self.issuer), *([_origin(self.token_origin)] if self.token_origin else [])]


@dataclass(frozen=True)
class Shell:
    """The page's document and script.

    Attributes:
        script_path: where the script is, under a name that changes with it.
        headers: of every answer; above all the content-security policy.
    """

    page: File
    script: File
    script_path: str
    headers: dict[str, str]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Shell:
        """The page as this deployment wants it.

        Raises:
            ValueError: an address is none.
        """
        script = File("text/javascript; charset=utf-8", _script())
        script_path = f"/admin/assets/app-{script.digest[:16]}.js"
        style = _without_comments((_PAGE / "style.css").read_text(encoding="utf-8"))
        sign_in = SignIn.from_environment(environment)
        settings = {
            "signIn": sign_in and asdict(sign_in),
            "failurePercent": int(environment.get("FAILURE_PERCENT", "20")),
            "pendingMinutes": int(environment.get("PENDING_MINUTES", "15")),
        }
        document = (_PAGE / "index.html").read_text(encoding="utf-8")
        for name, value in {
            "STYLE": style,
            "SCRIPT": script_path,
            "SETTINGS": html.escape(json.dumps(settings)),
        }.items():
            document = document.replace(f"%{name}%", value)
        origins = [*(sign_in.origins() if sign_in else []), *_upload_origins(environment)]
        headers = {
            "Content-Security-Policy": _policy(style, origins),
            "X-Content-Type-Options": "nosniff",
            # The page's address names an organisation and a project.
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            "Strict-Transport-Security": "max-age=31536000",
        }
        return cls(File("text/html; charset=utf-8", document), script, script_path, headers)


def _script() -> str:
    """As the build has made it (functions/Makefile). A laptop runs what was not built: there it is made now."""
    built = _PAGE / "app.js"
    if built.exists():
        return built.read_text(encoding="utf-8")
    from bundle import bundle

    return bundle(_PAGE / "main.js")


def _origin(address: str) -> str:
    parts = urlsplit(address)
    origin = f"{parts.scheme}://{parts.netloc}"
    # It goes into the policy as it stands: a space or semicolon in it would be another rule.
    if not _ORIGIN.fullmatch(origin):
        raise ValueError(
            "SIGN_IN_ISSUER, SIGN_IN_TOKEN_ORIGIN and UPLOAD_ORIGINS must be addresses, https://…"
        )
    return origin


def _upload_origins(environment: Mapping[str, str]) -> list[str]:
    """Where the forms of POST /extraction-jobs/uploads lead: the source bucket, or the emulator that stands for AWS."""
    emulator = environment.get("AWS_ENDPOINT_URL")
    return [_origin(each) for each in (emulator or environment.get("UPLOAD_ORIGINS", "")).split()]


def _policy(style: str, origins: Sequence[str]) -> str:
    """Scripts from here alone and none inline, this very style, calls to the API and the `origins`. A script that
    would write markup from text (trusted types) fails, wherever the text came from.
    """
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'sha256-{digest}'",
            "img-src data:",
            " ".join(["connect-src 'self'", *origins]),
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types lit-html",
        ]
    )


def _without_comments(style: str) -> str:
    return re.sub(r"/\*.*?\*/\s*", "", style, flags=re.DOTALL).strip()
