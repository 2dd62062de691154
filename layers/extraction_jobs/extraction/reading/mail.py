"""An e-mail to text: its headers as labels, its body, and what is attached under a heading each.

A memo that begins `From: … To: …` is no e-mail: a message also says what only mail programs write.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

from extraction.document import HTML, Limits
from extraction.errors import ExtractionError, PermanentError, StoppedError
from extraction.reading.raw import Raw

# Reads an attachment: its bytes, what it is said to be, its name, and how deep in messages it is.
ReadPart = Callable[[bytes, str, str | None, int], Raw]

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


def mail_to_raw(content: bytes, limits: Limits, depth: int, read_part: ReadPart) -> Raw:
    """Return a message as one part; its subject is its title.

    Raises PermanentError if nothing in it can be read, with the reason of the first attachment that could not be.
    """
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - the policy makes this class
    if message.get_content_type() in _SEALED:
        raise PermanentError("The e-mail is encrypted. Send it decrypted.")
    lines = [f"{name}: {value}" for name in _SHOWN if (value := _header(message, name))]
    body, refusals = _body(message, depth, read_part), []
    attached: list[str] = []
    for number, part in enumerate(_attachments(message), 1):
        if number > limits.max_attachments:
            attached.append(f"\nFurther attachments were not read: there are over {number - 1}.\n")
            break
        name = _file_name(part)
        try:
            text = _attachment(part, depth, limits, read_part)
        except StoppedError:
            raise
        except ExtractionError as error:
            refusals.append(error)
            attached.append(f"\n## Attachment {name}\n\n(not read)\n")
        else:
            attached.append(f"\n## Attachment {name}\n\n{text}")
    if not body.strip() and refusals and len(refusals) == len(attached):
        raise refusals[0]
    return Raw(("\n".join([*lines, "", body, *attached]),), _header(message, "Subject") or None)


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())
    except Exception:  # noqa: BLE001 - a header can be broken in more ways than the parser foresees
        return ""


def _body(message: EmailMessage, depth: int, read_part: ReadPart) -> str:
    plain, page = _preferred(message, "plain"), _preferred(message, "html")
    text = _text(plain) if plain is not None else ""
    if page is None:
        return text
    if text.strip() and len(text) > _STUB_CHARACTERS:
        return text
    shown = "\n".join(read_part(_bytes(page), HTML, None, depth).parts)
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
        if kind == "message/rfc822" or (
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


def _attachment(part: EmailMessage, depth: int, limits: Limits, read_part: ReadPart) -> str:
    if depth >= limits.max_mail_depth:
        raise PermanentError(f"Messages are attached to messages more than {depth} deep.")
    if part.get_content_type() == "message/rfc822":
        inner = _parts(part)
        content = inner[0].as_bytes() if inner else b""
    else:
        content = _bytes(part)
    return "\n".join(
        read_part(content, part.get_content_type(), part.get_filename(), depth + 1).parts
    )


def _file_name(part: EmailMessage) -> str:
    name = part.get_filename() or part.get_content_type()
    return _NAME.sub(" ", name).strip()[:100] or "without a name"


def _bytes(part: Any) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _text(part: Any) -> str:
    """Return a part's text in the charset that it says, or whatever of it can be read."""
    try:
        return str(part.get_content())
    except Exception:  # noqa: BLE001 - an unknown charset, broken base64: what can be read is
        return _bytes(part).decode("utf-8", errors="replace")
