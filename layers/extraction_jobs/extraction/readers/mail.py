"""An e-mail to text: its headers as labels, its body, and what is attached under a heading each.

Taking a message apart is for a process of its own (`apart.py`); what is attached is read by whoever asked.
A memo that begins `From: … To: …` is no e-mail: a message also says what only mail programs write.
"""

from __future__ import annotations

import email
import re
from collections.abc import Callable
from email.header import decode_header
from email.message import Message
from typing import Any

from extraction.document.document import MAIL, Limits
from extraction.document.typed import TypedText
from extraction.errors import ExtractionError, PermanentError, StoppedError
from extraction.readers.decoding import decode, decode_as
from extraction.readers.mail_parts import content_of
from extraction.readers.raw import Attachment, Raw
from extraction.readers.text_builder import joined, plain

_SHOWN = ("From", "To", "Cc", "Date", "Subject", "Reply-To")
_HEAD_BYTES = 20_000
_HEADER = re.compile(rb"^([A-Za-z][A-Za-z0-9-]{1,60})[ \t]?:", re.MULTILINE)
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
# What may stand before a message: a byte order mark, and the line by which a mailbox begins each of its messages.
_BEFORE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:>?From [^\r\n]{1,300}\r?\n)?")
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_MAILBOX = re.compile(rb"\r?\n\r?\n(?=From [^\r\n]{1,200}\d{4}[^\r\n]{0,20}\r?\n[A-Za-z-]{1,60}:)")
_END_OF_HEAD = re.compile(rb"(\r?\n\r?\n|\Z)")
_BLANK_BEFORE_COLON = re.compile(rb"^([A-Za-z][A-Za-z0-9-]{1,60})[ \t]+:", re.MULTILINE)
_QUOTED = re.compile(r'"([^"\\,;:<>@]*)"(?=\s*<)')  # a name that needs no quotes
_NAME = re.compile(r"[^\w .,()&+-]+")
_ENOUGH = 24  # letters and digits of a message that does not only show a picture


def looks_like_mail(content: bytes, *, said: bool) -> bool:
    """Tell a message by the lines above its first empty one."""
    content = _narrow(content[: 2 * _HEAD_BYTES])
    start = _BEFORE.match(content)
    content = content[start.end() if start else 0 :]
    head = re.split(rb"\r?\n\r?\n", content[:_HEAD_BYTES], maxsplit=1)[0]
    if not _HEADER.match(head):
        return False
    names = {name.lower() for name in _HEADER.findall(head)}
    if said:
        return bool(names & (_OF_LETTERS | _OF_MAIL))
    return len(names & _OF_LETTERS) >= 2 and len(names & _OF_MAIL) >= 1


def mail_to_raw(content: bytes, limits: Limits) -> Raw:
    """Return a message's headers and body as two parts, its subject as title, and what is attached unread.

    The further messages of a mailbox are attached to its first.

    Raises PermanentError if it is encrypted.
    """
    first, *others = _MAILBOX.split(_narrow(content))
    start = _BEFORE.match(first)
    head, blank, body = _END_OF_HEAD.split(first[start.end() if start else 0 :], maxsplit=1)
    message = email.message_from_bytes(_BLANK_BEFORE_COLON.sub(rb"\1:", head) + blank + body)
    found = content_of(message, limits)
    lines = [f"{name}: {value}" for name in _SHOWN if (value := _header(message, name))]
    files = [*found.files, *(Attachment(MAIL, None, other) for other in others)]
    return Raw(
        (plain("\n".join(lines)), found.body),
        _header(message, "Subject") or None,
        not_read=found.not_read,
        attached=tuple(files[: limits.max_attachments]),
        attachments_left_out=len(files) > limits.max_attachments,
    )


def with_attachments(mail: Raw, read: Callable[[Attachment], Raw]) -> Raw:
    """Return a message as one part, what is attached under a heading each; what cannot be read says so.

    Raises PermanentError if nothing in it can be read, with the reason of the first attachment that could not be.
    """
    head, body = mail.parts
    not_read = list(mail.not_read)
    refusals: list[ExtractionError] = []
    texts: list[TypedText] = []
    e_invoices: list[str] = []
    told = sum(map(str.isalnum, body.text)) >= _ENOUGH
    for number, file in enumerate(mail.attached, 1):
        if file.in_page and told:
            continue
        name = _NAME.sub(" ", file.name or file.media_type.partition(";")[0]).strip()[:100]
        try:
            inner = read(file)
            text = joined(inner.parts, "\n")
            not_read += (f"Attachment {number}: {each}" for each in inner.everything_not_read())
            e_invoices += inner.e_invoices
            if not text.text.strip() and not inner.e_invoices:
                raise PermanentError("The document has no text.")
        except StoppedError:
            raise
        except ExtractionError as error:
            refusals.append(error)
            not_read.append(f"Attachment {number} was not read: {error}")
            text = plain("(not read)\n")
        heading = plain(f"\n## Attachment {name or 'without a name'}\n")
        texts.append(joined([heading, text], "\n"))
    if refusals and len(refusals) == len(texts) and not body.text.strip():
        raise refusals[0]
    if mail.attachments_left_out:
        not_read.append(f"Only the first {len(mail.attached)} attachments were read.")
        further = f"\nFurther attachments were not read: there are over {len(mail.attached)}.\n"
        texts.append(plain(further))
    return Raw(
        (joined([head, plain(""), body, *texts], "\n"),),
        mail.title,
        e_invoices=tuple(e_invoices),
        not_read=tuple(not_read),
    )


def _narrow(content: bytes) -> bytes:
    """Return a message that was saved as UTF-16 as UTF-8."""
    if not content.startswith(_WIDE_MARKS):
        return content
    return content.decode("utf-16", errors="replace").encode()


def _header(message: Message, name: str) -> str:
    """Return a header as its sender wrote it; encoded words of the same charset are one text."""
    raw = next((str(text) for key, text in message.raw_items() if key.lower() == name.lower()), "")
    if not raw.strip():
        return ""
    try:
        text = decode(raw.encode("ascii", "surrogateescape"))
        text = "".join(_word(word, charset) for word, charset in decode_header(text))
    except Exception:  # noqa: BLE001 - a header can be broken in more ways than the parser foresees
        text = raw.encode("ascii", "replace").decode()
    return " ".join(_QUOTED.sub(r"\1", text).split())


def _word(word: Any, charset: str | None) -> str:
    if isinstance(word, str):
        return word
    said = decode_as(word, charset) if charset else None
    return word.decode("raw-unicode-escape", "replace") if said is None else said
