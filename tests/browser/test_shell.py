"""What the page is made of: its size, its policy, how it reads to everyone, how people sign in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Locator, Page, Response, expect

import admin
from local.client import ApiClient
from local.demo import documents
from local.stack import Stack
from tests.browser import pictures
from tests.browser.conftest import Reader, Reading
from tests.browser.servers import Issuer, Site
from tests.serving import serving

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

FAILING = "claims"
ENDED = {"completed", "requires_review", "failed"}
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "documents" / "invoice-2026-0412.pdf"


def test_a_first_load_is_the_document_and_one_script_and_small(amelia: Reader, page: Page) -> None:
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - playwright marks what it is given
    page.goto(amelia.url + "/admin/extraction-jobs")
    page.get_by_label("Token").wait_for()
    assert [answer.request.resource_type for answer in answers] == ["document", "script"]
    assert sum(len(answer.body()) for answer in answers) < 140_000
    assert sum(answer.request.sizes()["responseBodySize"] for answer in answers) < 42_000
    # Seen again, the script is not asked for.
    assert "immutable" in answers[1].headers["cache-control"]
    assert (
        page.request.get(page.url, headers={"If-None-Match": answers[0].headers["etag"]}).status
        == 304
    )


def test_no_script_runs_that_is_not_the_pages_own(amelia: Reader, page: Page) -> None:
    answer = page.goto(amelia.url + "/admin/extraction-jobs")
    assert answer
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    page.get_by_label("Token").wait_for()
    tries = """() => {
      const script = document.createElement("script");
      let refused = 0;
      try { script.textContent = "window.ran = 1"; document.body.append(script); } catch { refused += 1; }
      try { document.body.innerHTML = "<img src=x onerror='window.ran = 2'>"; } catch { refused += 1; }
      return [refused, window.ran ?? null];
    }"""
    assert page.evaluate(tries) == [2, None]
    assert amelia.faults, "the browser says so"
    amelia.faults.clear()


@pytest.fixture(scope="module")
def scene(deployed: Stack, request: pytest.FixtureRequest) -> str:
    """A project with a bit of everything; gives the job whose page is looked at."""
    token = deployed.token("acme", user="acme")
    api = ApiClient(deployed.api_url, token, org_id="acme", project_id="reading room")
    invoice = documents.invoice()
    job_id = str(api.create(source_id="invoice-2026-117.txt", source_text=invoice).json["id"])
    api.create(source_id="framework-agreement.txt", source_text=documents.agreement())
    api.create(source_id="letter-without-text", source_type="letter")
    review = {"review_below_confidence": 0.98}
    api.create(source_id="receipt-0412.txt", source_text=invoice, extraction_config=review)
    for name in ("minutes-of-may.txt", "price-list.csv", "lease-14b.txt", "order-88.eml"):
        api.create(source_id=name, source_text=invoice, source_type=name[-3:])
    for job in api.items(""):
        api.wait_for(job["id"], lambda j: j["status"] in ENDED, seconds=60)
    # Not before: a worker that a busy machine holds up longer than the threshold needs a sweep.
    request.getfixturevalue("still")
    running = (
        "status = 'running', total_items = 40, processed_items = 26, successful_items = 26,"
        " started_at = now() - interval '9 minutes', updated_at = now() + interval '{}'"
    )
    with psycopg.connect(deployed.database.url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO kb.extraction_sweeps (started_at, recovered, failed, redispatched)"
            " VALUES (now() - interval '1 second', 1, 0, 2)"
        )
        for name, change in {
            "minutes-of-may.txt": running.format("-12 minutes"),
            # The stack's threshold is three seconds; the picture is to have a heartbeat in it.
            "price-list.csv": running.format("1 hour"),
            "lease-14b.txt": "status = 'cancelled'",
            "order-88.eml": "status = 'pending', run_after = now() + interval '1 day'",
        }.items():
            connection.execute(
                f"UPDATE kb.object_extraction_jobs SET {change} WHERE project_id = 'reading room'"
                " AND source_id = %s".encode(),
                [name],
            )
        # A day of jobs, of which a third fails now.
        connection.execute(
            "INSERT INTO kb.object_extraction_jobs"
            " (id, org_id, project_id, source_type, status, error_message, completed_at)"
            " SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')"
            " || substr(replace(kb.uuid_v7()::text, '-', ''), 13))::uuid, 'acme', %s, 'document', status, error, at"
            " FROM generate_series(1, 1400) AS number,"
            " LATERAL (SELECT now() - number * interval '45 seconds' * (1 + number %% 7 / 10.0) AS at) AS made,"
            " LATERAL (SELECT number < 60 AND number %% 3 = 0 OR number %% 41 = 0 AS fails) AS ended,"
            " LATERAL (SELECT CASE WHEN fails THEN 'failed' ELSE 'completed' END AS status,"
            " CASE WHEN fails THEN 'The model is overloaded.' END AS error) AS said",
            [FAILING],
        )
    return job_id


def test_every_page_can_be_read_by_everyone(reader: Reading, scene: str) -> None:
    """See `pictures.look_at`. UPDATE=1 takes the pictures of docs/admin."""
    amelia = reader(project="reading room", viewport={"width": 1200, "height": 900})
    page = amelia.page

    def look_at(name: str, *, at: Locator | None = None, picture: bool = True) -> None:
        pictures.look_at(page, name, at=at, picture=picture)

    page.goto(amelia.url + "/admin/extraction-jobs")
    page.get_by_label("Token").wait_for()
    look_at("sign-in")
    amelia.open()
    expect(page.locator("tbody tr")).to_have_count(8)
    page.get_by_text("has lost its worker").wait_for()
    look_at("list")
    page.get_by_role("button", name="Keys").click()
    look_at("the list of keys", picture=False)
    page.keyboard.press("Escape")
    page.get_by_label("Select letter-without-text").check()
    page.get_by_role("button", name="Retry selected").click()
    page.get_by_role("button", name="Retry this job").wait_for()
    look_at("preview")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="New job").click()
    page.get_by_label("invoice").check()
    look_at("new-job")
    page.get_by_label("Drop a file here").set_input_files(EXAMPLE)
    page.get_by_label("My own JSON Schema").check()
    page.get_by_label("JSON Schemas by the name").fill(
        '{\n  "Invoice": {\n    "type": "object",\n    "properties": {\n      "total": { "type": "number" },\n'
    )
    page.get_by_text("This is not JSON yet.").wait_for()
    look_at("a schema that is not valid yet", picture=False)
    page.goto(f"{amelia.url}/admin/extraction-jobs/{scene}?org_id=acme&project_id={amelia.project}")
    page.get_by_role("button", name="2026/117").first.click()
    page.locator("mark.chosen").wait_for()
    look_at("detail", at=page.get_by_role("heading", name="Result"))
    page.get_by_role("link", name="Run again with other types").click()
    page.get_by_role("heading", name="Run again").wait_for()
    look_at("a job run again", picture=False)
    page.get_by_role("link", name="Jobs", exact=True).click()
    page.get_by_role("link", name="framework-agreement.txt").click()
    page.get_by_role("button", name="Details of Requirement 3", exact=True).click()
    look_at("objects", at=page.get_by_role("heading", name="Result"))
    page.get_by_role("link", name="All jobs").click()
    page.get_by_role("link", name="receipt-0412.txt").click()
    page.get_by_role("button", name="Correct tax", exact=True).click()
    page.keyboard.type("168.31")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Correct total", exact=True).click()
    page.get_by_role("textbox", name="total").fill("918")
    look_at("correcting", at=page.get_by_role("textbox", name="total"))
    page.get_by_role("button", name="Undo all").click()
    page.get_by_role("link", name="All jobs").click()
    page.get_by_role("link", name="minutes-of-may.txt").click()
    page.get_by_text("Its worker is gone.").wait_for()
    page.get_by_role("heading", name="Timeline").wait_for()
    look_at("orphan")
    page.get_by_role("link", name="Health").click()
    page.get_by_role("img").wait_for()
    page.get_by_role("region", name="Queues").get_by_text("Dead letters").wait_for()
    page.get_by_text("recover", exact=True).wait_for()
    look_at("health")
    page.goto(f"{amelia.url}/admin/health?org_id=acme&project_id={FAILING}")
    page.get_by_text("Too many jobs fail").wait_for()
    page.get_by_role("img").wait_for()
    page.get_by_role("region", name="Queues").get_by_text("Dead letters").wait_for()
    look_at("health-failing")


@pytest.fixture
def issuer(deployed: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    """An issuer, and the admin function set up for it."""
    server = Issuer(deployed.token("acme", user="acme"), "admin-page")
    with serving(server):
        monkeypatch.setenv("SIGN_IN_ISSUER", server.address)
        monkeypatch.setenv("SIGN_IN_CLIENT_ID", server.client)
        monkeypatch.setenv("SIGN_IN_SCOPES", "openid email")
        admin.shell.cache_clear()
        yield server
        admin.shell.cache_clear()


def test_people_sign_in_at_their_issuer_by_code_and_pkce(
    reader: Reading, deployed: Stack, issuer: Issuer
) -> None:
    with serving(Site(deployed.api_url)) as site:
        amelia = reader(url=site)
        page = amelia.page
        there = (
            f"{site}/admin/extraction-jobs?org_id=acme&project_id={amelia.project}&status=failed"
        )
        page.goto(there)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Go on").click()
        expect(page.get_by_text("No jobs here.")).to_be_visible()
        assert page.url == there, "back to where he was"
        [asked] = issuer.asked
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["redirect_uri"] == f"{site}/admin/callback"
        assert asked["scope"] == "openid email"
        assert issuer.renewals == 1, "a token that is about to end is renewed before it is used"
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_text("Signed out of admin-page")).to_be_visible()
        page.goto(there)
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_an_answer_that_nobody_asked_the_issuer_for_signs_nobody_in(
    reader: Reading, deployed: Stack, issuer: Issuer
) -> None:
    with serving(Site(deployed.api_url)) as site:
        amelia = reader(url=site)
        amelia.page.goto(f"{site}/admin/callback?code=stolen&state=guessed")
        expect(amelia.page.get_by_role("alert")).to_contain_text("did not start in this tab")
        assert issuer.codes == {}


def test_a_code_without_the_verifier_it_was_asked_with_buys_nothing(
    reader: Reading, deployed: Stack, issuer: Issuer
) -> None:
    with serving(Site(deployed.api_url)) as site:
        amelia = reader(url=site)
        page = amelia.page
        page.goto(f"{site}/admin/extraction-jobs")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Go on").wait_for()
        for asked in issuer.codes.values():
            asked["code_challenge"] = "of-somebody-else"
        page.get_by_role("link", name="Go on").click()
        expect(page.get_by_role("alert")).to_contain_text("invalid_grant")
        # The browser notes the refusal by itself.
        amelia.faults[:] = [fault for fault in amelia.faults if "400" not in fault]
