"""What a message is made of: the text of its body, and the files that came with it.

All texts of a message are read, in their order. Of alternatives one is read, and the files of all of them. A text with
a file name is a file, as is whatever is not text; a message without parts may be one. A signature is neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header
from email.message import Message

from extraction.document.document import MAIL, Limits
from extraction.document.typed import TypedText
from extraction.errors import PermanentError
from extraction.readers.decoding import decode, decode_as
from extraction.readers.html import html_to_text
from extraction.readers.raw import Attachment
from extraction.readers.signed import ENVELOPED, SIGNED, kind_of, signed_content
from extraction.readers.text_builder import joined, plain

_STUB_CHARACTERS = 400  # a plain body up to so long may only point to the page beside it
# Parts that say nothing: signatures, how a page looks, and the same page for other programs.
_SILENT = frozenset(
    (
        "application/pgp-signature",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "text/css",
        "text/javascript",
        "text/watch-html",
        "text/x-amp-html",
    )
)
_SEALED = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))
_REPORT = "message/delivery-status"
_MESSAGES = frozenset((MAIL, "message/global", _REPORT))
_ENCRYPTED = "The e-mail is encrypted. Send it decrypted."
_BROKEN_SIGNATURE = (
    "The e-mail is signed in a way that hides its text, and the signature is broken. "
    "Send it without the signature."
)
_UNREADABLE = {
    "multipart/encrypted": _ENCRYPTED,
    **dict.fromkeys(
        ("message/external-body", "message/partial"),
        "A part of the e-mail is kept elsewhere and was not read.",
    ),
}
_DECORATION_BYTES = 60_000  # a larger picture in a page may be a scan or a photograph of a document
_DEEPEST = 50
_HEADER = re.compile(rb"\s*[A-Za-z][A-Za-z0-9-]{1,60}[ \t]?:")
_FIGURE = re.compile(r"\d+(?:[.,:/-]\d+)*")
_EMPTY = TypedText("")
_BODIES = frozenset(("text/plain", "text/html", "text/enriched", "text/richtext"))


@dataclass(frozen=True, slots=True)
class Content:
    """What a message or one of its parts holds. `not_read` are sentences on what of it cannot be read."""

    body: TypedText = _EMPTY
    files: tuple[Attachment, ...] = ()
    not_read: tuple[str, ...] = ()


def content_of(message: Message, limits: Limits) -> Content:
    """Return the body and the files of a message.

    Raises PermanentError if all of it is encrypted.
    """
    found = _content(message, limits, 0)
    if any(type(defect).__name__ == "CloseBoundaryNotFoundDefect" for defect in message.defects):
        found = _joined(
            [found, Content(not_read=("The e-mail is cut short: its end is missing.",))]
        )
    if found.not_read and not found.body.text.strip() and not found.files:
        raise PermanentError(found.not_read[0])
    return found


def _content(part: Message, limits: Limits, depth: int) -> Content:
    kind = part.get_content_type()
    if depth > _DEEPEST:
        return Content(not_read=("The e-mail has parts within parts that were not read.",))
    if kind in _UNREADABLE:
        return Content(not_read=(_UNREADABLE[kind],))
    if kind in _MESSAGES:
        return _message_within(part, kind)
    if part.is_multipart():
        inner = [_content(each, limits, depth + 1) for each in _parts(part)]
        if kind == "multipart/alternative":
            return _best(part, inner)
        if kind == "multipart/related":
            return _shown_in(_joined(inner))
        return _joined(inner)
    if kind in _SILENT:
        return Content()
    if kind in _SEALED:
        return _sealed(part, limits, depth)
    return _leaf(part, kind, limits)


def _leaf(part: Message, kind: str, limits: Limits) -> Content:
    name = _name(part)
    if part.get_content_disposition() == "attachment" or not _is_body(kind, name):
        return Content(files=(_file(part, kind, name),))
    try:
        return Content(_text(part, kind, limits))
    except PermanentError as error:
        return Content(not_read=(f"A part of the e-mail's text was not read: {error}",))


def _is_body(kind: str, name: str | None) -> bool:
    if kind.startswith("multipart/"):
        return True  # without its boundary: what stands in it is all there is
    return kind == "text/html" or (kind in _BODIES and name is None)


def _message_within(part: Message, kind: str) -> Content:
    """Return a message as a file; what a mail server reports as text."""
    inner = _parts(part)
    if kind == _REPORT:
        return Content(plain("\n".join(each.as_string() for each in inner)))
    content = inner[0].as_bytes() if inner else _bytes(part)
    return Content(files=(Attachment(MAIL, _name(part), content),))


def _best(part: Message, inner: list[Content]) -> Content:
    """Return the alternative to be read: the plain text, unless it only points to the page beside it or says less."""
    texts = [each for each in inner if each.body.text.strip()]
    first, last = (texts[0], texts[-1]) if texts else (Content(), Content())
    kinds = [each.get_content_type() for each in _parts(part)]
    if kinds and kinds[0] == "text/html":  # the order of those who do not know the order
        first, last = last, first
    short = len(first.body.text) <= _STUB_CHARACTERS
    # "View this message in a browser" is no body.
    richer = len(last.body.text.strip()) > 2 * len(first.body.text.strip())
    # Where the page has figures that the plain text leaves out, and not the other way round, it is the fuller one.
    said, shown = (set(_FIGURE.findall(each.body.text)) for each in (first, last))
    chosen = last if (short and richer) or len(shown - said) > len(said - shown) else first
    return _joined(
        [Content(chosen.body), *(Content(_EMPTY, each.files, each.not_read) for each in inner)]
    )


def _shown_in(page: Content) -> Content:
    """Return a page with its pictures marked as what it shows."""
    return Content(
        page.body,
        tuple(
            Attachment(file.media_type, file.name, file.content, True)
            if file.media_type.startswith("image/") and len(file.content) < _DECORATION_BYTES
            else file
            for file in page.files
        ),
        page.not_read,
    )


def _sealed(part: Message, limits: Limits, depth: int) -> Content:
    """Return what a part holds that is signed and not also readable as it stands."""
    content = _bytes(part)
    signed = signed_content(content)
    if signed is not None and _HEADER.match(signed):
        return _content(message_from_bytes(signed), limits, depth + 1)
    if signed is not None:  # a signed file
        name = (_name(part) or "").removesuffix(".p7m") or None
        return Content(files=(Attachment("application/octet-stream", name, signed),))
    kind = kind_of(content) or str(part.get_param("smime-type", ""))
    if kind in (SIGNED, "signed-data"):
        return Content(not_read=(_BROKEN_SIGNATURE,))
    if kind in (ENVELOPED, "enveloped-data", "authEnveloped-data", ""):
        return Content(not_read=(_ENCRYPTED,))
    return Content(
        not_read=("The e-mail is sealed in a way that is not read. Send what is in it.",)
    )


def _joined(contents: Iterable[Content]) -> Content:
    bodies: list[TypedText] = []
    files: list[Attachment] = []
    not_read: list[str] = []
    for each in contents:
        if each.body.text.strip():
            bodies.append(each.body)
        files += each.files
        not_read += each.not_read
    return Content(joined(bodies, "\n"), tuple(files), tuple(dict.fromkeys(not_read)))


def _parts(message: Message) -> list[Message]:
    payload = message.get_payload()
    return (
        [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []
    )


def _file(part: Message, kind: str, name: str | None) -> Attachment:
    charset = _charset(part)
    return Attachment(f"{kind}; charset={charset}" if charset else kind, name, _bytes(part))


def _name(part: Message) -> str | None:
    """Return a part's file name, encoded words decoded."""
    try:
        name = part.get_filename()
        if name is None:
            return None
        words = [
            word if isinstance(word, str) else (decode_as(word, charset or "utf-8") or "")
            for word, charset in decode_header(name)
        ]
    except Exception:  # noqa: BLE001 - a header can be broken in more ways than the parser foresees
        return ""
    return "".join(words)


def _charset(part: Message) -> str:
    try:
        return str(part.get_content_charset("") or "")
    except Exception:  # noqa: BLE001 - as above
        return ""


def _bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _text(part: Message, kind: str, limits: Limits) -> TypedText:
    """Return a part's text. Raises PermanentError if it is none."""
    content = _bytes(part)
    if not content.strip():
        return _EMPTY
    text = decode(content, _charset(part))
    return html_to_text(text, limits)[0] if kind == "text/html" else plain(text)
