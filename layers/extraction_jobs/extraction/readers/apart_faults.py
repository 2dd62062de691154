"""What is said of a document whose process did not come to its end: a sentence that a person can act on."""

from __future__ import annotations

import signal
from typing import NamedTuple

from extraction.document.document import Limits
from extraction.errors import PermanentError

_REMEDIES = {"e-mail": "send what is in it by itself"}
_REMEDY = "print it to PDF again"
_OUT_OF_TIME = frozenset({signal.SIGXCPU, signal.SIGALRM})
_MEGABYTE = 1 << 20
_SWOLLEN = 0.7  # of the memory that it may have: then that is what it died of


class Ended(NamedTuple):
    """How a child ended: its exit code, and the most memory that it had, in bytes (0 if that is not known)."""

    code: int
    most_bytes: int


def died(ended: Ended, limits: Limits, name: str) -> PermanentError:
    """Return what to say of a child that ended without an answer."""
    if -ended.code in _OUT_OF_TIME:
        return too_slow(limits, name)
    # Nothing here sends SIGKILL before it knows why: then it was the system, short of memory.
    most = limits.reader_megabytes * _MEGABYTE * _SWOLLEN
    if -ended.code == signal.SIGKILL or ended.most_bytes > most:
        return too_large(limits, name)
    return PermanentError(
        f"The {name} is broken: it made its parser crash. Repair it, or {_REMEDIES.get(name, _REMEDY)}."
    )


def too_slow(limits: Limits, name: str) -> PermanentError:
    """Return what to say of a child that ran out of its time."""
    return PermanentError(
        f"Reading the {name} ran longer than {limits.reader_seconds:g} s. "
        f"Split it, or {_REMEDIES.get(name, _REMEDY)}."
    )


def too_large(limits: Limits, name: str) -> PermanentError:
    """Return what to say of a child that ran out of its memory."""
    return PermanentError(
        f"Reading the {name} used more than {limits.reader_megabytes} MB of memory. "
        f"Split it, or {_REMEDIES.get(name, _REMEDY)}."
    )
