"""The documents of the demo: those under examples/documents."""

from local.package import ROOT

_EXAMPLES = ROOT / "examples" / "documents"

# The first bytes of a picture: what one gets when somebody puts a scan where a text should be.
NOT_A_TEXT = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x06\x72\x00\x00\x09\x24\x08\x00" * 8


def agreement() -> str:
    """Return a framework agreement with its schedules, about forty pages."""
    return _read("framework-agreement.txt")


def minutes() -> str:
    """Return the minutes of a meeting, in Markdown."""
    return _read("steering-group-minutes.md")


def invoice() -> str:
    """Return an invoice of one page."""
    return _read("invoice-2026-117.txt")


def _read(name: str) -> str:
    return (_EXAMPLES / name).read_text(encoding="utf-8")
