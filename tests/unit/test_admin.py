"""The admin page's files as its function hands them out; what they do in a browser is in tests/browser."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

import admin
from bundle import BundleError, bundle
from shell import Shell

EVENT = json.loads((Path(__file__).parents[2] / "events" / "admin.json").read_text())


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """As a new deployment reads its environment."""
    admin.shell.cache_clear()
    yield
    admin.shell.cache_clear()


def get(path: str, **headers: str) -> dict[str, Any]:
    return admin.handler(EVENT | {"rawPath": path, "headers": headers}, None)


def test_the_event_of_events_gives_the_document_compressed() -> None:
    answer = admin.handler(EVENT, None)
    assert answer["statusCode"] == 200
    assert answer["headers"]["Content-Encoding"] == "gzip"
    document = gzip.decompress(base64.b64decode(answer["body"])).decode()
    assert document == get("/admin/extraction-jobs")["body"]
    assert re.findall(r"%[A-Z]+%", document) == [], "every place is filled"
    assert re.findall(r"<script(?![^>]*src=)", document) == [], "no script in the document"
    assert not re.search(r"\son\w+=|style=", document)


def test_the_pages_are_one_document_and_a_wrong_address_is_a_problem() -> None:
    pages = [
        "/admin/extraction-jobs",
        "/admin/extraction-jobs/7df65817-2c04-48b1-b95e-8788aaedca0a",
        "/admin/health",
        "/admin/callback",
        "/admin/health/",
    ]
    assert len({get(page)["body"] for page in pages}) == 1
    assert get("/admin")["headers"]["Location"] == "/admin/extraction-jobs"
    for wrong in ("/admin/extraction-jobs/a/b", "/admin/assets/../admin.py", "/admin/assets/x.js"):
        answer = get(wrong)
        assert answer["statusCode"] == 404
        assert json.loads(answer["body"])["status"] == 404


def test_the_script_is_kept_for_good_and_yesterdays_name_gives_todays() -> None:
    [address] = re.findall(r'src="([^"]+)"', get("/admin/health")["body"])
    script = get(address)
    assert script["headers"]["Content-Type"].startswith("text/javascript")
    assert "immutable" in script["headers"]["Cache-Control"]
    old = get("/admin/assets/app-0123456789abcdef.js")
    assert old["body"] == script["body"]
    assert old["headers"]["Cache-Control"] == "no-cache"
    again = {"if-none-match": script["headers"]["ETag"]}
    assert get(address, **again)["statusCode"] == 304


def test_the_script_has_no_comments_but_the_licences() -> None:
    script = Shell.from_environment({}).script.text
    assert "SPDX-License-Identifier" in script
    assert re.findall(r"^(?://.*|/\*\*(?![\s*]*@license).*)", script, re.MULTILINE) == []


def test_without_a_client_a_token_is_pasted_and_the_page_talks_to_the_api_alone() -> None:
    shell = Shell.from_environment({"SIGN_IN_ISSUER": "https://issuer.example"})
    assert settings(shell) == {"signIn": None, "failurePercent": 20, "pendingMinutes": 15}
    assert "connect-src 'self';" in shell.headers["Content-Security-Policy"]


def test_the_policy_names_the_issuer_and_the_document_how_to_sign_in() -> None:
    shell = Shell.from_environment(
        {
            "SIGN_IN_ISSUER": "https://cognito-idp.eu-west-1.amazonaws.com/pool",
            "SIGN_IN_CLIENT_ID": 'client"><script>',
            "SIGN_IN_TOKEN_ORIGIN": "https://acme.auth.eu-west-1.amazoncognito.com",
        }
    )
    origins = (
        "https://cognito-idp.eu-west-1.amazonaws.com https://acme.auth.eu-west-1.amazoncognito.com"
    )
    assert f"connect-src 'self' {origins};" in shell.headers["Content-Security-Policy"]
    assert settings(shell)["signIn"]["client"] == 'client"><script>'
    assert settings(shell)["signIn"]["token"] == "id_token"
    assert '"><script>' not in shell.page.text


def test_files_go_to_the_source_bucket_or_on_a_laptop_to_the_emulator_and_nowhere_else() -> None:
    bucket = "https://sources.s3.amazonaws.com https://sources.s3.eu-west-1.amazonaws.com"
    on_aws = {"UPLOAD_ORIGINS": bucket}
    assert allowed(on_aws) == f"connect-src 'self' {bucket}"
    laptop = on_aws | {"AWS_ENDPOINT_URL": "http://127.0.0.1:45660"}
    assert allowed(laptop) == "connect-src 'self' http://127.0.0.1:45660"
    with pytest.raises(ValueError, match="UPLOAD_ORIGINS"):
        allowed({"UPLOAD_ORIGINS": "https://sources.example;script-src"})


def allowed(environment: dict[str, str]) -> str:
    policy = Shell.from_environment(environment).headers["Content-Security-Policy"]
    [rule] = [each for each in policy.split("; ") if each.startswith("connect-src")]
    return rule


@pytest.mark.parametrize("issuer", ["", "issuer.example", "https://x; script-src *", "https://a b"])
def test_an_issuer_that_is_no_address_is_refused(issuer: str) -> None:
    with pytest.raises(ValueError, match="SIGN_IN_ISSUER"):
        Shell.from_environment({"SIGN_IN_ISSUER": issuer, "SIGN_IN_CLIENT_ID": "x"})


def settings(shell: Shell) -> Any:
    [found] = re.findall(r'data-settings="([^"]*)"', shell.page.text)
    return json.loads(unescape(found))


def test_modules_that_import_each_other_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\nexport const a = 1;\n')
    (tmp_path / "b.js").write_text('import { a } from "./a.js";\nexport const b = 1;\n')
    with pytest.raises(BundleError, match=r"a\.js imports itself"):
        bundle(tmp_path / "a.js")


@pytest.mark.parametrize(
    "line", ["export default 1;", "import x from './b.js';", "export let c = 1;"]
)
def test_what_the_bundler_does_not_understand_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.js").write_text(f"const a = 1;\n{line}\n")
    with pytest.raises(BundleError, match=r"a\.js"):
        bundle(tmp_path / "a.js")
