"""E-mail: told by its headers, taken apart in a process of its own (`mail_text`).

A memo that begins `From: … To: …` is no e-mail: a message also says what only mail programs write.
"""

from __future__ import annotations

import re

from extraction.document.document import MAIL, TEXT
from extraction.readers.format import Format, Source

_HEAD_BYTES = 20_000
_HEADER = re.compile(rb"^([A-Za-z][A-Za-z0-9-]{1,60})[ \t]?:", re.MULTILINE)
_OF_LETTERS = frozenset((b"from", b"to", b"date", b"subject", b"cc"))
_OF_MAIL = frozenset(
    b"message-id mime-version received return-path content-type delivered-to content-transfer-encoding "
    b"dkim-signature in-reply-to x-mailer".split()
)
# What may stand before a message: a byte order mark, and the line by which a mailbox begins each of its messages.
_BEFORE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:>?From [^\r\n]{1,300}\r?\n)?")
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def _is_mail(source: Source) -> bool:
    """Tell a message by the lines above its first empty one."""
    if not source.may_be(MAIL, TEXT):
        return False
    content = message_in(source.content[: 2 * _HEAD_BYTES])
    head = re.split(rb"\r?\n\r?\n", content[:_HEAD_BYTES], maxsplit=1)[0]
    if not _HEADER.match(head):
        return False
    names = {name.lower() for name in _HEADER.findall(head)}
    if source.said == MAIL:
        return bool(names & (_OF_LETTERS | _OF_MAIL))
    return len(names & _OF_LETTERS) >= 2 and bool(names & _OF_MAIL)


def message_in(content: bytes) -> bytes:
    """Return a message without what stands before it, and as UTF-8 if it was saved as UTF-16."""
    if content.startswith(_WIDE_MARKS):
        content = content.decode("utf-16", errors="replace").encode()
    start = _BEFORE.match(content)
    return content[start.end() if start else 0 :]


FORMAT = Format(
    MAIL,
    _is_mail,
    said_as=f"{MAIL} eml",
    parser="extraction.readers.mail_text:mail_to_raw",
    name="e-mail",
)
