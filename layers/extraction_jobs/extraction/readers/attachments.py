"""What came with a document, read under a heading each; what cannot be read says so."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from extraction.errors import ExtractionError, PermanentError, StoppedError
from extraction.readers.raw import Attachment, Raw
from extraction.readers.text_builder import plain

_NAME = re.compile(r"[^\w .,()&+-]+")
_LONGEST_NAME = 100


def with_attachments(mail: Raw, read: Callable[[Attachment], Raw]) -> Raw:
    """Return a message, whose parts are its head and its body, with what is attached to it.

    Raises PermanentError if nothing in it can be read, with the reason of the first attachment that could not be.
    """
    parts, not_read, e_invoices = list(mail.parts), list(mail.not_read), list(mail.e_invoices)
    refusals: list[ExtractionError] = []
    for number, file in enumerate(mail.attached, 1):
        name = _NAME.sub(" ", file.name or file.media_type.partition(";")[0]).strip()
        parts.append(plain(f"\n## Attachment {name[:_LONGEST_NAME] or 'without a name'}\n"))
        try:
            inner = read(file)
            not_read += (f"Attachment {number}: {each}" for each in inner.everything_not_read())
            if not inner.e_invoices and not any(part.text.strip() for part in inner.parts):
                raise PermanentError("The document has no text.")
            parts += inner.parts
            e_invoices += inner.e_invoices
        except StoppedError:
            raise
        except ExtractionError as error:
            refusals.append(error)
            not_read.append(f"Attachment {number} was not read: {error}")
            parts.append(plain("(not read)\n"))
    if refusals and len(refusals) == len(mail.attached) and not mail.parts[-1].text.strip():
        raise refusals[0]
    if mail.attachments_left_out:
        not_read.append(f"Only the first {len(mail.attached)} attachments were read.")
        further = f"\nFurther attachments were not read: there are over {len(mail.attached)}.\n"
        parts.append(plain(further))
    return replace(
        mail,
        parts=tuple(parts),
        not_read=tuple(not_read),
        e_invoices=tuple(e_invoices),
        attached=(),
    )
