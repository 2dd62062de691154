"""A document becomes a job at the admin page: sent, run, its result shown."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from local.demo import documents
from tests.browser.conftest import Reader, made
from tests.waiting import until

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

PDF = Path(__file__).resolve().parents[2] / "examples" / "documents" / "invoice-2026-0412.pdf"
# The emulator's; the API is at localhost.
BUCKET = "http://127.0.0.1:*/**"
NEW = "/admin/extraction-jobs/new"


def expect_result(reader: Reader, quoted: str) -> None:
    page = reader.page
    expect(page.locator(".headline .badge")).to_be_visible()
    reader.ask_often()
    expect(page.locator(".headline .badge")).to_have_text("completed", timeout=60_000)
    page.locator("button.quote", has_text=quoted).first.click()
    expect(page.locator("mark.chosen")).to_have_text(quoted)


def test_a_newcomer_sends_a_text_and_a_double_click_makes_one_job(
    amelia: Reader, page: Page
) -> None:
    amelia.open()
    page.get_by_role("link", name="send it and see what is found").click()
    start = page.get_by_role("button", name="Start the job")
    expect(start).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_text("Choose a file or paste text first.")).to_be_visible()
    page.get_by_label("Or paste text").fill(documents.invoice())
    page.get_by_label("invoice").check()
    page.get_by_label("Name").fill("from the clipboard")
    start.dblclick()
    expect(page.get_by_role("heading", name="from the clipboard")).to_be_visible()
    expect_result(amelia, "2026/117")
    [job] = amelia.api.items("")
    assert job["extraction_config"] == {"object_types": ["invoice"]}


def test_a_file_is_dropped_uploaded_and_extracted(amelia: Reader, page: Page) -> None:
    amelia.open(NEW)
    empty = {"name": "empty.txt", "mimeType": "text/plain", "buffer": b""}
    page.get_by_label("Drop a file here").set_input_files(empty)  # type: ignore[arg-type]
    expect(page.get_by_text("The file is empty.")).to_be_visible()
    page.get_by_role("button", name="Remove").click()
    dropped = page.evaluate_handle(
        """([name, content]) => {
          const data = new DataTransfer();
          const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
          data.items.add(new File([bytes], name));
          return data;
        }""",
        [PDF.name, base64.b64encode(PDF.read_bytes()).decode()],
    )
    page.get_by_role("group", name="Document").dispatch_event("drop", {"dataTransfer": dropped})
    expect(page.get_by_label("Name")).to_have_value(PDF.name)
    page.get_by_role("button", name="Start the job").click()
    expect(page.get_by_role("heading", name=PDF.name)).to_be_visible()
    expect_result(amelia, "2026-0412")
    [job] = amelia.api.items("")
    assert job["source_uri"].endswith(f"/{PDF.name}")


def test_an_upload_shows_its_progress_and_what_stops_it(amelia: Reader, page: Page) -> None:
    amelia.open(NEW)
    page.get_by_label("Drop a file here").set_input_files(PDF)
    start = page.get_by_role("button", name="Start the job")
    document = page.get_by_role("group", name="Document")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(BUCKET, hold)
    start.click()
    expect(page.get_by_role("progressbar", name="Upload")).to_be_visible()
    until(lambda: page.title() and held, what="the upload")  # asked of the page, so that it goes on
    held[0].abort()
    expect(document.get_by_role("alert")).to_contain_text("could not be uploaded")
    amelia.faults.clear()

    form = {"url": "/", "fields": {}, "source_uri": "s3://sources/acme/x", "max_bytes": 10}
    page.route("**/uploads", lambda route: route.fulfill(status=201, json=form))
    start.click()
    expect(document.get_by_role("alert")).to_contain_text("The limit is 10 bytes")
    assert amelia.api.items("") == []


def test_a_schema_is_checked_as_it_is_typed_and_by_the_api(amelia: Reader, page: Page) -> None:
    amelia.open(NEW)
    page.get_by_label("Or paste text").fill(documents.invoice())
    page.get_by_label("My own JSON Schema").check()
    schema = page.get_by_label("JSON Schemas by the name")
    wanted = page.get_by_role("group", name="What to find")
    for typed, said in (
        ('{"Bill": ', "This is not JSON yet."),
        ('{"type": "object", "properties": {}}', "under the name of its type"),
        ('{"Bill": {"type": "object"}}', "Bill: must be a JSON Schema with"),
    ):
        schema.fill(typed)
        expect(wanted.get_by_role("status")).to_contain_text(said)
        expect(page.get_by_text("The JSON Schema is not valid yet.")).to_be_visible()
    schema.fill('{"Bill": {"type": "object", "properties": {"invoice_number": {"type": "strin"}}}}')
    expect(wanted.get_by_role("status")).to_have_text("Looks for Bill (invoice_number).")
    page.get_by_role("button", name="Start the job").click()
    expect(wanted.get_by_role("alert")).to_contain_text("Bill.properties.invoice_number")
    # The browser notes the refusal by itself.
    amelia.faults[:] = [fault for fault in amelia.faults if "422" not in fault]
    schema.fill(
        '{"Bill": {"type": "object", "properties": {"invoice_number": {"type": "string"}}}}'
    )
    page.get_by_role("button", name="Start the job").click()
    expect_result(amelia, "2026/117")


def test_a_request_whose_answer_was_lost_is_sent_again_for_the_same_job(
    amelia: Reader, page: Page
) -> None:
    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    amelia.open(NEW)
    page.route("**/extraction-jobs", lose_the_answer, times=1)
    page.get_by_label("Or paste text").fill(documents.invoice())
    page.get_by_role("button", name="Start the job").click()
    expect(page.get_by_role("alert")).to_contain_text("The API does not answer.")
    amelia.faults.clear()
    [lost] = amelia.api.items("")
    page.get_by_role("button", name="Start the job").click()
    expect_result(amelia, "2026/117")
    assert lost["id"] in page.url
    assert len(amelia.api.items("")) == 1


def test_a_completed_job_is_run_again_with_other_types_without_sending_its_document(
    amelia: Reader, page: Page
) -> None:
    first = made(
        amelia,
        source_id="again.txt",
        source_type="letter",
        source_metadata={"shelf": "B4"},
        source_text=documents.invoice(),
        extraction_config={"object_types": ["contact"], "min_confidence": 0.25},
    )
    amelia.open_job(first)
    page.get_by_role("link", name="Run again with other types").click()
    expect(page.get_by_label("contact")).to_be_checked()
    page.get_by_label("contact").uncheck()
    page.get_by_label("invoice").check()
    page.get_by_role("button", name="Start the job").click()

    expect(page.locator(".headline .badge")).to_have_text("completed", timeout=60_000)
    [again] = [job for job in amelia.api.items("") if job["id"] != first]
    assert (again["source_id"], again["source_type"]) == ("again.txt", "letter")
    assert again["source_metadata"] == {"shelf": "B4", "run_again_of": first}
    assert again["extraction_config"]["object_types"] == ["invoice"]
    assert again["extraction_config"]["min_confidence"] == 0.25
    texts = [amelia.api.get(f"/{each}/document").json["text"] for each in (first, again["id"])]
    assert texts[0] == texts[1]
    page.get_by_role("link", name=f"job …{first[-8:]}").click()
    expect(page.get_by_text(first)).to_be_visible()
