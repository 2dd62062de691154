"""The sources of the promises' workers: none, their jobs carry their text inline."""

from __future__ import annotations

from extraction_jobs.sources import SourceRefusedError


class NoSources:
    """No source is there."""

    def read(self, uri: str, *, org_id: str, max_bytes: int) -> bytes:
        """See SourceReader."""
        raise SourceRefusedError("the source object is not there")

    def check(self, uri: str, *, org_id: str, max_bytes: int) -> None:
        """See SourceReader."""
