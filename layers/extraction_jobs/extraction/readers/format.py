"""What a format is to the rest: how its content is recognised, and how it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from extraction.document.document import Limits
from extraction.errors import PermanentError
from extraction.readers.containers import kind_inside
from extraction.readers.decoding import charset_of, decode
from extraction.readers.raw import Raw

Stop = Callable[[], bool]  # asked again and again whether to stop


@dataclass(frozen=True, slots=True)
class Format:
    """A format that is read.

    Attributes:
        media_type: what a document of it is called.
        recognise: returns what tells that content is of this format, such as True or what was parsed, and else None or
            False. Formats are asked in their order, and the first that recognises the content reads it.
        read: reads it, given what `recognise` returned. None: it is parsed apart.
        said_as: media types and endings of file names, separated by spaces, that say that content is of it. They
            settle what content leaves open.
        parser: `module:function` of what reads its bytes in a process of its own, given its bytes and the limits.
        name: what a sentence calls a document that is parsed apart.
        decoded: its parser is given UTF-8, whatever the encoding of the content.
        pictures: as `parser`, of what makes an image of one of its pages.
    """

    media_type: str
    recognise: Callable[[Source], Any]
    read: Callable[[Source, Any], Raw] | None = None
    said_as: str = ""
    parser: str = ""
    name: str = ""
    pictures: str = ""
    decoded: bool = False


@dataclass(frozen=True)
class Source:
    """A document as it was sent. `said` is the media type of the format that it is said to have, None if none is."""

    content: bytes
    said: str | None
    media_type: str | None
    limits: Limits

    @cached_property
    def text(self) -> str:
        """The content as characters. Raises PermanentError if it is no text, or more than the limit."""
        text = decode(self.content, charset_of(self.media_type))
        check_size("characters", len(text), self.limits.max_characters)
        return text

    @cached_property
    def inside(self) -> str:
        """What a ZIP archive or an OLE file holds: a media type, an empty text if it is none or holds nothing known."""
        return kind_inside(self.content)

    def may_be(self, *media_types: str) -> bool:
        """Return True if it is said to be of one of these formats, or of none."""
        return self.said is None or self.said in media_types


def check_size(
    what: str, size: int, limit: int, remedy: str = "Split it, or raise the limit."
) -> None:
    """Raise PermanentError if a document has more than the limit of something."""
    if size > limit:
        raise PermanentError(f"The document has {size} {what}; the limit is {limit}. {remedy}")
