"""The formats that are read, in the order in which they are asked whether content is theirs."""

from __future__ import annotations

from extraction.readers.format import Format
from extraction.readers.mail import FORMAT as MAIL
from extraction.readers.pdf import FORMAT as PDF
from extraction.readers.texts import CSV, HTML, JSON, MARKDOWN, TEXT, XML
from extraction.readers.zips import FORMAT as DOCX

FORMATS: tuple[Format, ...] = (PDF, DOCX, MAIL, HTML, XML, JSON, MARKDOWN, CSV, TEXT)

_SAID_AS = {said: each.media_type for each in FORMATS for said in each.said_as.split()}


def said_format(media_type: str | None, name: str | None) -> str | None:
    """Return the format that a media type or else a name's ending stands for, None if neither says."""
    stated = (media_type or "").split(";")[0].strip().casefold()
    ending = (name or "").casefold().rpartition(".")[2]
    return _SAID_AS.get(stated) or _SAID_AS.get(ending)
