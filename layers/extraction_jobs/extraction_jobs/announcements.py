"""Announcements: notifications that a job has ended, at least once, as `extraction-job.<status>`.

The outbox is a table that a trigger writes to, in the transaction that ends the job; so none is lost and none is told
of what did not happen. The worker that ended the job sends at once, the sweep what is left. Off by default: then the
trigger is not enabled, and nobody asks.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Identifier

from extraction_jobs.database import Connection, Database, DatabaseUnavailableError
from extraction_jobs.model import JobId
from extraction_jobs.queries import ANNOUNCEMENTS

logger = logging.getLogger(__name__)

# What writes endings down, for the bus and for webhooks: each is enabled where it is wanted.
BUS_TRIGGER = "announce_ending"
WEBHOOK_TRIGGER = "announce_to_webhook"


@dataclass(frozen=True, slots=True)
class Announcement:
    """That a job has come to an end.

    Attributes:
        id: the same each time it is sent: whoever listens tells a repeat by it.
        at: when the job ended.
        detail: what the job is; its `revision` tells which of two announcements is the newer.
    """

    id: UUID
    job_id: JobId
    status: str
    at: datetime
    detail: Mapping[str, Any]


class Bus(Protocol):
    """Where announcements go."""

    def put(self, announcements: Sequence[Announcement]) -> Sequence[Announcement]:
        """Sends each; returns those that were accepted. Never raises for what the bus refused or could not do."""
        ...


def announce_due(database: Database, bus: Bus, *, batch: int) -> tuple[int, int]:
    """Sends announcements that are due; returns how many were reserved, and how many of them were sent.

    Raises:
        DatabaseUnavailableError: what was sent may be sent again.
    """
    rows = database.rows(ANNOUNCEMENTS["reserve_announcements"], {"batch": batch})
    return len(rows), _put(database, bus, rows)


def announce_job(database: Database, bus: Bus, job_id: JobId) -> None:
    """Sends what is to be told of one job. Nothing that goes wrong is an error of the caller's: the sweep sends."""
    try:
        _put(
            database,
            bus,
            database.rows(ANNOUNCEMENTS["reserve_announcements_of_job"], {"job_id": job_id}),
        )
    except (DatabaseUnavailableError, psycopg.Error) as error:
        logger.warning("The ending was not announced yet: %s", type(error).__name__)


def switch_announcing(connection: Connection, *, on: bool, trigger: str = BUS_TRIGGER) -> bool:
    """Has endings written down from here on, or no longer; returns whether that is a change.

    What was written down and not sent yet stays, and is sent when it is on again. `trigger`: which of the two.
    """
    row = connection.execute(ANNOUNCEMENTS["writes_endings"], {"trigger": trigger}).fetchone()
    if row is None or row["enabled"] == on:
        return False
    switch = SQL("ENABLE" if on else "DISABLE")
    connection.execute(
        SQL("ALTER TABLE kb.object_extraction_jobs {} TRIGGER {}").format(
            switch, Identifier(trigger)
        )
    )
    return True


def _put(database: Database, bus: Bus, rows: Sequence[Mapping[str, Any]]) -> int:
    if not rows:
        return 0
    sent = bus.put([Announcement(**row) for row in rows])
    if sent:
        database.rows(ANNOUNCEMENTS["forget_announcements"], {"ids": [each.id for each in sent]})
    return len(sent)
