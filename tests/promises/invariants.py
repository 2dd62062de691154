"""What must hold of the whole of the tables, checked by the tests of every promise, the state machine and the soak.

The statements are in invariants.sql, to be read, and run in psql, as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row, tuple_row

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_MOST_SHOWN = 5


def _load() -> Mapping[str, bytes]:
    parts = _NAME.split((Path(__file__).parent / "invariants.sql").read_text())[1:]
    bodies = (body.strip().removesuffix(";").encode() for body in parts[1::2])
    return dict(zip(parts[::2], bodies, strict=True))


INVARIANTS = _load()
_ALL = b"\nUNION ALL\n".join(
    b"SELECT '" + name.encode() + b"' AS broken, job_id, found FROM (\n" + sql + b"\n) AS rows"
    for name, sql in INVARIANTS.items()
)

# In one statement, so that it is one moment: what was created is what is active and what has ended, by the history
# and by the rows alike.
_CONSERVED = b"""
SELECT (SELECT count(*) FROM kb.extraction_job_events WHERE from_status IS NULL) AS created,
       count(*) FILTER (WHERE status IN ('pending', 'running')) AS active,
       count(*) FILTER (WHERE status NOT IN ('pending', 'running')) AS ended,
       (SELECT count(*) FROM (
          SELECT DISTINCT ON (job_id) to_status FROM kb.extraction_job_events ORDER BY job_id, id DESC
        ) AS last WHERE to_status IN ('pending', 'running')) AS active_by_history
FROM kb.object_extraction_jobs"""


def broken(connection: psycopg.Connection[Any]) -> list[str]:
    """A line for each job that breaks an invariant; all are asked of one snapshot."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_ALL).fetchall()
    return [f"{row['broken']}: job {row['job_id']}: {row['found']}" for row in rows]


def check(connection: psycopg.Connection[Any]) -> None:
    """Raises AssertionError that names what is broken, if anything is."""
    found = broken(connection)
    shown = "\n  ".join(found[:_MOST_SHOWN])
    assert not found, f"{len(found)} row(s) break an invariant:\n  {shown}"


def conserved(connection: psycopg.Connection[Any]) -> Mapping[str, int]:
    """The counts at this moment, which add up: created = active + ended, by the rows and by the history.

    Raises:
        AssertionError: they do not.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        [counts] = cursor.execute(_CONSERVED).fetchall()
    assert counts["created"] == counts["active"] + counts["ended"], counts
    assert counts["active_by_history"] == counts["active"], counts
    return counts


def unfinished(connection: psycopg.Connection[Any]) -> int:
    """How many jobs are still pending or running."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        [[count]] = cursor.execute(
            b"SELECT count(*) FROM kb.object_extraction_jobs WHERE status IN ('pending', 'running')"
        ).fetchall()
    return int(count)
