"""E-invoices: exact values in the requested types, each with its element, before what the pages say."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extraction import (
    ExtractedObject,
    Extraction,
    OfflineExtractor,
    Options,
    extract_document,
    requested_object_types,
)
from extraction.llm import HybridExtractor, ModelExtractor
from extraction.rules.e_invoice import matching, with_e_invoices
from extraction.rules.e_invoice.invoices import read_syntax
from tests.pdfs import Pdf, text_at
from tests.unit.extraction import papers
from tests.unit.extraction.llm.scripted import Scripted
from tests.unit.extraction.papers import Asked, citations, inside, read, rows

SOURCES = Path(__file__).parent / "sources" / "e_invoices"
CII, UBL = ((SOURCES / f"{name}.xml").read_text("utf-8") for name in ("cii", "ubl"))
# What XML can hold, with the marks that the lines of the text are made of.
NAMES = st.text(
    st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from(":()=,[]/ "), max_size=40
).filter(lambda name: not {"\ufffe", "\uffff"} & set(name))
PAGE = (
    "Invoice no: MB-2025/118", "Invoice date: 14.03.2025", "Subtotal: 447.00 EUR", "VAT: 29.49 EUR",
    "Total: 476.49 EUR", "Payment due: 28.03.2025", "Shipping: 12.50 EUR",
)  # fmt: skip


def xml(name: str) -> bytes:
    return (SOURCES / f"{name}.xml").read_bytes()


def pdf(lines: tuple[str, ...], content: str, name: str = "factur-x.xml") -> bytes:
    made = Pdf()
    made.page(b"".join(text_at(56, 80 + 20 * at, line) for at, line in enumerate(lines)))
    made.attach(name, content.encode())
    return made.bytes()


def extracted(content: bytes, types: Asked = "invoice", **options: Any) -> Extraction:
    return papers.extracted(content, types, Options(**options))


def invoices(content: bytes, types: Asked = "invoice") -> list[ExtractedObject]:
    return [each for each in extracted(content, types).objects if each.type == "Invoice"]


def only(content: bytes, types: Asked = "invoice") -> ExtractedObject:
    (found,) = invoices(content, types)
    return found


def assert_quotes_stand(content: bytes, found: ExtractedObject) -> None:
    text = read(content).text
    quoted = list(citations(found.evidence))
    assert quoted
    for citation in quoted:
        assert text[citation["start"] : citation["end"]] == citation["quote"]


def test_cii_fills_the_ready_made_invoice_exactly() -> None:
    found = only(xml("cii"))
    assert found.properties == {
        "invoice_number": "MB-2025/118",
        "issue_date": "2025-03-14",
        "due_date": "2025-03-28",
        "supplier": "Mühlenbäckerei Okafor GmbH",
        "supplier_tax_number": "DE136695976",
        "customer": "Hafenküche eG",
        "purchase_order": "PO-7731",
        "currency": "EUR",
        "subtotal": 447,
        "tax": 29.49,
        "total": 476.49,
        "iban": "DE02120300000000202051",
        "payment_terms": "14 days net",
        "line_items": [{"code": "BRT-4", "description": "Rye bread", "quantity": 120, "unit_price": 3.85,
                        "tax_rate": 7, "amount": 462},
                       {"code": "CRT-1", "description": "Crates taken back", "quantity": -6, "unit_price": 2.5,
                        "tax_rate": 19, "amount": -15}],
    }  # fmt: skip
    assert_quotes_stand(xml("cii"), found)


def test_evidence_names_the_element() -> None:
    evidence = only(xml("cii")).evidence
    settled = "CrossIndustryInvoice/SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement"
    sums = f"{settled}/SpecifiedTradeSettlementHeaderMonetarySummation"
    (tax,) = evidence["tax"]["citations"]
    assert (tax["element"], tax["quote"]) == (f"{sums}/TaxTotalAmount[2]", "29.49")
    assert evidence["tax"]["method"] == "e_invoice"
    (price,) = evidence["line_items"][1]["unit_price"]["citations"]
    assert price["element"].startswith(
        "CrossIndustryInvoice/SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem[2]/"
    )


def test_the_smallest_profile_gives_what_it_has() -> None:
    assert only(xml("minimum")).properties == {
        "invoice_number": "F-9", "issue_date": "2025-01-02", "supplier": "Atelier Vannier",
        "customer": "Mairie de Sault", "currency": "EUR", "subtotal": 250, "tax": 50, "total": 300,
    }  # fmt: skip


def test_zugferd_1_is_read_under_its_own_names() -> None:
    found = only(xml("zugferd_1"))
    assert found.properties == {
        "invoice_number": "Z1-5",
        "issue_date": "2015-07-07",
        "supplier": "Kontor Ost",
        "customer": "Lina Brandt",
        "purchase_order": "B-3",
        "currency": "EUR",
        "subtotal": 10,
        "tax": 1.9,
        "tax_rate": 19,
        "total": 11.9,
        "line_items": [{"description": "Postcards", "quantity": 2, "unit_price": 5, "tax_rate": 19, "amount": 10}],
    }  # fmt: skip
    (total,) = found.evidence["total"]["citations"]
    assert "/ApplicableSupplyChainTradeSettlement/" in total["element"]


@pytest.mark.parametrize("name", ["ubl", "ubl_credit_note"])
def test_ubl_fills_the_ready_made_invoice_exactly(name: str) -> None:
    found = only(xml(name))
    assert found.properties == {
        "invoice_number": "UB-31",
        "issue_date": "2025-04-01",
        "due_date": "2025-05-01",
        "supplier": "Lund Design AB",
        "supplier_tax_number": "SE556036079301",
        "customer": "Region Norr",
        "purchase_order": "ORD-5",
        "currency": "SEK",
        "subtotal": 1000.5,
        "tax": 250.13,
        "tax_rate": 25,
        "total": 1250.63,
        "iban": "SE4550000000058398257466",
        "line_items": [{"code": "SK", "description": "Sketches", "quantity": 1.5, "unit_price": 667, "tax_rate": 25,
                        "amount": 1000.5}],
    }  # fmt: skip
    assert_quotes_stand(xml(name), found)


def test_each_body_of_a_fatturapa_is_an_invoice_with_its_sums_added_up() -> None:
    first, second = invoices(xml("fatturapa"))
    assert first.properties == {
        "invoice_number": "18",
        "issue_date": "2025-02-03",
        "due_date": "2025-03-31",
        "supplier": "Frantoio Serra S.r.l.",
        "supplier_tax_number": "IT01234567897",
        "customer": "Mara Rossi",
        "purchase_order": "OA-18",
        "currency": "EUR",
        "subtotal": 440,
        "tax": 23,
        "total": 463,
        "iban": "IT60X0542811101000000123456",
        "line_items": [{"description": "Olio d'oliva, 5 l", "quantity": 10, "unit_price": 41, "tax_rate": 4,
                        "amount": 410},
                       {"description": "Trasporto", "unit_price": 30, "tax_rate": 22, "amount": 30}],
    }  # fmt: skip
    # The second does not state its total.
    assert (second.properties["invoice_number"], second.properties["total"]) == ("19", 463)
    assert [c["quote"] for c in second.evidence["total"]["citations"]] == [
        "410.00", "30.00", "16.40", "6.60",
    ]  # fmt: skip
    for found in (first, second):
        assert_quotes_stand(xml("fatturapa"), found)


TEXT, NUMBER = {"type": "string"}, {"type": "number"}
OWN_TYPES = {"Bill": inside(
    kind={"type": "string", "enum": ["invoice", "credit_note"]},
    vendor=inside(name=TEXT, vat_id=TEXT, address=inside(street=TEXT, zip=TEXT)),
    supplier_address={"type": "string", "format": "address"},
    customer_number=TEXT,
    delivered={"type": "string", "format": "date", "x-labels": ["delivery date"]},
    amounts=inside(net=NUMBER, gross=NUMBER, amount_due=NUMBER),
    bezahlt={"type": "number", "title": "Anzahlung"},
    notes={"type": "array", "items": TEXT},
    taxes=rows(rate=NUMBER, amount=NUMBER),
    positions=rows(pos={"type": "integer"}, name=TEXT, description=TEXT, unit=TEXT, list_price=NUMBER),
)}  # fmt: skip


def test_a_type_of_ones_own_is_filled_by_what_its_labels_mean() -> None:
    (found,) = extracted(xml("cii"), OWN_TYPES).objects
    assert found.properties == {
        "kind": "invoice",
        "vendor": {"name": "Mühlenbäckerei Okafor GmbH", "vat_id": "DE136695976",
                   "address": {"street": "Am Wehr 3", "zip": "21073"}},
        "supplier_address": "Am Wehr 3, 21073, Hamburg, DE",
        "customer_number": "K-2040",
        "delivered": "2025-03-12",
        "amounts": {"net": 447, "gross": 476.49, "amount_due": 376.49},
        "bezahlt": 100,
        "notes": ["Delivered to the rear entrance."],
        "taxes": [{"rate": 7, "amount": 32.34}, {"rate": 19, "amount": -2.85}],
        "positions": [{"pos": 1, "name": "Rye bread", "description": "Baked on the day", "unit": "H87",
                       "list_price": 4},
                      {"pos": 2, "name": "Crates taken back", "unit": "H87"}],
    }  # fmt: skip
    assert_quotes_stand(xml("cii"), found)
    unit = found.evidence["positions"][0]["unit"]["citations"][0]
    assert unit["element"].endswith("/BilledQuantity/@unitCode")


def test_a_credit_note_is_told_by_its_type_code() -> None:
    (found,) = extracted(xml("ubl_credit_note"), OWN_TYPES).objects
    assert found.properties["kind"] == "credit_note"


def test_a_value_that_the_schema_rules_out_is_left_out() -> None:
    schema = {"Invoice": {"properties": {"number": {"type": "string", "pattern": "^[0-9]+$"}}}}
    assert not extracted(xml("cii"), schema).objects


def test_a_type_that_is_no_invoice_takes_nothing_from_one() -> None:
    types = ["invoice", "contract"]
    assert {each.type for each in extracted(xml("cii"), types).objects} == {"Invoice"}


@pytest.mark.parametrize(
    ("name", "others", "filled"),
    [
        ("SupplierInvoice", (), True),
        ("Eingang", ("Rechnung",), True),
        ("Record", (), True),
        ("Order", (), False),
        ("InvoiceLine", (), False),
    ],
)
def test_a_type_is_an_invoice_by_its_name_or_by_its_properties_if_the_name_says_nothing(
    name: str, others: tuple[str, ...], filled: bool
) -> None:
    properties = {"number": {"type": "string"}, "total": {"type": "number"}}
    types = {name: {"properties": properties, "x-labels": list(others)}}
    assert [each.type for each in extracted(xml("cii"), types).objects] == [name] * filled


def test_every_term_has_labels_and_every_path_a_term() -> None:
    terms = matching.read_terms()
    reached = {
        term for index in matching._indexes().values() for found in index.values() for term in found
    }
    assert reached == set(terms)
    for name in ("cii", "ubl", "fatturapa"):
        ways = [way.term for group in read_syntax(name).ways.values() for way in group]
        found = {f"{p}{t[5:]}" for t in ways if t.startswith("party") for p in ("seller", "buyer")}
        assert found | {term for term in ways if not term.startswith("party")} <= set(terms)
    assert {term.instead for term in terms.values()} - {""} <= set(terms)


def test_xml_inside_a_pdf_goes_before_the_page_and_the_page_adds_what_it_lacks() -> None:
    content = pdf(PAGE, CII)
    found = only(content)
    assert found.properties["shipping"] == 12.5  # of which the XML says nothing
    assert found.evidence["shipping"]["citations"][0]["page"] == 1
    assert found.evidence["total"]["method"] == "e_invoice"
    assert found.evidence["total"]["citations"][0]["page"] is None
    assert len(found.properties["line_items"]) == 2
    assert_quotes_stand(content, found)
    assert extracted(content).review_reasons == ()


def test_the_only_invoice_of_the_xml_is_the_first_of_the_page_that_has_no_other_number() -> None:
    document = read(pdf(PAGE, CII))
    types = requested_object_types("invoice")
    proof = {"confidence": 0.5, "confidence_basis": "x", "method": "fact", "citations": []}
    page = [
        ExtractedObject("Invoice", {name: value}, {name: proof}, 0.5, 0, 1)
        for name, value in (("invoice_number", "of another"), ("notes", "kept"), ("notes", "more"))
    ]
    other, found, more = with_e_invoices(document, types, Options(), page, 0.5).objects
    assert (other, more) == (page[0], page[2])
    assert found.properties["notes"] == "kept"
    assert found.evidence["invoice_number"]["method"] == "e_invoice"


def test_the_text_of_the_pages_is_the_same_with_the_xml_and_without() -> None:
    page_alone = Pdf()
    page_alone.page(b"".join(text_at(56, 80 + 20 * at, line) for at, line in enumerate(PAGE)))
    plain, whole = read(page_alone.bytes()), read(pdf(PAGE, CII))
    assert whole.text_of_pages.rstrip() == plain.text.rstrip()
    assert whole.pages == plain.pages


@pytest.mark.parametrize(
    ("line", "shown", "path"),
    [
        (4, "Total: 467.49 EUR", "total"),
        (0, "Invoice no: MB-2025/811", "invoice_number"),
        (5, "Payment due: 29.03.2025", "due_date"),
        (3, "VAT: 89.49 EUR", "tax"),
    ],
)
def test_a_page_that_says_otherwise_asks_for_review(line: int, shown: str, path: str) -> None:
    lines = (*PAGE[:line], shown, *PAGE[line + 1 :])
    content = pdf(lines, CII)
    result = extracted(content)
    (reason,) = result.review_reasons
    at = read(content).text.index(shown.split(": ")[1].removesuffix(" EUR"))
    assert f"differ on {path} of Invoice" in reason
    assert f"the page at {at}–" in reason
    assert shown.split(": ")[1] not in reason  # where, and not what
    found = only(content)
    assert found.evidence[path]["method"] == "e_invoice"


def test_a_page_that_writes_the_same_values_another_way_agrees() -> None:
    lines = (
        "Rechnungsnummer: MB-2025/118", "Rechnungsdatum: 14. März 2025", "Nettobetrag: 447,00 EUR",
        "Gesamtbetrag: EUR 476,49", "Fällig am: 28.03.25",
    )  # fmt: skip
    assert extracted(pdf(lines, CII)).review_reasons == ()


def test_a_page_without_the_total_asks_for_review() -> None:
    (reason,) = extracted(pdf((*PAGE[:4], *PAGE[5:]), CII)).review_reasons
    assert reason.startswith("The page does not show total of Invoice: the XML has it at ")


def test_a_scanned_page_with_xml_is_read_by_its_xml() -> None:
    made = Pdf()
    made.scan()
    made.attach("factur-x.xml", CII.encode())
    document = read(made.bytes())
    assert document.pages_without_text == (1,)
    assert only(made.bytes()).properties["total"] == 476.49


def test_rules_do_not_read_the_xml_as_text() -> None:
    found = extracted(xml("cii"), ["invoice", "contact", "contract", "requirements"]).objects
    assert {each.type for each in found} == {"Invoice"}
    assert {c["alignment"] for each in found for c in citations(each.evidence)} == {"exact"}


def test_coverage_of_a_bare_xml_is_the_share_of_its_values_that_are_cited() -> None:
    little = {"Invoice": {"properties": {"total": {"type": "number"}}}}
    less, more = (extracted(xml("cii"), types).coverage for types in (little, "invoice"))
    assert 0 < less < more < 1


@settings(max_examples=20)
@given(name=NAMES, size=st.integers(1, 400))
def test_any_name_is_quoted_exactly_however_the_document_is_cut(name: str, size: int) -> None:
    content = CII.replace("Rye bread", escape(name))
    document = read(pdf(PAGE, content))
    types = requested_object_types("invoice")
    cut, whole = (
        extract_document(OfflineExtractor(), document, types, options).extraction
        for options in (Options(chunk_characters=size), Options())
    )
    assert cut.objects == whole.objects
    (found,) = (each for each in whole.objects if each.type == "Invoice")
    for citation in citations(found.evidence):
        assert document.text[citation["start"] : citation["end"]] == citation["quote"]


def test_a_model_is_put_right_by_the_xml_alone_and_beside_the_rules() -> None:
    wrong = {"Invoice": [{"object_id": "i", "total": {"value": 100, "quote": "100.00"}}]}
    for extractor in (ModelExtractor, HybridExtractor):
        made = extractor(Scripted([wrong] * 20))
        result = extract_document(
            made,
            read(xml("cii")),
            requested_object_types("invoice"),
            Options(chunk_characters=10**6),
        ).extraction
        (found,) = (each for each in result.objects if each.type == "Invoice")
        assert (found.properties["total"], found.evidence["total"]["method"]) == (
            476.49,
            "e_invoice",
        )


def test_what_the_xml_settles_is_no_dispute_between_model_and_rules() -> None:
    wrong = {"Invoice": [{"object_id": "i", "total": {"value": 447, "quote": "447.00"}}]}
    result = extract_document(
        HybridExtractor(Scripted([wrong])),
        read(pdf(PAGE, CII)),
        requested_object_types("invoice"),
        Options(chunk_characters=10**6),
    ).extraction
    assert not [reason for reason in result.review_reasons if "disagree" in reason]


def test_files_attached_inside_the_xml_ask_for_review() -> None:
    attached = (
        "<cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID><cac:Attachment>"
        '<cbc:EmbeddedDocumentBinaryObject mimeCode="application/pdf">JVBERi0=</cbc:EmbeddedDocumentBinaryObject>'
        "</cac:Attachment></cac:AdditionalDocumentReference>"
    )
    content = UBL.replace("<cac:OrderReference>", f"{attached}<cac:OrderReference>").encode()
    assert "JVBERi0" not in read(content).text
    (reason,) = extracted(content).review_reasons
    assert reason == "1 file(s) attached inside an e-invoice's XML were not read."


def test_an_invoice_that_is_embedded_twice_is_one() -> None:
    made = Pdf()
    made.page(text_at(56, 80, "Invoice no: UB-31, total: 1250.63 SEK"))
    for name in ("factur-x.xml", "xrechnung.xml"):
        made.attach(name, xml("ubl"))
    assert only(made.bytes()).properties["total"] == 1250.63


def test_invoices_attached_to_a_mail_are_read_with_their_xml() -> None:
    from email.message import EmailMessage

    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@b.example", "c@d.example", "Invoices"
    mail["Message-ID"] = "<1@b.example>"
    mail.set_content("Please find our invoices attached.")
    mail.add_attachment(pdf(PAGE, CII), maintype="application", subtype="pdf", filename="1.pdf")
    mail.add_attachment(xml("ubl"), maintype="application", subtype="xml", filename="2.xml")
    found = invoices(mail.as_bytes())
    numbers = {each.properties["invoice_number"]: each.properties["total"] for each in found}
    assert numbers == {"MB-2025/118": 476.49, "UB-31": 1250.63}
    for each in found:
        assert_quotes_stand(mail.as_bytes(), each)
