"""Where a job's document comes from."""

from __future__ import annotations

from typing import Protocol


class SourceRefusedError(Exception):
    """The source cannot be read and another try would not change that; the message is fit for a person."""


class SourceUnavailableError(Exception):
    """The source cannot be read now; worth another try. The message is fit for a person."""


class SourceReader(Protocol):
    """Reads what a job's `source_uri` names."""

    def read(self, uri: str, *, org_id: str, max_bytes: int) -> bytes:
        """The whole source.

        Raises:
            SourceRefusedError: not there, not allowed, too large, or not an address of this reader's.
            SourceUnavailableError: see there.
        """
        ...

    def check(self, uri: str, *, org_id: str, max_bytes: int) -> None:
        """Raises as `read`, without reading."""
        ...
