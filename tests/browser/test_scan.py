"""A scanned invoice goes through the admin page, from the upload to the corrected result: OCR=rapidocr."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import expect

from local import package
from tests.browser.conftest import Reading
from tests.browser.pictures import look_at
from tests.pdfs import HEIGHT, WIDTH, make_pdf
from tests.scans import scanned

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

INVOICE = package.ROOT / "examples" / "documents" / "invoice-2026-0412.pdf"
DUE_DATE = (453.0, 89.0, 540.0, 104.0)
TERMS = [
    "Terms of delivery",
    "",
    "1. The buyer checks the goods within ten days.",
    "2. Complaints are sent in writing, with a picture of the damage.",
    "3. Goods that were made to order are not taken back.",
]
PAGE_MILLISECONDS = 90_000  # a page takes 10 seconds, where nothing else runs


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pages; the date at which the invoice is due is smudged."""
    pytest.importorskip("rapidocr", reason="`make setup-ocr` installs it")
    with (
        pypdfium2.PdfDocument(INVOICE) as invoice,
        pypdfium2.PdfDocument(make_pdf([TERMS])) as terms,
    ):
        # Half a sheet: how long a page takes is a matter of its size.
        terms[0].set_mediabox(0, HEIGHT / 2, WIDTH, HEIGHT)
        invoice.import_pages(terms)
        both = io.BytesIO()
        invoice.save(both)
    file = tmp_path_factory.mktemp("scans") / "scan-2026-03-14.pdf"
    file.write_bytes(scanned(both.getvalue(), smudged=[DUE_DATE]))
    return file


def test_a_scanned_invoice_is_read_page_by_page_and_corrected_beside_its_text(
    reader: Reading, scan: Path
) -> None:
    amelia = reader(project="post room", viewport={"width": 1200, "height": 900})
    page = amelia.page
    result = page.get_by_role("heading", name="Result")
    amelia.open("/admin/extraction-jobs/new")
    page.get_by_label("Drop a file here").set_input_files(scan)
    page.get_by_label("invoice").check()
    page.get_by_label("Review").select_option("Always")
    look_at(page, "scan-new", looks=["light"])
    page.get_by_role("button", name="Start the job").click()
    expect(page.locator(".headline .badge")).to_be_visible()
    # A second page may take less time than the page waits: what it shows of the first is not missed.
    amelia.ask_often()
    expect(page.get_by_text("1 of 2 pages")).to_be_visible(timeout=PAGE_MILLISECONDS)
    look_at(page, "scan-reading", looks=["light"])

    expect(page.locator(".headline .badge")).to_have_text(
        "requires review", timeout=PAGE_MILLISECONDS
    )
    page.get_by_role("button", name="1074.57").first.click()
    expect(page.locator("mark.chosen").last).to_have_text("1,074.57")
    look_at(page, "scan-result", at=result, looks=["light"])

    page.get_by_role("combobox", name="Add a value to Invoice").select_option("due_date")
    page.keyboard.type("2026-04-11")
    page.keyboard.press("Enter")
    look_at(page, "scan-correcting", at=result, looks=["light"])
    page.get_by_role("region", name="Changes").get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_label("Note").fill("The due date is smudged.")
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    expect(page.locator(".headline .badge")).to_have_text("completed")
    look_at(page, "scan-corrected", at=result, looks=["light"])

    with page.expect_download() as download:
        page.get_by_role("button", name="JSON Lines").click()
    found = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    [invoice] = [each for each in found if each["type"] == "Invoice"]
    assert invoice["properties"]["due_date"] == "2026-04-11"
    assert invoice["properties"]["total"] == 1074.57
    assert "times the OCR's confidence" in json.dumps(invoice["evidence"])
