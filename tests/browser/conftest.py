"""The admin page in a real browser: the machine's own chromium, headless, against the deployed stack."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from local.client import ApiClient
from local.stack import Stack

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
# Nothing of its own goes out to the network; root has no sandbox.
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--disable-dev-shm-usage",
)
ENDED = {"completed", "requires_review", "failed", "cancelled"}
PATIENCE_MILLISECONDS = 20_000  # of a busy machine; nobody waits that long for what is there
expect.set_options(timeout=PATIENCE_MILLISECONDS)
_projects = itertools.count()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser. Where there is none the tests are left out; where CI is to run them, that is a failure."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        missing = (
            "No chromium here: the admin page was not looked at. Debian: apt-get install chromium"
        )
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture(scope="module")
def still(deployed: Stack) -> Iterator[None]:
    """No sweep of the schedule comes between a test and the orphan that it made."""
    scheduler = deployed.emulator.client("scheduler")
    name = deployed.resources["SweeperFunctionEveryMinute"]
    found = scheduler.get_schedule(Name=name)
    kept = ("ScheduleExpression", "FlexibleTimeWindow", "Target", "Name", "GroupName")
    asked = {key: found[key] for key in kept if key in found}
    scheduler.update_schedule(**asked, State="DISABLED")
    yield
    scheduler.update_schedule(**asked, State="ENABLED")


@dataclass
class Reader:
    """Somebody at the page, of a project of this test's own.

    Attributes:
        api: the same person with curl.
        faults: what the browser complained of; must be empty when the test ends.
    """

    page: Page
    url: str
    token: str
    api: ApiClient
    project: str
    faults: list[str] = field(default_factory=list)

    def sign_in(self, path: str = "/admin/extraction-jobs") -> None:
        """Opens a page and pastes the token."""
        self.page.goto(self.url + path)
        self.page.get_by_label("Token").fill(self.token)
        self.page.get_by_role("button", name="Use this token").click()
        self.page.get_by_role("button", name="Sign out").wait_for()

    def open(self, path: str = "/admin/extraction-jobs", **query: str) -> None:
        """Opens a page of the project, signed in."""
        asked = {"org_id": "acme", "project_id": self.project} | query
        self.sign_in(f"{path}?{'&'.join(f'{k}={v}' for k, v in asked.items())}")

    def ask_often(self) -> None:
        """The page asks three times a second, and not every five seconds, until it is loaded anew."""
        seen = "document.dispatchEvent(new Event('visibilitychange'))"
        self.page.evaluate(f"{seen}; setInterval(() => {seen}, 300)")

    def open_job(self, job_id: str) -> None:
        """Opens a job's page."""
        self.open(f"/admin/extraction-jobs/{job_id}")
        self.page.get_by_role("heading", name="Timeline").wait_for()


Reading = Callable[..., Reader]
Sql = Callable[..., None]


@pytest.fixture
def reader(browser: Browser, deployed: Stack, still: None) -> Iterator[Reading]:
    """Makes readers, each of a project of its own unless told; keywords go to the browser's context (width, …)."""
    contexts: list[BrowserContext] = []
    readers: list[Reader] = []
    token = deployed.token("acme", user="acme")

    def make(url: str = deployed.api_url, project: str = "", **options: Any) -> Reader:
        context = browser.new_context(
            **{"locale": "en-GB", "timezone_id": "Europe/Dublin", "reduced_motion": "reduce"}
            | options
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        page = context.new_page()
        project = project or f"project-{next(_projects)}"
        api = ApiClient(deployed.api_url, token, org_id="acme", project_id=project)
        made = Reader(page, url, token, api, project)
        page.on("pageerror", lambda error: made.faults.append(str(error)))
        page.on(
            "console",
            lambda said: (
                made.faults.append(said.text) if said.type in {"error", "warning"} else None
            ),
        )
        page.on("dialog", lambda dialog: made.faults.append(f"dialog: {dialog.message}"))
        page.on("requestfailed", lambda request: _note_failure(made, request))
        readers.append(made)
        return made

    yield make
    for context in contexts:
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")  # the page may be in the middle of a call
        context.close()
    assert [fault for made in readers for fault in made.faults] == []


@pytest.fixture
def amelia(reader: Reading) -> Reader:
    """The reader of most tests."""
    return reader()


@pytest.fixture
def page(amelia: Reader) -> Page:
    """The page that she looks at."""
    return amelia.page


def _note_failure(made: Reader, request: Any) -> None:
    # A reader who moves on ends the calls of the page before.
    if "ERR_ABORTED" not in (request.failure or ""):
        made.faults.append(f"{request.url}: {request.failure}")


def made(reader: Reader, **fields: Any) -> str:
    """Makes a job and waits for its end."""
    job_id = str(reader.api.create(**fields).json["id"])
    reader.api.wait_for(job_id, lambda job: job["status"] in ENDED, seconds=30)
    return job_id


@pytest.fixture
def sql(deployed: Stack) -> Iterator[Callable[..., None]]:
    """Somebody at psql."""
    with psycopg.connect(deployed.database.url, autocommit=True) as connection:

        def run(statement: str, params: Sequence[object] = ()) -> None:
            connection.execute(statement.encode(), params)

        yield run


def make_orphan(sql: Callable[..., None], job_id: str) -> None:
    """The runbook's statement: a job whose worker is gone."""
    sql(
        "UPDATE kb.object_extraction_jobs SET status = 'running', updated_at = NOW() - INTERVAL '10 minutes'"
        " WHERE id = %s",
        [job_id],
    )


def fill(sql: Sql, reader: Reader, count: int, status: str = "failed", name: str = "job") -> None:
    """Puts jobs into the reader's project, as many as that."""
    sql(
        "INSERT INTO kb.object_extraction_jobs (org_id, project_id, source_type, source_id, status, error_message)"
        " SELECT 'acme', %s, 'document', %s || '-' || n, %s, 'It broke.' FROM generate_series(1, %s) n",
        [reader.project, name, status, count],
    )


def row(page: Page, name: str) -> Locator:
    """A job's row in the list."""
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))
