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
from extraction.readers.raw import Raw

INDENT = "  "
NOT_READ = "(not read)"  # stands for the content of a file that is attached to an element
MAX_DEPTH = 60  # the invoice standards need 12
_SEPARATOR = " "  # between a namespace and a name; in neither of them
_DECLARATION_WITHIN = 200
_ROOT_WITHIN = (
    64_000  # bytes before which a root element begins: the licences that stand above it are long
)
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


@dataclass(frozen=True, slots=True)
class Root:
    """The outermost element: its namespace (empty without one) and its local name."""

    namespace: str
    name: str


def invoice_to_raw(content: bytes, limits: Limits) -> Raw | None:
    """Return an invoice, whose XML is all there is of it; None if the root element is none of an invoice.

    Raises PermanentError if it is broken or larger than the limits.
    """
    root = root_of(content)
    if root is None or not any(
        root.name == name and root.namespace.startswith(namespace) for name, namespace in _ROOTS
    ):
        return None
    return Raw((), e_invoices=(xml_to_text(content, limits),))


def root_of(content: bytes) -> Root | None:
    """Return the root element, or None if there is none or a document type stands before it."""
    found: list[Root] = []

    def start(name: str, _: object) -> None:
        found.append(_root(name))
        raise _FoundError

    parser = _parser(content)
    parser.StartElementHandler = start
    with suppress(_FoundError, PermanentError, expat.ExpatError, LookupError, ValueError):
        parser.Parse(content[:_ROOT_WITHIN], False)
    return found[0] if found else None


def xml_to_text(content: bytes, limits: Limits) -> str:
    """Return an XML document as lines.

    Raises PermanentError if it is not well-formed, declares a document type, or is larger or deeper than the limits.
    """
    if len(content) > limits.max_bytes:
        raise PermanentError(
            f"The XML has {len(content)} bytes; the limit is {limits.max_bytes}. Take out what is attached to it."
        )
    lines = _Lines(limits)
    parser = _parser(content)
    parser.StartElementHandler = lines.start
    parser.EndElementHandler = lines.end
    parser.CharacterDataHandler = lines.characters
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        reason = expat.errors.messages[error.code]
        raise PermanentError(
            f"The XML is broken at line {error.lineno}: {reason}. Export it again from the program that made it."
        ) from None
    except (LookupError, ValueError):
        raise PermanentError(
            "The XML is in an encoding that is not known. Send it as UTF-8."
        ) from None
    return "\n".join(lines.lines) + "\n"


class _FoundError(Exception):
    """Ends a parse that has seen enough."""


def _parser(content: bytes) -> expat.XMLParserType:
    # What is UTF-8 is read as such: the declaration may be of the file that a text was copied from.
    encoding = "utf-8" if _is_utf8(content) else None
    parser = expat.ParserCreate(encoding, namespace_separator=_SEPARATOR)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _is_utf8(content: bytes) -> bool:
    if b"\0" in content[:_DECLARATION_WITHIN]:
        return False  # UTF-16
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _refuse_doctype(*_: object) -> None:
    raise PermanentError(
        "The XML declares a document type, with which entities could be made to grow or to read other files. "
        "Send it without its <!DOCTYPE …>."
    )


def _root(name: str) -> Root:
    namespace, _, local = name.rpartition(_SEPARATOR)
    return Root(namespace, local)


@dataclass(slots=True)
class _Lines:
    """Writes a line when an element begins, and its value onto it when the element ends."""

    limits: Limits
    lines: list[str] = field(default_factory=list)
    open: list[tuple[int, str, list[str]]] = field(default_factory=list)
    size: int = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise PermanentError(f"The XML is nested more than {MAX_DEPTH} deep.")
        if len(self.lines) >= self.limits.max_lines:
            raise PermanentError(
                f"The XML has more than {self.limits.max_lines} elements, which is the limit. Split it."
            )
        local = name.rpartition(_SEPARATOR)[2]
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
        if self.size > self.limits.max_characters:
            raise PermanentError(
                f"The XML has more than {self.limits.max_characters} characters, which is the limit. Split it."
            )
