"""XML invoices, told by their root element, as text: a line per element, indented by its depth, with its value.

    ExchangedDocument
      ID: 471102
      IssueDateTime
        DateTimeString (format=102): 20180305

Namespaces and their prefixes are left out. A document type declaration is refused, and with it every entity: nothing
is looked up outside, and nothing grows.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from xml.parsers import expat

from extraction.document.document import Limits
from extraction.errors import PermanentError
from extraction.readers.format import check_size
from extraction.readers.raw import Raw

INDENT = "  "
NOT_READ = "(not read)"  # stands for the content of a file that is attached to an element
MAX_DEPTH = 60  # the invoice standards need 12
_SEPARATOR = " "  # between a namespace and a name; in neither of them
_DECLARATION_WITHIN = 200
_UNSAFE = re.compile(r"[\s(),=]+")
_MAX_ATTRIBUTE = 200
_FILES = frozenset(("AttachmentBinaryObject", "EmbeddedDocumentBinaryObject", "Attachment"))

# The root elements of invoices: the name, and how the namespace begins.
_ROOTS = (
    ("CrossIndustryInvoice", "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:"),
    ("CrossIndustryDocument", "urn:ferd:CrossIndustryDocument:"),
    ("Invoice", "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"),
    ("CreditNote", "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"),
    ("FatturaElettronica", "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/"),
    ("FatturaElettronica", "http://www.fatturapa.gov.it/sdi/fatturapa/"),
)


def invoice_to_raw(content: bytes, limits: Limits) -> Raw | None:
    """Return an invoice, whose XML is all there is of it; None if the root element is none of an invoice.

    Neither is what stands behind a document type. Raises PermanentError if the invoice is not well-formed, or larger
    or deeper than the limits.
    """
    lines = _Lines(limits)
    encoding = None
    # What is UTF-8 is read as such: the declaration may be of the file that a text was copied from.
    if b"\0" not in content[:_DECLARATION_WITHIN]:  # as in UTF-16
        with suppress(UnicodeDecodeError):
            content.decode("utf-8")
            encoding = "utf-8"
    parser = expat.ParserCreate(encoding, namespace_separator=_SEPARATOR)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = lines.start
    parser.EndElementHandler = lines.end
    parser.CharacterDataHandler = lines.characters
    try:
        parser.Parse(content, True)
    except _NoInvoiceError:
        return None
    except (expat.ExpatError, LookupError, ValueError) as error:
        if not lines.lines:
            return None
        code, line = getattr(error, "code", 0), getattr(error, "lineno", 0)
        reason = expat.errors.messages.get(code, "its encoding is not known")
        raise PermanentError(
            f"The XML is broken at line {line}: {reason}. Export it again from the program that made it."
        ) from None
    return Raw((), e_invoices=("\n".join(lines.lines) + "\n",))


class _NoInvoiceError(Exception):
    """Ends a parse that has seen enough."""


def _refuse(*_: object) -> None:
    raise _NoInvoiceError


@dataclass(slots=True)
class _Lines:
    """Writes a line when an element begins, and its value onto it when the element ends."""

    limits: Limits
    lines: list[str] = field(default_factory=list)
    open: list[tuple[int, str, list[str]]] = field(default_factory=list)
    size: int = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(_SEPARATOR)
        if not self.lines and not any(
            local == root and namespace.startswith(known) for root, known in _ROOTS
        ):
            raise _NoInvoiceError
        if len(self.open) >= MAX_DEPTH:
            raise PermanentError(f"The XML is nested more than {MAX_DEPTH} deep.")
        check_size("XML elements", len(self.lines) + 1, self.limits.max_lines, "Split it.")
        said = [
            f"{key.rpartition(_SEPARATOR)[2]}={_UNSAFE.sub(' ', value).strip()[:_MAX_ATTRIBUTE]}"
            for key, value in attributes.items()
            if value.strip()
        ]
        line = INDENT * len(self.open) + local + (f" ({', '.join(said)})" if said else "")
        self.open.append((len(self.lines), local, []))
        self.lines.append(line)
        self.grow(len(line))

    def characters(self, text: str) -> None:
        self.grow(len(text))
        if self.open:
            self.open[-1][2].append(text)

    def end(self, _: str) -> None:
        at, local, parts = self.open.pop()
        value = " ".join("".join(parts).split())
        if value:
            self.lines[at] += f": {NOT_READ if local in _FILES else value}"

    def grow(self, characters: int) -> None:
        self.size += characters
        check_size("characters", self.size, self.limits.max_characters)
