"""An e-mail to text: its headers as labels, the text of its body, and the files that came with it, still to be read.

All texts of a message are read, in their order. Of alternatives one is read, and the files of all of them. A text with
a file name is a file, as is whatever is not text; a message without parts may be one. A signature is neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.header import decode_header
from email.message import Message

from extraction.document.document import MAIL, Limits
from extraction.document.typed import TypedText
from extraction.errors import PermanentError
from extraction.readers.decoding import decode, decode_as
from extraction.readers.formats import message_in
from extraction.readers.html import html_to_text
from extraction.readers.raw import Attachment, Raw
from extraction.readers.signed import ENVELOPED, SIGNED, opened
from extraction.readers.text_builder import joined, plain

# Read once before children are forked: what a parser loads for its first document is there in each child.
SAMPLE = b"""From: =?utf-8?Q?=C3=84?= <a@b.example>
Content-Type: multipart/alternative; boundary=x

--x
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

=E4
--x
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PHN0eWxlPi5he2Rpc3BsYXk6bm9uZX08L3N0eWxlPjx0YWJsZT48dHI+PHRkPmE8dGQ+YjwvdGFibGU+
--x--
"""

_SHOWN = ("From", "To", "Cc", "Date", "Subject", "Reply-To")
_MAILBOX = re.compile(rb"\r?\n\r?\n(?=From [^\r\n]{1,200}\d{4}[^\r\n]{0,20}\r?\n[A-Za-z-]{1,60}:)")
_END_OF_HEAD = re.compile(rb"(\r?\n\r?\n|\Z)")
_BLANK_BEFORE_COLON = re.compile(rb"^([A-Za-z][A-Za-z0-9-]{1,60})[ \t]+:", re.MULTILINE)
_QUOTED = re.compile(r'"([^"\\,;:<>@]*)"(?=\s*<)')  # a name that needs no quotes
_ENOUGH = 24  # letters and digits of a message that does not only show a picture
_STUB_CHARACTERS = 400  # a plain body up to so long may only point to the page beside it
# Parts that say nothing: signatures, how a page looks, and the same page for other programs.
_SILENT = frozenset(
    "application/pgp-signature application/pkcs7-signature application/x-pkcs7-signature "
    "text/css text/javascript text/watch-html text/x-amp-html".split()
)
_SEALED = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))
_REPORT = "message/delivery-status"
_MESSAGES = frozenset((MAIL, "message/global", _REPORT))
_ENCRYPTED = "The e-mail is encrypted. Send it decrypted."
_BROKEN_SIGNATURE = (
    "The e-mail is signed in a way that hides its text, and the signature is broken. "
    "Send it without the signature."
)
_OTHERWISE_SEALED = (
    "The e-mail is protected in a way that this version cannot read. Send its content."
)
_ELSEWHERE = "A part of the e-mail is stored elsewhere and was not read."
_UNREADABLE = {
    "multipart/encrypted": _ENCRYPTED,
    "message/external-body": _ELSEWHERE,
    "message/partial": _ELSEWHERE,
}
_SEALED_AS = {
    SIGNED: _BROKEN_SIGNATURE,
    "signed-data": _BROKEN_SIGNATURE,
    **dict.fromkeys((ENVELOPED, "enveloped-data", "authEnveloped-data", ""), _ENCRYPTED),
}
_DECORATION_BYTES = 60_000  # a larger picture in a page may be a scan or a photograph of a document
_DEEPEST = 50
_HEADER = re.compile(rb"\s*[A-Za-z][A-Za-z0-9-]{1,60}[ \t]?:")
_FIGURE = re.compile(r"\d+(?:[.,:/-]\d+)*")
_BODIES = frozenset(("text/plain", "text/html", "text/enriched", "text/richtext"))

_EMPTY = TypedText("")


def mail_to_raw(content: bytes, limits: Limits) -> Raw:
    """Return a message's headers and body as two parts, its subject as title, and what is attached unread.

    The further messages of a mailbox are attached to its first.

    Raises PermanentError if it is encrypted.
    """
    first, *others = _MAILBOX.split(message_in(content))
    head, blank, body = _END_OF_HEAD.split(first, maxsplit=1)
    message = message_from_bytes(_BLANK_BEFORE_COLON.sub(rb"\1:", head) + blank + body)
    found = content_of(message, limits)
    lines = [f"{name}: {value}\n" for name in _SHOWN if (value := _header(message, name))]
    files = [*found.files, *(Attachment(MAIL, None, other) for other in others)]
    if sum(map(str.isalnum, found.body.text)) < _ENOUGH:
        files += found.pictures
    return Raw(
        (plain("".join(lines)), found.body),
        _header(message, "Subject") or None,
        not_read=found.not_read,
        attached=tuple(files[: limits.max_attachments]),
        attachments_left_out=len(files) > limits.max_attachments,
    )


@dataclass(frozen=True, slots=True)
class Content:
    """What a message or one of its parts holds.

    `not_read` are sentences on what of it cannot be read; `pictures` are files that its page shows: a logo, a line.
    """

    body: TypedText = _EMPTY
    files: tuple[Attachment, ...] = ()
    not_read: tuple[str, ...] = ()
    pictures: tuple[Attachment, ...] = ()


def content_of(message: Message, limits: Limits) -> Content:
    """Return the body and the files of a message.

    Raises PermanentError if all of it is encrypted.
    """
    found = _content(message, limits, 0)
    if any(type(defect).__name__ == "CloseBoundaryNotFoundDefect" for defect in message.defects):
        cut = "The e-mail is cut short: its end is missing."
        found = replace(found, not_read=(*found.not_read, cut))
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
            return replace(_joined(inner), body=_best([each.body for each in inner]))
        found = _joined(inner)
        return _with_pictures(found) if kind == "multipart/related" else found
    if kind in _SILENT:
        return Content()
    if kind in _SEALED:
        return _unsealed(part, limits, depth)
    return _leaf(part, kind, limits)


def _leaf(part: Message, kind: str, limits: Limits) -> Content:
    """Return a text of the body, or a file. Without its boundary, what stands in a multipart is all there is."""
    name = _name(part)
    is_body = (
        kind.startswith("multipart/") or kind == "text/html" or (kind in _BODIES and name is None)
    )
    content, charset = _bytes(part), _charset(part)
    if part.get_content_disposition() == "attachment" or not is_body:
        said = f"{kind}; charset={charset}" if charset else kind
        return Content(files=(Attachment(said, name, content),))
    if not content.strip():
        return Content()
    try:
        text = decode(content, charset)
        return Content(html_to_text(text, limits)[0] if kind == "text/html" else plain(text))
    except PermanentError as error:
        return Content(not_read=(f"A part of the e-mail's text was not read: {error}",))


def _message_within(part: Message, kind: str) -> Content:
    """Return a message as a file; what a mail server reports as text."""
    inner = _parts(part)
    if kind == _REPORT:
        return Content(plain("\n".join(each.as_string() for each in inner)))
    content = inner[0].as_bytes() if inner else _bytes(part)
    return Content(files=(Attachment(MAIL, _name(part), content),))


def _best(bodies: list[TypedText]) -> TypedText:
    """Return the alternative to be read: the plain text, unless it only points to the page beside it or says less."""
    bodies = [body for body in bodies if body.text.strip()] or [_EMPTY]
    first, page = bodies[0], bodies[-1]
    # "View this message in a browser" is no body.
    stub = len(first.text) <= _STUB_CHARACTERS
    if stub and len(page.text.strip()) > 2 * len(first.text.strip()):
        return page
    # Where the page has figures that the plain text leaves out, and not the other way round, it is the fuller one.
    said, shown = (set(_FIGURE.findall(body.text)) for body in (first, page))
    return page if len(shown - said) > len(said - shown) else first


def _with_pictures(page: Content) -> Content:
    """Return a page with its pictures apart from what is attached to it."""
    pictures = tuple(
        file
        for file in page.files
        if file.media_type.startswith("image/") and len(file.content) < _DECORATION_BYTES
    )
    files = tuple(file for file in page.files if file not in pictures)
    return replace(page, files=files, pictures=page.pictures + pictures)


def _unsealed(part: Message, limits: Limits, depth: int) -> Content:
    """Return what a part holds that is signed and not also readable as it stands."""
    content = _bytes(part)
    kind, signed = opened(content)
    if signed is None:
        kind = kind or str(part.get_param("smime-type", ""))
        return Content(not_read=(_SEALED_AS.get(kind, _OTHERWISE_SEALED),))
    if _HEADER.match(signed):
        return _content(message_from_bytes(signed), limits, depth + 1)
    name = (_name(part) or "").removesuffix(".p7m") or None
    return Content(files=(Attachment("application/octet-stream", name, signed),))


def _joined(contents: Iterable[Content]) -> Content:
    found = list(contents)
    return Content(
        joined([each.body for each in found if each.body.text.strip()], "\n"),
        tuple(file for each in found for file in each.files),
        tuple(dict.fromkeys(sentence for each in found for sentence in each.not_read)),
        tuple(file for each in found for file in each.pictures),
    )


def _parts(message: Message) -> list[Message]:
    payload = message.get_payload()
    return (
        [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []
    )


def _name(part: Message) -> str | None:
    """Return a part's file name, encoded words decoded."""
    try:
        name = part.get_filename()
        return None if name is None else _decoded(name)
    except Exception:  # noqa: BLE001 - a name can be broken in more ways than the parser foresees
        return ""


def _charset(part: Message) -> str:
    try:
        return str(part.get_content_charset("") or "")
    except Exception:  # noqa: BLE001 - as above
        return ""


def _bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _header(message: Message, name: str) -> str:
    """Return a header as its sender wrote it; encoded words of the same charset are one text."""
    raw = next((str(text) for key, text in message.raw_items() if key.lower() == name.lower()), "")
    if not raw.strip():
        return ""
    try:
        text = _decoded(decode(raw.encode("ascii", "surrogateescape")))
    except Exception:  # noqa: BLE001 - a header can be broken in more ways than the parser foresees
        text = raw.encode("ascii", "replace").decode()
    return " ".join(_QUOTED.sub(r"\1", text).split())


def _decoded(text: str) -> str:
    words = []
    for word, charset in decode_header(text):
        if isinstance(word, str):
            words.append(word)
            continue
        said = decode_as(word, charset) if charset else None
        words.append(word.decode("raw-unicode-escape", "replace") if said is None else said)
    return "".join(words)
