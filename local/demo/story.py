"""The story: a worker dies in the middle of a job, and the job completes all the same."""

import json
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from extraction_jobs_cli.screen import leaves
from local import processes, stack
from local.client import ApiClient
from local.demo import documents
from local.demo.screen import DemoError, Screen
from local.processes import StackError
from local.stack import Stack
from local.watch import Progress, kill_worker, last_before_the_end, watch

ORGANISATION, PROJECT = "acme", "demo"

# Low, so that nobody has to wait five minutes. The rest is as the template has it.
PARAMETERS = {"OrphanThresholdMinutes": "0.05", "HeartbeatSeconds": "1"}
THRESHOLD = timedelta(minutes=float(PARAMETERS["OrphanThresholdMinutes"]))

# The part of its chunks after which the worker is killed.
KILL_AFTER = 0.4
# Until the job is recovered and completed.
WATCH_SECONDS = 100.0
LINES_A_PAGE = 48
RECOVERED = "Recovered 1 orphaned extraction job(s) from 'running' to 'pending'"

# As an operator would ask, word for word from the runbook.
_STUCK_JOBS = """
SELECT id, status, source_type, started_at,
       EXTRACT(EPOCH FROM (NOW() - started_at))::int as running_seconds,
       EXTRACT(EPOCH FROM (NOW() - updated_at))::int as inactive_seconds
FROM kb.object_extraction_jobs
WHERE status = 'running'
ORDER BY started_at
"""


def tell(state: Path) -> int:
    """Tell the story on a stack of its own in `state`; return the exit status."""
    with processes.exclusive(state, "demo.lock"):
        return _tell(state, Screen())


def _tell(state: Path, screen: Screen) -> int:
    started = time.monotonic()
    try:
        screen.chapter(1, "The system, as template.yaml describes it, on this machine")
        options = stack.Options(state=state, parameters=PARAMETERS, ephemeral=True)
        running = stack.start(options, screen.say)
        Story(running, screen).tell()
    except (DemoError, StackError) as error:
        screen.failure(str(error))
        screen.say(f"The emulator's log: {state / 'emulator.log'}")
        return 1
    finally:
        stack.stop(state)
    screen.say(f"\nDone, in {time.monotonic() - started:.1f} s. Nothing is still running.")
    return 0


class Story:
    """The chapters, on a running stack."""

    def __init__(self, running: Stack, screen: Screen) -> None:
        self._stack = running
        self._screen = screen
        self._background = ThreadPoolExecutor(max_workers=1)
        token = running.token(ORGANISATION)
        self._api = ApiClient(running.api_url, token, org_id=ORGANISATION, project_id=PROJECT)

    def tell(self) -> None:
        """Tell all chapters.

        Raises:
            DemoError: A step did not happen.
        """
        job_id = self._create()
        chunks_at_kill = self._kill_the_worker(job_id)
        # From here on: the next attempt may be over before the sweep's log has been read.
        watched = self._background.submit(
            last_before_the_end, self._stack, job_id, seconds=WATCH_SECONDS
        )
        self._sweep(job_id)
        self._complete(job_id, chunks_at_kill, watched)
        self._show_objects(job_id)
        self._show_history(job_id)
        self._fail_and_retry()
        self._refuse_a_retry()

    def _create(self) -> str:
        self._screen.chapter(2, "A job")
        text = documents.agreement()
        answer = self._api.create(
            source_text=text,
            source_id="framework-agreement.txt",
            # Small chunks, so that there is a middle to be killed in.
            extraction_config={"chunk_characters": 200},
        )
        pages = text.count("\n") // LINES_A_PAGE
        self._screen.check(
            answer.status == 201,
            f"POST /extraction-jobs with a contract of {pages} pages, {len(text):,} characters: 201",
            answer.json,
        )
        job_id = str(answer.json["id"])
        self._screen.say(f"  job {job_id}; its SQS message starts a worker")
        return job_id

    def _kill_the_worker(self, job_id: str) -> int:
        self._screen.chapter(3, "Its worker is killed in the middle")
        with self._screen.progress("attempt 1") as bar:
            for progress in watch(self._stack, job_id, seconds=30):
                bar.show(progress.processed_items, progress.total_items)
                if progress.share >= KILL_AFTER:
                    worker = kill_worker(self._stack, progress)
                    break
        self._screen.check(not processes.running(worker), f"SIGKILL of the worker, pid {worker}")
        job = self._api.job(job_id)
        self._screen.check(
            job["status"] == "running" and job["processed_items"] < job["total_items"],
            f"the row is left running at chunk {job['processed_items']} of {job['total_items']}",
            job,
        )
        stuck = self._query(_STUCK_JOBS)
        for row in stuck:
            row["started_at"] = f"{row['started_at']:%H:%M:%S}"
        rows = [list(row.values()) for row in stuck]
        self._screen.table("Stuck jobs, by the SQL of the runbook", list(stuck[0]), rows)
        return int(job["processed_items"])

    def _sweep(self, job_id: str) -> None:
        self._screen.chapter(4, "The scheduled sweep finds the orphan")
        schedules = self._stack.emulator.client("scheduler")
        regular = schedules.get_schedule(Name=self._stack.resources["SweeperFunctionEveryMinute"])
        when = datetime.now(UTC) + THRESHOLD + timedelta(seconds=1)
        schedules.create_schedule(
            Name="one-prompt-sweep",
            ScheduleExpression=f"at({when:%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow={"Mode": "OFF"},
            ActionAfterCompletion="DELETE",
            Target=regular["Target"] | {"Input": "{}"},
        )
        self._screen.say(
            f"  The template's schedule is {regular['ScheduleExpression']}; not to wait a minute for it, a one-time "
            f"schedule with the same target is set for {when:%H:%M:%S} (the emulator looks every 10 s).\n"
            f"  The threshold is {THRESHOLD.total_seconds():g} s here, by the parameter OrphanThresholdMinutes."
        )
        job = self._api.wait_for(job_id, lambda job: job["status"] != "running", seconds=40)
        self._screen.check("interrupted" in (job["error_message"] or ""), "the job is reset", job)
        lines = self._sweeper_said(job_id)
        for line in lines:
            self._screen.quiet(line)
        self._screen.check(
            any(RECOVERED in line for line in lines),
            "the sweeper says so in its log",
            self._stack.logs("SweeperLogs"),
        )

    def _sweeper_said(self, job_id: str) -> list[str]:
        """Return the sweeper's lines about a job. They arrive when its invocation has ended, and one may wait."""
        deadline = time.monotonic() + 65
        while True:
            said = [json.loads(x) for x in self._stack.logs("SweeperLogs") if x.startswith("{")]
            lines = [f"{x['level']} {x['message']}" for x in said if job_id in x.get("message", "")]
            if lines or time.monotonic() > deadline:
                return lines
            time.sleep(0.05)

    def _complete(
        self, job_id: str, chunks_at_kill: int, watched: "Future[Progress | None]"
    ) -> None:
        self._screen.chapter(5, "A new worker goes on from the last checkpoint")
        with self._screen.progress("attempt 2") as bar:
            for progress in watch(self._stack, job_id, seconds=60):
                bar.show(progress.processed_items, progress.total_items)
                if progress.ended:
                    break
        job = self._api.job(job_id)
        self._screen.check(
            job["status"] in {"completed", "requires_review"}, f"the job is {job['status']}", job
        )
        self._screen.check(job["attempt"] == 2, "it took two attempts", job)
        seen = watched.result()
        self._screen.check(
            seen is not None and seen.first >= chunks_at_kill > 0 and seen.second > 0,
            f"{chunks_at_kill} of {job['total_items']} chunks are attempt 1's, the rest attempt 2's",
            f"just before its end the job was {seen}",
        )

    def _show_objects(self, job_id: str) -> None:
        self._screen.chapter(6, "What it found, and where")
        objects = self._api.items(f"/{job_id}/objects")
        [document] = self._query(
            "SELECT text FROM kb.extraction_documents WHERE job_id = %s", job_id
        )
        spans = [span for found in objects for span in _citations(found)]
        wrong = [s for s in spans if document["text"][s["start"] : s["end"]] != s["quote"]]
        self._screen.check(
            bool(spans) and not wrong,
            f"{len(objects)} objects, {len(spans):,} citations, each word for word where it says",
            wrong[:3] or objects[:3],
        )
        counts = Counter(found["type"] for found in objects)
        shown = [o for kind in counts for o in [o for o in objects if o["type"] == kind][:4]]
        self._screen.table(
            f"{len(shown)} of {len(objects)} objects ({', '.join(f'{n} {t}' for t, n in counts.items())})",
            ["type", "properties", "confidence#", "span#"],
            [
                [o["type"], _in_short(o["properties"]), f"{o['confidence']:.2f}", _span(o)]
                for o in shown
            ],
        )

    def _show_history(self, job_id: str) -> None:
        events = self._api.items(f"/{job_id}/events")
        fields = ("actor", "from_status", "to_status", "reason", "attempt", "lease")
        self._screen.table(
            "Its history",
            ["at", "who", "from", "to", "why", "attempt#", "lease#"],
            [[event["at"][11:23], *(event[name] for name in fields)] for event in events],
        )
        self._screen.check(
            [e["to_status"] for e in events][:4] == ["pending", "running", "pending", "running"]
            and sum(e["to_status"] in {"completed", "requires_review"} for e in events) == 1,
            "created, claimed, recovered, claimed again, ended once",
            events,
        )

    def _fail_and_retry(self) -> None:
        self._screen.chapter(7, "A job that fails for a reason, and is retried")
        s3 = self._stack.emulator.client("s3")
        bucket, key = self._stack.outputs["SourceBucketName"], f"{ORGANISATION}/minutes.md"
        s3.put_object(Bucket=bucket, Key=key, Body=documents.NOT_A_TEXT)
        created = self._api.create(source_uri=f"s3://{bucket}/{key}")
        self._screen.check(created.status == 201, f"a job for s3://…/{key}: 201", created.json)
        job_id = str(created.json["id"])
        job = self._wait_for_its_end(job_id)
        self._screen.check(job["status"] == "failed", f"it is failed: {job['error_message']}", job)
        s3.put_object(Bucket=bucket, Key=key, Body=documents.minutes().encode())
        self._screen.say("  The right file is put in its place.")
        retried = self._api.post(f"/{job_id}/retry")
        self._screen.check(retried.status == 200, "POST …/retry: 200", retried.json)
        job = self._wait_for_its_end(job_id)
        found = len(self._api.items(f"/{job_id}/objects"))
        self._screen.check(
            job["status"] in {"completed", "requires_review"} and found > 0,
            f"it is {job['status']}, with {found} objects",
            job,
        )

    def _refuse_a_retry(self) -> None:
        self._screen.chapter(8, "A completed job refuses a retry")
        created = self._api.create(source_text=documents.invoice())
        self._screen.check(created.status == 201, "a job for an invoice: 201", created.json)
        job_id = str(created.json["id"])
        job = self._wait_for_its_end(job_id)
        self._screen.check(job["status"] == "completed", "it is completed", job)
        refused = self._api.post(f"/{job_id}/retry")
        self._screen.check(
            refused.status == 400
            and "Cannot retry job with status: completed" in refused.json["detail"],
            f"POST …/retry: 400 {refused.json.get('detail')}",
            refused.json,
        )

    def _wait_for_its_end(self, job_id: str) -> dict[str, Any]:
        return self._api.wait_for(
            job_id, lambda job: job["status"] not in {"pending", "running"}, seconds=30
        )

    def _query(self, statement: str, *values: object) -> list[dict[str, Any]]:
        with psycopg.connect(self._stack.database.url, row_factory=dict_row) as connection:
            return connection.execute(statement.encode(), values or None).fetchall()


def _citations(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the citations of all of an object's values."""
    values = leaves("", found["properties"], found["evidence"])
    return [citation for _, _, proof in values for citation in proof["citations"]]


def _in_short(properties: dict[str, Any]) -> str:
    text = ", ".join(f"{key}: {value}" for key, value in properties.items())
    return text if len(text) <= 120 else text[:119] + "…"


def _span(found: Mapping[str, Any]) -> str:
    spans = _citations(found)
    return f"{min(s['start'] for s in spans)}-{max(s['end'] for s in spans)}" if spans else ""
