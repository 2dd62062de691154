"""What can go wrong, sorted by what a caller should do about it.

No message here ever carries text of the document: messages end up in logs and job rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class ExtractionError(Exception):
    """Base of every error this package raises on purpose."""


class RetryableError(ExtractionError):
    """Trying again later may help. `after_seconds` says how much later, if it is known."""

    def __init__(self, message: str, *, after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.after_seconds = after_seconds


class StoppedError(ExtractionError):
    """`should_stop()` said yes: the chunk was left undone, and nothing is wrong with it."""


class ChunkTooLargeError(ExtractionError):
    """One chunk is more than the extractor can take: plan again with smaller chunks."""


class PermanentError(ExtractionError):
    """Trying again gives the same result. The message is a sentence a person can act on."""


class MisconfiguredError(PermanentError):
    """The installation, not the document, is at fault."""


class NeedsOcrError(PermanentError):
    """The document holds images of text and no text."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the object types: where, and which rule it breaks."""

    path: str
    rule: str


class ObjectTypeError(PermanentError):
    """The object types of a request cannot be used. `faults` lists everything found wrong.

    `path` and `rule` are those of the first fault, for example
    `Invoice.properties.total.type` and `must be one of array, boolean, ...`.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        self.path = self.faults[0].path
        self.rule = self.faults[0].rule
        super().__init__("; ".join(f"{fault.path}: {fault.rule}" for fault in self.faults))
