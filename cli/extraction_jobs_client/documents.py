"""How a request holds a document."""

from __future__ import annotations

import base64
import hashlib

# A request takes up to 6 MB, and a file in base64 grows by a third. A larger document goes to S3 first.
MOST_BYTES = 1_000_000


def in_request(document: bytes) -> dict[str, str]:
    """The field of a request that holds the document: as text if it is some, else in base64."""
    try:
        text = document.decode()
    except UnicodeDecodeError:
        text = "\x00"
    if "\x00" in text or text.startswith("%PDF"):
        return {"source_base64": base64.b64encode(document).decode()}
    return {"source_text": text}


def upload_key(idempotency_key: str, document: bytes) -> str:
    """The key of a create's upload: under the same key another document is another upload, so the create is refused."""
    return hashlib.sha256(idempotency_key.encode() + document).hexdigest()
