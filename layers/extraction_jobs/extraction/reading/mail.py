"""An e-mail to text: its headers as labels, its body, and what is attached under a heading each.

Taking a message apart is for a process of its own (`apart.py`); what is attached is read by whoever asked.
A memo that begins `From: … To: …` is no e-mail: a message also says what only mail programs write.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from itertools import islice
from typing import Any

from extraction.document import MAIL, Limits
from extraction.errors import ExtractionError, PermanentError, StoppedError
from extraction.reading.decoding import decode
from extraction.reading.html import html_to_text
from extraction.reading.raw import Attachment, Raw

_SHOWN = ("From", "To", "Cc", "Date", "Subject", "Reply-To")
_HEAD_BYTES = 20_000
_STUB_CHARACTERS = 400  # a plain body up to so long may only point to the page beside it
_HEADER = re.compile(rb"^([A-Za-z][A-Za-z0-9-]{1,60}):[ \t]", re.MULTILINE)
_OF_LETTERS = {b"from", b"to", b"date", b"subject", b"cc"}
_OF_MAIL = {
    *(b"message-id", b"mime-version", b"received", b"return-path", b"content-type"),
    *(
        b"delivered-to",
        b"content-transfer-encoding",
        b"dkim-signature",
        b"in-reply-to",
        b"x-mailer",
    ),
}
_NAME = re.compile(r"[^\w .,()&+-]+")
_SEALED = {"application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted"}


def looks_like_mail(content: bytes, *, said: bool) -> bool:
    """Tell a message by the lines above its first empty one."""
    head = re.split(rb"\r?\n\r?\n", content[:_HEAD_BYTES].lstrip(), maxsplit=1)[0]
    if not _HEADER.match(head):
        return False
    names = {name.lower() for name in _HEADER.findall(head)}
    if said:
        return bool(names & (_OF_LETTERS | _OF_MAIL))
    return len(names & _OF_LETTERS) >= 2 and len(names & _OF_MAIL) >= 1


def mail_to_raw(content: bytes, limits: Limits) -> Raw:
    """Return a message's headers and body as one part, its subject as title, and what is attached unread.

    Raises PermanentError if it is encrypted.
    """
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - the policy makes this class
    if message.get_content_type() in _SEALED:
        raise PermanentError("The e-mail is encrypted. Send it decrypted.")
    lines = [f"{name}: {value}" for name in _SHOWN if (value := _header(message, name))]
    files = list(islice(_attachments(message), limits.max_attachments + 1))
    return Raw(
        ("\n".join(lines), _body(message, limits)),
        _header(message, "Subject") or None,
        attached=tuple(map(_attachment, files[: limits.max_attachments])),
        attachments_left_out=len(files) > limits.max_attachments,
    )


def with_attachments(mail: Raw, read: Callable[[Attachment], Raw]) -> Raw:
    """Return a message as one part, what is attached under a heading each; what cannot be read says so.

    Raises PermanentError if nothing in it can be read, with the reason of the first attachment that could not be.
    """
    head, body = mail.parts
    refusals, texts = [], []
    e_invoices: list[str] = []
    not_read: list[str] = []
    for file in mail.attached:
        name = _NAME.sub(" ", file.name or file.media_type).strip()[:100] or "without a name"
        try:
            raw = read(file)
            text = "\n".join(raw.parts)
            e_invoices += raw.e_invoices
            not_read += raw.not_read
        except StoppedError:
            raise
        except ExtractionError as error:
            refusals.append(error)
            text = "(not read)\n"
        texts.append(f"\n## Attachment {name}\n\n{text}")
    if refusals and len(refusals) == len(texts) and not body.strip():
        raise refusals[0]
    if mail.attachments_left_out:
        texts.append(f"\nFurther attachments were not read: there are over {len(texts)}.\n")
    return Raw(
        ("\n".join([head, "", body, *texts]),),
        mail.title,
        e_invoices=tuple(e_invoices),
        not_read=tuple(not_read),
    )


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())
    except Exception:  # noqa: BLE001 - a header can be broken in more ways than the parser foresees
        return ""


def _body(message: EmailMessage, limits: Limits) -> str:
    plain, page = _preferred(message, "plain"), _preferred(message, "html")
    text = _text(plain) if plain is not None else ""
    if page is None or (text.strip() and len(text) > _STUB_CHARACTERS):
        return text
    shown = html_to_text(_text(page), limits)[0]
    # "View this message in a browser" is no body.
    return shown if len(shown.strip()) > 2 * len(text.strip()) else text


def _preferred(message: EmailMessage, kind: str) -> Any:
    try:
        return message.get_body((kind,))
    except Exception:  # noqa: BLE001 - as above
        return None


def _attachments(message: EmailMessage) -> Iterator[EmailMessage]:
    """Yield every part that is a file of its own, not going into attached messages."""
    waiting = list(_parts(message))
    while waiting:
        part = waiting.pop(0)
        kind = part.get_content_type()
        if kind == MAIL or (
            not part.is_multipart()
            and (part.get_content_disposition() == "attachment" or not kind.startswith("text/"))
            and (part.get_filename() or not kind.startswith("image/"))
        ):
            yield part
        elif part.is_multipart():
            waiting = [*_parts(part), *waiting]


def _parts(message: EmailMessage) -> list[EmailMessage]:
    payload = message.get_payload()
    return (
        [part for part in payload if isinstance(part, EmailMessage)]
        if isinstance(payload, list)
        else []
    )


def _attachment(part: EmailMessage) -> Attachment:
    content = _bytes(part)
    if part.get_content_type() == MAIL:
        inner = _parts(part)
        content = inner[0].as_bytes() if inner else b""
    return Attachment(part.get_content_type(), part.get_filename(), content)


def _bytes(part: Any) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _text(part: Any) -> str:
    """Return a part's text. Raises PermanentError if it is none."""
    content = _bytes(part)
    return decode(content, part.get_content_charset("")) if content.strip() else ""
