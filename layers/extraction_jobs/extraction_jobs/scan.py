"""A scan: the pages of a document that only OCR can read, each a step with its own checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from psycopg.types.json import Jsonb

from extraction import Control, Engine, ReadPage, ScannedPage
from extraction_jobs.attempt import Attempt


@dataclass(frozen=True, slots=True)
class Scan:
    """Reads the pages of one attempt's document.

    Attributes:
        control: what the engine is bound by.
        begin: asked before a page is read; raises what ends the work.
        go_on: as in Attempt.
        on_read: told when the engine has read a page.
        on_kept: told when its words are kept; given the seconds left to the hard limit.
    """

    engine: Engine
    attempt: Attempt
    control: Control
    begin: Callable[[], None]
    go_on: Callable[[], None]
    on_read: Callable[[], None]
    on_kept: Callable[[float], None]

    def page(self, page: ScannedPage) -> ReadPage:
        """See PageReader: what an earlier attempt has kept of the page, or else what the engine reads now.

        Raises:
            LeaseLostError: the job was taken away.
            ExtractionError: as the engine, and as the image is made.
        """
        where = {"document": page.document, "number": page.number}
        [found] = self.attempt.rows("find_page", where, self.go_on)
        if found["page"] is not None:
            return ReadPage.from_json(found["page"])
        self.begin()
        read = self.engine.read(page.image(), control=self.control)
        self.on_read()
        [kept] = self.attempt.rows(
            "keep_page",
            where
            | self.attempt.spending.columns()
            | {"page": Jsonb(read.to_json()), "total": page.count, "processed": page.place},
            self.go_on,
        )
        self.on_kept(float(kept["seconds_left"]))
        return read
