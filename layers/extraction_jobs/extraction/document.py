"""A document as the extractor sees it: normalised text, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass

TEXT = "text/plain"
MARKDOWN = "text/markdown"
HTML = "text/html"


@dataclass(frozen=True, slots=True)
class Document:
    """Normalised text. Every offset in this package is a code point index into `text`.

    `digest` is the SHA-256, in hex, of `text` as UTF-8.
    """

    text: str
    media_type: str
    title: str | None
    digest: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a source may be. Beyond any of these it is refused, not truncated.

    Lines count by themselves because memory follows them: 200,000 of the worst kind take 0.8 GB.
    """

    max_bytes: int = 20_000_000
    max_characters: int = 10_000_000
    max_lines: int = 200_000
    max_html_elements: int = 300_000
    max_html_depth: int = 500
