"""An e-mail to text: its headers as labels, its body, and what is attached, to be read by whoever asked."""

from __future__ import annotations

import email
import re
from email.header import decode_header
from email.message import Message
from typing import Any

from extraction.document.document import MAIL, Limits
from extraction.readers.decoding import decode, decode_as
from extraction.readers.formats import message_in
from extraction.readers.mail_parts import content_of
from extraction.readers.raw import Attachment, Raw
from extraction.readers.text_builder import plain

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


def mail_to_raw(content: bytes, limits: Limits) -> Raw:
    """Return a message's headers and body as two parts, its subject as title, and what is attached unread.

    The further messages of a mailbox are attached to its first.

    Raises PermanentError if it is encrypted.
    """
    first, *others = _MAILBOX.split(message_in(content))
    head, blank, body = _END_OF_HEAD.split(first, maxsplit=1)
    message = email.message_from_bytes(_BLANK_BEFORE_COLON.sub(rb"\1:", head) + blank + body)
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
