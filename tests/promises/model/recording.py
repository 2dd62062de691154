"""Records what a real Postgres does to its jobs, step by step, as traces for Replay.tla.

A trigger keeps each change of a row as it was before and after, in the order in which the row's lock was held; a
comment that RecordingDatabase adds to each statement tells which it was and what it carried. What comes without a
comment was typed by a person.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import DictRow

from extraction_jobs.database import Connection, Database, Params
from extraction_jobs.queries import LIFECYCLE
from tests.conftest import Psql

from .scenarios import FENCED

# Installed by a person, so to speak: nothing of the product knows of it.
INSTALL = """
CREATE TABLE public.recorded_steps (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id uuid NOT NULL, at timestamptz NOT NULL, query text NOT NULL, refused boolean NOT NULL,
  old jsonb, new jsonb NOT NULL, chunk_leases bigint[] NOT NULL, result_leases bigint[] NOT NULL);

CREATE FUNCTION public.record_step(
  job uuid, is_refused boolean, was jsonb, becomes jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO public.recorded_steps (job_id, at, query, refused, old, new, chunk_leases, result_leases)
  SELECT job, now(), current_query(), is_refused, was, becomes,
    ARRAY(SELECT lease FROM kb.extraction_chunks WHERE job_id = job
          UNION ALL SELECT lease FROM kb.extraction_pages WHERE job_id = job),
    ARRAY(SELECT DISTINCT lease FROM kb.extracted_objects WHERE job_id = job)
$$;

CREATE FUNCTION public.record_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.record_step(NEW.id, false, CASE TG_OP WHEN 'UPDATE' THEN to_jsonb(OLD) END, to_jsonb(NEW));
  RETURN NULL;
END $$;

CREATE TRIGGER record_change AFTER INSERT OR UPDATE ON kb.object_extraction_jobs
FOR EACH ROW EXECUTE FUNCTION public.record_change();
"""
# A write that changed nothing passes no trigger. The row is locked, so that its place in the order is true: a lease
# that is lost once is lost for good.
NOTE_REFUSED = b"""
SELECT public.record_step(id, true, to_jsonb(job), to_jsonb(job)) FROM (
  SELECT * FROM kb.object_extraction_jobs WHERE id = %(job_id)s FOR UPDATE) AS job
"""
_NAMES = {body: name for name, body in LIFECYCLE.items()}
_COMMENT = re.compile(r"/\* recorded (.*?) \*/")


class RecordingDatabase(Database):
    """A Database whose statements say who runs them and what they carry.

    Args:
        who: the worker, sweeper or person.
        replaced: other SQL for some statements: what a guard that is missing would look like.
    """

    def __init__(
        self,
        open_connection: Callable[[], Connection],
        who: str,
        replaced: Mapping[str, bytes] | None = None,
    ) -> None:
        super().__init__(open_connection)
        self._who = who
        self._replaced = replaced or {}

    def rows(self, statement: bytes, params: Params | None = None) -> list[DictRow]:
        name = _NAMES.get(statement)
        if name is None:
            return super().rows(statement, params)
        carried = {"statement": name, "who": self._who} | _carried(params or {})
        comment = f"\n/* recorded {json.dumps(carried)} */".encode()
        rows = super().rows(self._replaced.get(name, statement) + comment, params)
        if name in FENCED and not rows:
            super().rows(NOTE_REFUSED + comment, params)
        return rows


def _carried(params: Params) -> dict[str, Any]:
    """The lease and the revisions in a statement's parameters."""
    carried: dict[str, Any] = {"lease": params.get("lease") or 0}
    if "revisions" in params:
        pairs = zip(params["ids"], params["revisions"], strict=True)  # type: ignore[call-overload]
        carried["revisions"] = {str(job_id): revision for job_id, revision in pairs}
    elif "revision" in params:
        carried["revisions"] = {str(params["job_id"]): params["revision"]}
    return carried


Row = dict[str, Any]


@dataclass(frozen=True)
class Step:
    statement: str
    who: str
    lease: int
    current: bool
    refused: bool
    moved: int
    before: Row
    after: Row


@dataclass(frozen=True)
class Trace:
    """One job's steps, and a name to tell it by."""

    name: str
    steps: Sequence[Step] = field(default_factory=tuple)

    def changed(self, at: int, **parts: Any) -> Trace:
        """This trace with one step doctored."""
        steps = [*self.steps]
        steps[at] = replace(steps[at], **parts)
        return Trace(self.name, steps)


def record_from(psql: Psql) -> None:
    """Begins to record in this database."""
    psql.connection.execute(INSTALL.encode())


def stop_recording(psql: Psql) -> None:
    """Leaves the database as it was."""
    for statement in (
        "DROP TRIGGER record_change ON kb.object_extraction_jobs",
        "DROP FUNCTION public.record_change",
        "DROP FUNCTION public.record_step",
        "DROP TABLE public.recorded_steps",
    ):
        psql(statement)


def traces(psql: Psql, threshold: timedelta, name: str) -> list[Trace]:
    """What was recorded, a trace a job.

    Args:
        threshold: what the sweeps of the run were given.
    """
    steps: dict[Any, list[DictRow]] = {}
    for row in psql("SELECT * FROM public.recorded_steps ORDER BY seq"):
        steps.setdefault(row["job_id"], []).append(row)
    return [
        Trace(f"{name}: job {number}", _steps(rows, psql.events(job_id), threshold))
        for number, (job_id, rows) in enumerate(steps.items(), 1)
    ]


def _steps(rows: Iterable[DictRow], events: Sequence[DictRow], threshold: timedelta) -> list[Step]:
    steps: list[Step] = []
    clock: datetime | None = None
    chunks: Sequence[int] = ()
    results: Sequence[int] = ()
    for row in rows:
        # A statement that waited for the row's lock has an older now() than the one that it waited for.
        clock = max(row["at"], clock) if clock else row["at"]
        look = _Look(clock, threshold, events)
        told = _COMMENT.search(row["query"])
        carried: dict[str, Any] = (
            json.loads(told[1]) if told else {"statement": "psql", "who": "person", "lease": 0}
        )
        was = row["old"] or row["new"]
        revision = carried.get("revisions", {}).get(str(row["job_id"]))
        steps.append(
            Step(
                statement=carried["statement"],
                who=carried["who"],
                lease=carried["lease"],
                current=revision == was["revision"],
                refused=row["refused"],
                moved=row["new"]["revision"] - (row["old"]["revision"] if row["old"] else 0),
                before=look.row(was, chunks, results),
                after=look.row(row["new"], row["chunk_leases"], row["result_leases"]),
            )
        )
        chunks, results = row["chunk_leases"], row["result_leases"]
    return steps


@dataclass(frozen=True)
class _Look:
    """A row as Statements.tla sees it at a moment."""

    clock: datetime
    threshold: timedelta
    events: Sequence[DictRow]

    def row(self, row: Mapping[str, Any], chunks: Sequence[int], results: Sequence[int]) -> Row:
        pending, running = row["status"] == "pending", row["status"] == "running"
        history = self.events[: row["revision"]]
        return {
            "status": row["status"],
            "attempt": row["attempt"],
            "max": row["max_attempts"],
            "lease": row["lease"],
            "due": not pending or self._came(row["run_after"]),
            "old": not running or self._came(row["updated_at"], self.threshold),
            "limit": self._limit(row),
            "nudge": self._nudge(row) if pending else "later",
            "sent": pending and row["dispatched_at"] is not None,
            "chunks": len(chunks),
            "by": max(chunks, default=0),
            "results": set(results),
            "died": _dead_letters_in_a_row(history),
            "told": history[-1]["to_status"] if history else "nothing",
        }

    def _nudge(self, row: Mapping[str, Any]) -> str:
        if row["next_dispatch_at"] == "infinity":
            return "held"
        return "now" if self._came(row["next_dispatch_at"]) else "later"

    def _limit(self, row: Mapping[str, Any]) -> str:
        if row["status"] == "pending":
            left = row["time_left"]
            return "none" if left is None else "used up" if left == "00:00:00" else "kept"
        deadline = row["deadline_at"]
        if deadline is None:
            return "none"
        if not self._came(deadline):
            return "ahead"
        beat = datetime.fromisoformat(row["updated_at"])
        return "outlived" if beat >= datetime.fromisoformat(deadline) else "past"

    def _came(self, moment: str, after: timedelta = timedelta(0)) -> bool:
        return datetime.fromisoformat(moment) + after <= self.clock


def _dead_letters_in_a_row(history: Sequence[DictRow]) -> int:
    count = 0
    for event in reversed(history):
        if event["actor"] != "dead_letters":
            break
        count += 1
    return count
