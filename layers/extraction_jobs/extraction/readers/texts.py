"""The formats of text, and how each is told from the others: by content, and by what a text is said to be."""

from __future__ import annotations

import re
from typing import Any

from extraction.document import document as kinds
from extraction.errors import PermanentError
from extraction.readers.format import Format, Source
from extraction.readers.not_read import READ
from extraction.readers.raw import Raw
from extraction.readers.text_builder import plain

_SAMPLE = 20_000  # characters
_HTML_START = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--[^>]{0,500}-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE,
)
_HTML_TAG = re.compile(
    r"</(?:p|div|table|tr|td|th|ul|ol|li|h[1-6]|dl|dd|dt|section|article|span|body)>", re.IGNORECASE
)
_MARKDOWN_SIGN = re.compile(
    r"^(?:#{1,6} \S|[-*] \[[ xX]\] |\|[^\n]{0,300}\|[ \t]*$|```|[-*] \*\*)|\*\*[^*\n]{1,80}\*\*",
    re.MULTILINE,
)


def looks_like_html(text: str, *, said: bool) -> bool:
    """Tell a page by how it begins and by its end tags; `said`: it is said to be one."""
    head = text[:_SAMPLE]
    if _HTML_START.match(head):
        return True
    tags = len(_HTML_TAG.findall(head))
    return bool(tags) and (said or (tags >= 3 and head.lstrip().startswith("<")))


def _is_html(source: Source) -> bool:
    return looks_like_html(source.text, said=source.said == kinds.HTML)


def _read_html(source: Source, _: Any) -> Raw:
    from extraction.readers.html import html_to_text

    page, title = html_to_text(source.text, source.limits)
    return Raw((page,), title)


def _xml(source: Source) -> Raw | None:
    """Return an XML invoice. Raises PermanentError if it declares that it is XML, and is none."""
    head = source.text[:_SAMPLE].lstrip()
    declared = head.startswith("<?xml")
    if not declared and not (head.startswith("<") and "xmlns" in head):
        return None
    from extraction.readers.xml_invoice import invoice_to_raw

    invoice = invoice_to_raw(source.content, source.limits)
    if invoice is None and declared:
        raise PermanentError(
            "The document is XML of a kind that is not read, or declares a document type (<!DOCTYPE …>), which is "
            f"refused; what is read is {READ}."
        )
    return invoice


def _json(source: Source) -> tuple[Any] | None:
    if not source.may_be(kinds.JSON, kinds.TEXT):
        return None
    from extraction.readers.json_text import parse_json

    value = parse_json(source.text, source.limits, said=source.said == kinds.JSON)
    return None if value is None else (value,)


def _read_json(_: Source, parsed: tuple[Any]) -> Raw:
    from extraction.readers.json_text import json_to_text

    return Raw((json_to_text(*parsed),))


def _is_markdown(source: Source) -> bool:
    """Tell Markdown by two of its signs, if it is not said to be something else."""
    if source.said is not None:
        return source.said == kinds.MARKDOWN
    return len(_MARKDOWN_SIGN.findall(source.text[:_SAMPLE])) >= 2


def _read_markdown(source: Source, _: Any) -> Raw:
    from extraction.readers.markdown import shown

    return Raw((plain(shown(source.text)),))


def _csv(source: Source) -> Any:
    if not source.may_be(kinds.CSV, kinds.TEXT):
        return None
    from extraction.readers.csv_table import csv_dialect

    return csv_dialect(source.text, said=source.said == kinds.CSV)


def _read_csv(source: Source, dialect: Any) -> Raw:
    from extraction.readers.csv_table import csv_to_text

    return Raw((csv_to_text(source.text, dialect),))


HTML = Format(
    kinds.HTML, _is_html, _read_html, f"{kinds.HTML} application/xhtml+xml html htm xhtml"
)
XML = Format(kinds.XML, _xml, lambda _, invoice: invoice)
JSON = Format(
    kinds.JSON,
    _json,
    _read_json,
    f"{kinds.JSON} application/x-ndjson application/jsonl text/json json jsonl ndjson",
)
MARKDOWN = Format(
    kinds.MARKDOWN, _is_markdown, _read_markdown, f"{kinds.MARKDOWN} text/x-markdown md markdown"
)
CSV = Format(
    kinds.CSV, _csv, _read_csv, f"{kinds.CSV} text/tab-separated-values application/csv csv tsv"
)
TEXT = Format(
    kinds.TEXT, lambda _: True, lambda source, _: Raw((plain(source.text),)), f"{kinds.TEXT} txt"
)
