"""What is known and not read: how each kind of file is told, and what to do about it (`not_read.tsv`)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from extraction.errors import PermanentError
from extraction.readers.decoding import is_plain

READ = (
    "PDF, DOCX, PPTX, XLSX, XLS, ODS, ODT, RTF, EPUB, HTML, Markdown, CSV, JSON, e-mail, plain text and "
    "XML invoices (CII, UBL, FatturaPA)"
)


def refuse_foreign(content: bytes) -> None:
    """Raise PermanentError if content begins with the mark of a format that is not read, and is not plainly a text."""

    def begins(mark: str) -> bool:
        # In the table other bytes than letters stand as Python writes them.
        return content.startswith(mark.encode("ascii").decode("unicode_escape").encode("latin-1"))

    refusal = refusal_of("start", begins)
    # Some marks are letters that a text may begin with.
    if refusal is not None and not (content[:1].isalpha() and is_plain(content)):
        raise refusal


def refusal_of(where: str, is_there: Callable[[str], bool]) -> PermanentError | None:
    """Return what to say of the first kind whose mark is there, None if none is.

    Args:
        where: `start` of the content, name of a `part` in a ZIP archive, its `mimetype`, or name of an OLE `stream`.
        is_there: tells whether a mark is there.
    """
    for place, mark, what, advice in _rows():
        if place == where and is_there(mark):
            what_to_do = advice or f"What is read is {READ}."
            return PermanentError(f"The document is {what}, which is not read here. {what_to_do}")
    return None


@lru_cache(maxsize=1)
def _rows() -> list[list[str]]:
    from importlib.resources import files

    table = files("extraction.readers").joinpath("not_read.tsv").read_text("utf-8")
    return [line.split("\t") for line in table.splitlines()[1:]]
