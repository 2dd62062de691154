"""Takes each guard out, one at a time, and sees to it that a test notices.

    make guards
    python -m tests.promises.guards WORD ...        only the guards whose name holds one of the words

Works in a copy of the tree. A guard whose removal no test notices is a promise that nobody keeps.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOMAIN = Path("layers/extraction_jobs/extraction_jobs")
LIFECYCLE = DOMAIN / "sql/lifecycle.sql"
BY_HAND = DOMAIN / "migrations/0050_time_left.sql"
WHICH_CHANGE_IS_BY_HAND = DOMAIN / "migrations/0002_changes_by_hand.sql"
PENDING = """status COLLATE "C" = 'pending'"""
RUNNING = """status COLLATE "C" = 'running'"""
FENCE = f"WHERE id = %(job_id)s AND lease = %(lease)s AND {RUNNING}"


@dataclass(frozen=True)
class Guard:
    """A guard: what it is, where it stands (`within` narrows it to one statement), what it becomes, who notices."""

    name: str
    file: Path
    text: str
    without: str
    tests: str
    within: str | None = None


def _in_claim(name: str, text: str, without: str) -> Guard:
    return Guard(f"claim: {name}", LIFECYCLE, text, without, "test_claim.py", "claim")


def _fence(statement: str, tests: str = "test_the_fence_holds.py") -> list[Guard]:
    return [
        Guard(
            f"fence of {statement}: lease",
            LIFECYCLE,
            "lease = %(lease)s AND status",
            "status",
            tests,
            statement,
        ),
        Guard(
            f"fence of {statement}: status",
            LIFECYCLE,
            f"lease = %(lease)s AND {RUNNING}",
            "lease = %(lease)s",
            tests,
            statement,
        ),
    ]


def _many(verb: str, allowed: str) -> list[Guard]:
    """The guards of a retry or cancel of many. Its status is guarded twice: by itself, and by the revision."""
    return [
        Guard(f"{verb} many: {name}", LIFECYCLE, text, instead, "test_bulk.py", f"{verb}_many")
        for name, text, instead in (
            ("only as it was picked", " AND job.revision = picked.revision", ""),
            ("only of one's own organisation", "job.org_id = %(org_id)s AND ", ""),
            ("only of one's own project", "job.project_id = %(project_id)s AND ", ""),
            ("only what it may", f" AND job.status IN ({allowed})", ""),
            (
                "only what is stuck still",
                "AND (NOT %(stuck)s OR job.updated_at < now() - %(threshold)s)",
                "",
            ),
            ("does not wait", "FOR UPDATE OF job SKIP LOCKED", "FOR UPDATE OF job"),
        )
    ]


GUARDS = [
    # Recovery
    Guard(
        "an orphan is recovered at the threshold",
        LIFECYCLE,
        "updated_at < now() - %(threshold)s AND attempt <",
        "updated_at < now() - 2 * %(threshold)s AND attempt <",
        "test_bounded_recovery.py",
        "sweep_orphans",
    ),
    Guard(
        "an orphan is not recovered before the threshold",
        LIFECYCLE,
        "updated_at < now() - %(threshold)s AND attempt <",
        "updated_at < now() - %(threshold)s / 2 AND attempt <",
        "test_bounded_recovery.py",
        "sweep_orphans",
    ),
    Guard(
        "checkpoints are gone on from",
        DOMAIN / "extracting.py",
        "self.done[index] = ChunkResult.from_json(checkpoint)",
        "ChunkResult.from_json(checkpoint)",
        "test_bounded_recovery.py",
    ),
    Guard(
        "a chunk is kept as soon as it is done",
        LIFECYCLE,
        "FROM held\n  ON CONFLICT (job_id, chunk_index) DO UPDATE",
        "FROM held WHERE false\n  ON CONFLICT (job_id, chunk_index) DO UPDATE",
        "test_bounded_recovery.py",
        "checkpoint",
    ),
    # 16. Plans
    Guard(
        "a claim has no index of the pending",
        LIFECYCLE,
        f"WHERE id = %(job_id)s AND {PENDING} AND",
        "WHERE id = %(job_id)s AND status = 'pending' AND",
        "test_statements_keep_to_their_index.py",
        "claim",
    ),
    Guard(
        "a list has one index only",
        DOMAIN / "sql/reads.sql",
        "ORDER BY org_id DESC, project_id DESC, status DESC, id DESC",
        "ORDER BY id DESC",
        "test_statements_keep_to_their_index.py",
        "list_jobs",
    ),
    Guard(
        "no session reads whole tables",
        DOMAIN / "session.py",
        '"enable_seqscan": "off",',
        "",
        "test_statements_keep_to_their_index.py",
    ),
    Guard(
        "a session reads dates whatever the database says",
        DOMAIN / "session.py",
        '"DateStyle": "ISO, YMD",',
        "",
        "test_settings_of_others.py",
    ),
    Guard(
        "behind a proxy a session looks at its settings",
        DOMAIN / "database.py",
        "look(connection)",
        "pass",
        "test_settings_of_others.py",
    ),
    Guard(
        "the wall between organisations leaves a list its index",
        DOMAIN / "sql/roles.sql",
        "((SELECT kb.organisations())::text[] @> ARRAY[org_id::text])",
        "(org_id = ANY ((SELECT kb.organisations())::text[]))",
        "test_statements_keep_to_their_index.py",
    ),
    # 1. Claim
    _in_claim(
        "only pending",
        f"WHERE id = %(job_id)s AND {PENDING} AND",
        "WHERE id = %(job_id)s AND",
    ),
    _in_claim("only when due", "AND run_after <= now() ", ""),
    _in_claim("only within the budget", " AND attempt < max_attempts", ""),
    _in_claim("one at a time", "  FOR UPDATE SKIP LOCKED\n", ""),
    _in_claim("counts the attempt", "attempt = attempt + 1,", "attempt = attempt,"),
    # 2. Fence
    *[
        guard
        for statement in ("heartbeat", "checkpoint", "finish", "retry_later", "fail", "hand_over")
        for guard in _fence(statement)
    ],
    Guard(
        "each organisation has its turns",
        DOMAIN / "sql/reads.sql",
        "ORDER BY random()",
        "ORDER BY org_id",
        "test_fair_between_organisations.py",
        "draw_job",
    ),
    Guard(
        "a sweep sends of each organisation its share",
        LIFECYCLE,
        "LIMIT (SELECT jobs FROM share)",
        "LIMIT %(batch)s",
        "test_fair_between_organisations.py",
        "reserve_dispatches",
    ),
    Guard(
        "a row that is put back takes a new lease",
        DOMAIN / "migrations/0070_leases_of_rows_put_back.sql",
        " OR NEW.created_at <> now()",
        "",
        "test_the_fence_holds.py",
    ),
    Guard(
        "fence of start_chunks: lease",
        LIFECYCLE,
        "job.lease = %(lease)s AND ",
        "",
        "test_the_fence_holds.py",
        "start_chunks",
    ),
    Guard(
        "fence of start_chunks: status",
        LIFECYCLE,
        f" AND job.{RUNNING}",
        "",
        "test_the_fence_holds.py",
        "start_chunks",
    ),
    Guard(
        "the lease grows with each claim",
        LIFECYCLE,
        "lease = lease + 1,",
        "lease = attempt + 1,",
        "test_the_fence_holds.py",
    ),
    Guard(
        "setting running by hand takes the lease",
        BY_HAND,
        "NEW.lease := OLD.lease + 1;",
        "",
        "test_the_fence_holds.py",
    ),
    # 3. Clocks
    Guard(
        "orphans: heartbeat over the threshold",
        LIFECYCLE,
        "updated_at < now() - %(threshold)s AND attempt <",
        "attempt <",
        "test_a_live_job_is_never_recovered.py",
        "sweep_orphans",
    ),
    Guard(
        "hard limit",
        LIFECYCLE,
        "AND deadline_at < now()",
        "AND false",
        "test_a_hung_job_ends.py",
        "sweep_overdue",
    ),
    Guard(
        "what is left of the limit is kept across hand-overs",
        LIFECYCLE,
        "coalesce(time_left,\n",
        "coalesce(NULL,\n",
        "test_a_hung_job_ends.py",
    ),
    Guard(
        "the limit does not count waiting",
        LIFECYCLE,
        "deadline_at = now() + coalesce(time_left,\n",
        "deadline_at = started_at + coalesce(interval '30 minutes',\n",
        "test_a_hung_job_ends.py",
        "claim",
    ),
    *[
        Guard(
            f"a new attempt has the whole limit: {name}",
            file,
            text,
            "",
            "test_a_hung_job_ends.py",
            within,
        )
        for name, file, text, within in (
            ("after a claim", LIFECYCLE, "      time_left = NULL,\n", "claim"),
            ("after a retry", LIFECYCLE, " time_left = NULL,", "retry_by_hand"),
            ("after a reset by hand", BY_HAND, "  NEW.time_left := NULL;\n", None),
        )
    ],
    Guard(
        "hard limit: not of a worker that was dead by then",
        LIFECYCLE,
        " AND updated_at >= least(deadline_at, now() - %(threshold)s)",
        "",
        "test_a_hung_job_ends.py",
        "sweep_overdue",
    ),
    Guard(
        "hard limit: though the heartbeat is old by now",
        LIFECYCLE,
        "least(deadline_at, now() - %(threshold)s)",
        "now() - %(threshold)s",
        "test_a_hung_job_ends.py",
        "sweep_overdue",
    ),
    Guard(
        "a dry run stays on its connection",
        DOMAIN / "database.py",
        "if self._pinned is not None:",
        "if False:",
        "test_the_database_may_fail.py",
    ),
    Guard(
        "a connection that became read-only is given up",
        DOMAIN / "database.py",
        "except psycopg.errors.ReadOnlySqlTransaction as error:",
        "except ZeroDivisionError as error:",
        "test_the_database_may_fail.py",
    ),
    Guard(
        "failed chunks are remembered within an attempt",
        LIFECYCLE,
        " OR chunk.created_at >= held.started_at",
        "",
        "test_hand_over.py",
    ),
    Guard(
        "a checkpoint brings the deadline",
        DOMAIN / "extracting.py",
        "self.heartbeat.renewed(left)",
        "pass",
        "test_odd_rows.py",
    ),
    Guard(
        "what waits has no deadline",
        LIFECYCLE,
        "deadline_at = NULL, dispatched_at",
        "dispatched_at",
        "test_any_sequence.py",
        "retry_later",
    ),
    Guard(
        "the maximum of the limit",
        LIFECYCLE,
        ", %(max_job_timeout)s)",
        ", interval '1 year')",
        "test_a_hung_job_ends.py",
    ),
    Guard(
        "a worker stops when it cannot renew its lease",
        DOMAIN / "attempt.py",
        "self._clock() - self.renewed_at > self._give_up_after",
        "False",
        "test_clocks.py",
    ),
    Guard(
        "a worker ends its job at the deadline",
        DOMAIN / "heartbeat.py",
        "        if self._clock() >= self._deadline:\n            raise OverHardLimitError\n",
        "",
        "test_a_hung_job_ends.py",
    ),
    Guard(
        "the heartbeat beats",
        DOMAIN / "heartbeat.py",
        "self._thread.start()",
        "self._thread.run = lambda: None; self._thread.start()",
        "test_a_live_job_is_never_recovered.py",
    ),
    Guard(
        "the claim goes by the database's clock",
        DOMAIN / "claim.py",
        'row = database.row(LIFECYCLE["claim"], params)',
        'row = database.row(LIFECYCLE["claim"].replace(b"now()", b"to_timestamp(%(clock)s)"),'
        ' params | {"clock": time.time()})',
        "test_clocks.py",
    ),
    Guard(
        "the heartbeat goes by the database's clock",
        DOMAIN / "attempt.py",
        'row = database.row(LIFECYCLE["heartbeat"], self._fence)',
        'row = database.row(LIFECYCLE["heartbeat"].replace(b"now()", b"to_timestamp(%(clock)s)"),'
        ' self._fence | {"clock": time.time()})',
        "test_clocks.py",
    ),
    Guard(
        "the worker's deadline goes by the database's clock",
        DOMAIN / "heartbeat.py",
        "self._deadline = clock() + seconds_left",
        "self._deadline = clock() + attempt.job.deadline_at.timestamp() - time.time()",
        "test_clocks.py",
    ),
    Guard(
        "the heartbeat counts durations",
        DOMAIN / "heartbeat.py",
        "clock: Callable[[], float] = time.monotonic,",
        "clock: Callable[[], float] = time.time,",
        "test_clocks.py",
    ),
    Guard(
        "the sweep goes by the database's clock",
        DOMAIN / "sweep.py",
        "rows = self.database.rows(LIFECYCLE[statement], params | whole)",
        'rows = self.database.rows(LIFECYCLE[statement].replace(b"now()", b"to_timestamp(%(clock)s)"),'
        ' params | whole | {"clock": time.time()})',
        "test_clocks.py",
    ),
    # 4. Budget
    Guard(
        "an orphan whose budget is spent is not recovered",
        LIFECYCLE,
        "- %(threshold)s AND attempt < max_attempts",
        "- %(threshold)s",
        "test_five_sweepers_one_poisoned_row.py",
        "sweep_orphans",
    ),
    Guard(
        "an orphan whose budget is spent is failed",
        LIFECYCLE,
        "AND attempt >= max_attempts",
        "AND false",
        "test_the_budget_is_exact.py",
        "sweep_spent",
    ),
    Guard(
        "an error with the budget spent fails",
        LIFECYCLE,
        "SET status = CASE WHEN attempt < max_attempts THEN 'pending' ELSE 'failed' END",
        "SET status = 'pending'",
        "test_the_budget_is_exact.py",
        "retry_later",
    ),
    Guard(
        "a hand-over costs nothing",
        LIFECYCLE,
        "THEN greatest(attempt - 1, 0) ELSE",
        "THEN attempt ELSE",
        "test_the_budget_is_exact.py",
    ),
    Guard(
        "a hand-over without progress counts",
        LIFECYCLE,
        "CASE WHEN slice.progressed THEN greatest(attempt - 1, 0) ELSE attempt END",
        "greatest(attempt - 1, 0)",
        "test_the_budget_is_exact.py",
    ),
    Guard(
        "a lowered budget ends the job",
        LIFECYCLE,
        "AND attempt >= max_attempts",
        "AND false",
        "test_the_budget_is_exact.py",
        "sweep_unclaimable",
    ),
    Guard(
        "an attempt is counted when it starts",
        LIFECYCLE,
        "attempt = attempt + 1,",
        "attempt = attempt,",
        "test_the_budget_is_exact.py",
        "claim",
    ),
    Guard(
        "a job that runs is not claimed by a duplicate message",
        LIFECYCLE,
        f"WHERE id = %(job_id)s AND {PENDING} AND",
        "WHERE id = %(job_id)s AND status IN ('pending', 'running') AND",
        "test_the_budget_is_exact.py",
        "claim",
    ),
    # 5. Dispatch
    Guard(
        "what was never sent is due",
        LIFECYCLE,
        "(waiting.org_id, false, now())",
        "(waiting.org_id, false, '-infinity')",
        "test_nothing_pending_is_lost.py",
        "reserve_dispatches",
    ),
    Guard(
        "sending again backs off",
        LIFECYCLE,
        "* power(2, least(dispatch_count, 20))",
        "",
        "test_nothing_pending_is_lost.py",
    ),
    Guard(
        "what is sent is noted",
        LIFECYCLE,
        "next_dispatch_at = greatest(now() + sent.due_in_seconds * interval '1 second', run_after)\n      +",
        "next_dispatch_at = now() - interval '1 s' + 0 *",
        "test_nothing_pending_is_lost.py",
        "note_dispatched",
    ),
    Guard(
        "a note is for one revision only",
        LIFECYCLE,
        " AND job.revision = message.revision",
        "",
        "test_nothing_pending_is_lost.py",
    ),
    Guard(
        "a reset by hand is unsent",
        BY_HAND,
        "    NEW.dispatched_at := NULL;\n    NEW.dispatch_count := 0;\n    NEW.next_dispatch_at := NEW.run_after;\n",
        "",
        "test_nothing_pending_is_lost.py",
    ),
    Guard(
        "a reset by hand has a fresh budget",
        BY_HAND,
        "    NEW.attempt := 0;\n",
        "",
        "test_nothing_pending_is_lost.py",
    ),
    Guard(
        "a reset by hand is due at once",
        BY_HAND,
        "NEW.run_after := now();",
        "NULL;",
        "test_nothing_pending_is_lost.py",
    ),
    Guard(
        "a pending row touched by hand is sent again",
        WHICH_CHANGE_IS_BY_HAND,
        "OR NEW.status = 'pending' AND (NEW.updated_at <> OLD.updated_at OR NEW.run_after <> OLD.run_after)",
        "",
        "test_nothing_pending_is_lost.py",
    ),
    # 6. Sweep
    Guard(
        "sweep: the look sees orphans",
        LIFECYCLE,
        "coalesce(heartbeat >= now() - %(threshold)s, true)",
        "coalesce(heartbeat >= now() - %(threshold)s, true) IS NOT NULL",
        "test_what_a_sweep_tells.py",
        "look",
    ),
    Guard(
        "sweep: the look sees what is over its hard limit",
        LIFECYCLE,
        "coalesce(deadline >= now(), true)",
        "true",
        "test_what_a_sweep_tells.py",
        "look",
    ),
    Guard(
        "sweep: the look sees what is to be sent",
        LIFECYCLE,
        "coalesce(dispatch > now(), true)",
        "true",
        "test_what_a_sweep_tells.py",
        "look",
    ),
    Guard(
        "sweep: locks what it takes",
        LIFECYCLE,
        "  FOR UPDATE SKIP LOCKED\n",
        "",
        "test_sweep_is_compare_and_set.py",
        "sweep_orphans",
    ),
    Guard(
        "sweep: passes over what is locked",
        LIFECYCLE,
        "FOR UPDATE SKIP LOCKED",
        "FOR UPDATE",
        "test_sweep_is_compare_and_set.py",
        "sweep_orphans",
    ),
    Guard(
        "sweep: in batches",
        LIFECYCLE,
        "ORDER BY updated_at LIMIT %(batch)s",
        "ORDER BY updated_at",
        "test_sweep_is_bounded.py",
        "sweep_orphans",
    ),
    Guard(
        "sweep: the oldest first",
        LIFECYCLE,
        "ORDER BY updated_at LIMIT",
        "ORDER BY updated_at DESC LIMIT",
        "test_sweep_is_bounded.py",
        "sweep_orphans",
    ),
    Guard(
        "sweep: spread out",
        LIFECYCLE,
        "(count(*) - 1) * %(spacing)s",
        "0 * %(spacing)s",
        "test_sweep_is_bounded.py",
        "sweep_orphans",
    ),
    Guard(
        "sweep: batches follow each other",
        DOMAIN / "sweep.py",
        'params["wait_from"] = report.recovered_count * self._spacing',
        "pass",
        "test_sweep_is_bounded.py",
    ),
    Guard(
        "sweep: one bad row",
        DOMAIN / "sweep.py",
        "for rows in self._row_by_row(statement, params, report, started, skip, batch):",
        "for rows in ():",
        "test_five_sweepers_one_poisoned_row.py",
    ),
    Guard(
        "sweep: each step on its own",
        DOMAIN / "sweep.py",
        'report.errors.append(f"could not {name}: {_told(error)}")',
        "raise",
        "test_five_sweepers_one_poisoned_row.py",
    ),
    Guard(
        "sweep: the index of heartbeats",
        DOMAIN / "migrations/0001_job_tables.sql",
        "CREATE INDEX object_extraction_jobs_heartbeat ON kb.object_extraction_jobs (updated_at)"
        " WHERE status = 'running';",
        "",
        "test_sweep_is_bounded.py",
    ),
    Guard(
        "sweep: overdue jobs are locked",
        LIFECYCLE,
        "  FOR UPDATE SKIP LOCKED\n",
        "",
        "test_sweep_is_compare_and_set.py",
        "sweep_overdue",
    ),
    Guard(
        "sweep: spent jobs are locked",
        LIFECYCLE,
        "  FOR UPDATE SKIP LOCKED\n",
        "",
        "test_sweep_is_compare_and_set.py",
        "sweep_spent",
    ),
    Guard(
        "sweep: a bad row is looked for where its step looks",
        DOMAIN / "sweep.py",
        'READS[f"{statement}_candidates"]',
        'READS["reserve_dispatches_candidates"]',
        "test_five_sweepers_one_poisoned_row.py",
    ),
    Guard(
        "sweep: names so many and counts all",
        DOMAIN / "sweep_report.py",
        "self.recovered += jobs[: MOST_NAMED - len(self.recovered)]",
        "self.recovered += jobs",
        "test_sweep_is_bounded.py",
    ),
    Guard(
        "sweep: sends no further ahead than two minutes",
        DOMAIN / "sweep.py",
        "min(self.queue.longest_delay, SEND_AHEAD)",
        "self.queue.longest_delay",
        "test_sweep_is_bounded.py",
    ),
    Guard(
        "sweep: ends when its time is up",
        DOMAIN / "sweep.py",
        "while self.clock() - started < TIME_LIMIT_SECONDS:",
        "while True:",
        "test_sweep_is_bounded.py",
    ),
    Guard(
        "sweep: gives way",
        DOMAIN / "sweep.py",
        "self.sleep(took * REST_FOR_WORK)",
        "pass",
        "test_sweep_is_bounded.py",
    ),
    Guard(
        "sending again: at a rate",
        DOMAIN / "sweep.py",
        "report, started, most=most)",
        "report, started)",
        "test_sweep_is_bounded.py",
    ),
    Guard(
        "sending again: spread out",
        LIFECYCLE,
        "random() * (SELECT count(*) - 1 FROM lost)",
        "0",
        "test_sweep_is_bounded.py",
        "reserve_dispatches",
    ),
    Guard(
        "sending: first messages before a backlog",
        LIFECYCLE,
        "(waiting.org_id, false, now())",
        "(waiting.org_id, false, '-infinity')",
        "test_sweep_is_bounded.py",
        "reserve_dispatches",
    ),
    Guard(
        "sending: a first message does not wait among a backlog",
        LIFECYCLE,
        "random() * (SELECT count(*) - 1 FROM unsent)",
        "random() * (SELECT count(*) FROM unsent, lost)",
        "test_sweep_is_bounded.py",
        "reserve_dispatches",
    ),
    Guard(
        "sending: a note waits for nobody",
        LIFECYCLE,
        "FOR UPDATE OF job SKIP LOCKED",
        "FOR UPDATE OF job",
        "test_nothing_pending_is_lost.py",
        "note_dispatched",
    ),
    Guard(
        "sweep: a short batch is not the last one",
        DOMAIN / "sweep.py",
        "                if not rows:\n                    return\n                yield rows\n",
        "                yield rows\n                if len(rows) < batch:\n                    return\n",
        "test_sweep_is_compare_and_set.py",
    ),
    Guard(
        "sending again: batches follow each other",
        DOMAIN / "sweep.py",
        'params["wait_from"] = reserved * self._spacing',
        "pass",
        "test_sweep_is_bounded.py",
    ),
    Guard(
        "sending again: the longest due first",
        LIFECYCLE,
        "next_dispatch_at LIMIT",
        "next_dispatch_at DESC LIMIT",
        "test_sweep_is_bounded.py",
        "reserve_dispatches",
    ),
    Guard(
        "sending again: counts from when the queue lets go",
        LIFECYCLE,
        "greatest(now() + sent.due_in_seconds * interval '1 second', run_after)",
        "greatest(now(), run_after)",
        "test_sweep_is_bounded.py",
        "note_dispatched",
    ),
    Guard(
        "each entry of a send has its own fate",
        Path("layers/extraction_jobs/extraction_aws/sqs.py"),
        'answer.get("Successful", [])',
        '[*answer.get("Successful", []), *answer.get("Failed", [])]',
        "test_nothing_pending_is_lost.py",
    ),
    Guard(
        "a dry run is rolled back",
        DOMAIN / "database.py",
        "connection.transaction(force_rollback=True)",
        "connection.transaction()",
        "test_retry_is_safe_and_explainable.py",
    ),
    Guard(
        "the list of orphans is what the sweep takes",
        DOMAIN / "sql/reads.sql",
        "WHEN attempt >= max_attempts THEN 'fail: attempts spent'",
        "WHEN attempt > max_attempts THEN 'fail: attempts spent'",
        "test_retry_is_safe_and_explainable.py",
    ),
    # 7. One visible result
    Guard(
        "a job that has ended is not claimed again",
        LIFECYCLE,
        f"WHERE id = %(job_id)s AND {PENDING} AND",
        "WHERE id = %(job_id)s AND status IN ('pending', 'completed') AND",
        "test_one_visible_result.py",
        "claim",
    ),
    Guard(
        "an earlier result is replaced",
        LIFECYCLE,
        "WHERE o.job_id = finished.id AND o.lease < finished.lease",
        "WHERE o.job_id = finished.id AND false",
        "test_one_visible_result.py",
    ),
    Guard(
        "a quote stands where it says",
        DOMAIN / "results.py",
        "_check_quote(document.text, citation)",
        "pass",
        "test_results.py",
    ),
    Guard(
        "what is served quotes the text",
        DOMAIN / "reading.py",
        "_check_quotes(job_id, page.items, database)",
        "pass",
        "test_review.py",
    ),
    Guard(
        "a review ends once",
        LIFECYCLE,
        " AND target.status = 'requires_review'",
        "",
        "test_review.py",
        "end_review",
    ),
    Guard(
        "a rejected result is not served",
        DOMAIN / "sql/reads.sql",
        " AND job.status <> 'failed'",
        "",
        "test_review.py",
    ),
    Guard(
        "what was not read calls for a person",
        DOMAIN / "results.py",
        "yield from document.not_read",
        "pass",
        "test_review.py",
    ),
    Guard(
        "what earlier attempts spent is kept",
        DOMAIN / "attempt.py",
        "Spending.so_far(job)",
        "Spending()",
        "test_spending.py",
    ),
    # 8. History
    Guard(
        "an error message is appended to",
        LIFECYCLE,
        "kb.appended(error_message, %(reason)s)",
        "%(reason)s",
        "test_history.py",
        "fail",
    ),
    Guard(
        "the history of a change by hand",
        WHICH_CHANGE_IS_BY_HAND,
        "BEFORE UPDATE ON",
        "BEFORE DELETE ON",
        "test_history.py",
    ),
    Guard(
        "a dead letter is for one revision only",
        LIFECYCLE,
        "AND revision = %(revision)s AND",
        "AND",
        "test_history.py",
        "give_up_on_message",
    ),
    Guard(
        "a dead letter is for a pending job only",
        LIFECYCLE,
        f"WHERE id = %(job_id)s AND revision = %(revision)s AND {PENDING}",
        "WHERE id = %(job_id)s AND revision <= %(revision)s + 1",
        "test_history.py",
        "give_up_on_message",
    ),
    # 9. Cancel
    Guard(
        "cancel: only pending or running",
        LIFECYCLE,
        "AND target.status IN ('pending', 'running')",
        "",
        "test_cancel_sticks.py",
    ),
    *[
        Guard(
            f"a cancelled job is not for {statement}",
            LIFECYCLE,
            f"WHERE status = '{status}' AND",
            f"WHERE status IN ('{status}', 'cancelled') AND",
            "test_cancel_sticks.py",
            statement,
        )
        for statement, status in (
            ("sweep_overdue", "running"),
            ("sweep_orphans", "running"),
        )
    ],
    Guard(
        "a cancelled job is not for reserve_dispatches",
        LIFECYCLE,
        "status) = 'pending'",
        "status) IN ('pending', 'cancelled')",
        "test_cancel_sticks.py",
        "reserve_dispatches",
    ),
    Guard(
        "a cancelled job is not claimed",
        LIFECYCLE,
        f"WHERE id = %(job_id)s AND {PENDING} AND",
        "WHERE id = %(job_id)s AND status IN ('pending', 'cancelled') AND",
        "test_cancel_sticks.py",
        "claim",
    ),
    Guard(
        "a cancelled job is not finished",
        LIFECYCLE,
        f"lease = %(lease)s AND {RUNNING}",
        "lease = %(lease)s AND status IN ('running', 'cancelled')",
        "test_cancel_sticks.py",
        "finish",
    ),
    Guard(
        "retry: only running or failed",
        LIFECYCLE,
        "AND target.status IN ('running', 'failed')",
        "",
        "test_retry_is_safe_and_explainable.py",
    ),
    Guard(
        "retry: only of one's own",
        LIFECYCLE,
        " AND org_id = %(org_id)s AND project_id = %(project_id)s",
        "",
        "test_retry_is_safe_and_explainable.py",
        "retry_by_hand",
    ),
    Guard(
        "cancel: only of one's own",
        LIFECYCLE,
        " AND org_id = %(org_id)s AND project_id = %(project_id)s",
        "",
        "test_retry_is_safe_and_explainable.py",
        "cancel",
    ),
    *[
        guard
        for verb, allowed in (("retry", "'running', 'failed'"), ("cancel", "'pending', 'running'"))
        for guard in _many(verb, allowed)
    ],
    Guard(
        "a bulk retry means running jobs only when it says so",
        DOMAIN / "bulk.py",
        "Action.RETRY: (JobStatus.FAILED,),",
        "Action.RETRY: (JobStatus.RUNNING, JobStatus.FAILED),",
        "test_bulk.py",
    ),
    # Announcements and retention
    Guard(
        "an announcement stays until it is sent",
        DOMAIN / "announcements.py",
        "[each.id for each in sent]",
        '[row["id"] for row in rows]',
        "test_announcements.py",
    ),
    Guard(
        "two senders do not both send",
        DOMAIN / "sql/announcements.sql",
        "  FOR UPDATE SKIP LOCKED\n",
        "",
        "test_announcements.py",
        "reserve_announcements",
    ),
    Guard(
        "only an ending is announced",
        DOMAIN / "migrations/0020_announcements_and_retention.sql",
        "NEW.status <> OLD.status AND NEW.status IN",
        "NEW.status IN",
        "test_announcements.py",
    ),
    Guard(
        "announcing is off until it is asked for",
        DOMAIN / "migrations/0020_announcements_and_retention.sql",
        "DISABLE TRIGGER announce_ending",
        "ENABLE TRIGGER announce_ending",
        "test_announcements.py",
    ),
    *[
        Guard(
            f"{statement}: never what is pending or running",
            DOMAIN / "sql/retention.sql",
            "status NOT IN ('pending', 'running')",
            "true",
            "test_retention.py",
            statement,
        )
        for statement in ("delete_jobs", "delete_histories", "delete_results")
    ],
    Guard(
        "retention looks at what it locks",
        DOMAIN / "sql/retention.sql",
        "    FOR UPDATE\n",
        "",
        "test_retention.py",
        "delete_results",
    ),
    Guard(
        "retention in batches",
        DOMAIN / "sql/retention.sql",
        "LIMIT %(batch)s",
        "",
        "test_retention.py",
        "delete_results",
    ),
    Guard(
        "retention goes on where it came to",
        DOMAIN / "sql/retention.sql",
        "(completed_at, id) > (mark.through, mark.through_id)",
        "completed_at > mark.through",
        "test_retention.py",
        "delete_histories",
    ),
    # Deletion
    *[
        Guard(f"delete: {name}", LIFECYCLE, text, instead, "test_deletion.py", "delete_job")
        for name, text, instead in (
            ("only of one's own organisation", "org_id = %(org_id)s AND ", ""),
            ("only of one's own project", " AND project_id = %(project_id)s", ""),
            ("looks at what it locks", "  FOR UPDATE\n", ""),
            ("only what has ended", " AND target.status NOT IN ('pending', 'running')", ""),
        )
    ],
    *[
        Guard(
            f"delete many: {name}",
            LIFECYCLE,
            text,
            instead,
            "test_deletion.py",
            "delete_ended_jobs",
        )
        for name, text, instead in (
            ("only of one organisation", "org_id = %(org_id)s AND ", ""),
            ("only what has ended", " AND status NOT IN ('pending', 'running')", ""),
            ("in batches", "  LIMIT %(batch)s\n", ""),
            ("does not wait", "FOR UPDATE SKIP LOCKED", "FOR UPDATE"),
        )
    ],
    *[
        Guard(
            f"delete: {name} go too",
            DOMAIN / "migrations/0040_deletion.sql",
            f"DELETE FROM kb.{table} WHERE job_id = ANY (ARRAY(SELECT id FROM deleted));",
            "",
            "test_deletion.py",
        )
        for name, table in (
            ("lines of history", "extraction_job_events"),
            ("announcements", "extraction_announcements"),
        )
    ],
    # 10. Hand-over
    Guard(
        "a worker looks at its end before it starts",
        DOMAIN / "work.py",
        "if remaining_seconds() <= self.settings.hand_over_margin_seconds:",
        "if False:",
        "test_hand_over.py",
    ),
    Guard(
        "a worker looks at its end before each chunk",
        DOMAIN / "extracting.py",
        "return self.remaining_seconds() <= self.settings.hand_over_margin_seconds\n",
        "return False\n",
        "test_hand_over.py",
    ),
    Guard(
        "zero seconds are not none",
        DOMAIN / "work.py",
        "if remaining_seconds() <= self",
        "if remaining_seconds() and remaining_seconds() <= self",
        "test_hand_over.py",
    ),
    Guard(
        "a checkpoint is of one plan",
        LIFECYCLE,
        " AND chunk.plan_digest = %(plan_digest)s",
        "",
        "test_hand_over.py",
    ),
    # 12. The database may fail
    Guard(
        "a worker that cannot renew its lease stops",
        DOMAIN / "attempt.py",
        "return self._clock() - self.renewed_at > self._give_up_after",
        "return False",
        "test_the_database_may_fail.py",
    ),
    Guard(
        "an answer is not waited for for ever",
        DOMAIN / "database.py",
        "patience = self.reply_seconds if timeout is None else timeout",
        "patience = 3600.0",
        "test_the_database_may_fail.py",
    ),
    Guard(
        "a fenced write is repeated over a fresh connection",
        DOMAIN / "attempt.py",
        "except (DatabaseUnavailableError, *LOCK_FAULTS):",
        "except LOCK_FAULTS:",
        "test_the_database_may_fail.py",
    ),
    *[
        Guard(
            f"a fenced write: {name}",
            DOMAIN / file,
            text,
            instead,
            "test_a_short_outage_costs_nothing.py",
        )
        for name, file, text, instead in (
            (
                "tried until the lease counts as lost",
                "attempt.py",
                "if self.is_stale():",
                "if False:",
            ),
            (
                "not given up before the lease counts as lost",
                "attempt.py",
                "if self.is_stale():",
                "if longest > 1.0:",
            ),
            (
                "no try is cut off by the invocation's end",
                "attempt.py",
                "if self._remaining_seconds() - wait <= LAST_TRY_SECONDS:",
                "if False:",
            ),
            (
                "what ends the work ends its tries",
                "extracting.py",
                "        self.heartbeat.check()\n        if self._seconds_left() <= 0:",
                "        if self._seconds_left() <= 0:",
            ),
            (
                "the hand-over has its time",
                "extracting.py",
                "        self.heartbeat.check()\n        if self._seconds_left() <= 0:",
                "        self.heartbeat.check()\n        if False:",
            ),
            ("at random", "attempt.py", "(0.5 + 0.5 * self._random())", "1.0"),
        )
    ],
    Guard(
        "a lease is as old as the question that renewed it",
        DOMAIN / "attempt.py",
        "self.renewed_at = max(self.renewed_at, asked_at)",
        "self.renewed_at = self._clock()",
        "test_clocks.py",
    ),
    Guard(
        "an ending whose reply was lost is an ending",
        DOMAIN / "work.py",
        "ending = attempt.own_ending()",
        "ending = None",
        "test_the_database_may_fail.py",
    ),
    Guard(
        "an early message keeps its tenant and its trace",
        DOMAIN / "claim.py",
        """                    found["org_id"],
                    found["trace"],
""",
        "",
        "test_claim.py",
    ),
    # Any sequence
    Guard(
        "any sequence: the fence of finish",
        LIFECYCLE,
        "lease = %(lease)s AND status",
        "status",
        "test_any_sequence.py",
        "finish",
    ),
    Guard(
        "any sequence: a hand-over is free with a checkpoint only",
        LIFECYCLE,
        "THEN greatest(attempt - 1, 0) ELSE attempt END",
        "THEN greatest(attempt - 1, 0) ELSE greatest(attempt - 1, 0) END",
        "test_any_sequence.py",
        "hand_over",
    ),
    Guard(
        "any sequence: the lease never goes back",
        LIFECYCLE,
        "lease = lease + 1,",
        "lease = attempt + 1,",
        "test_any_sequence.py",
    ),
    Guard(
        "any sequence: a cancelled job stays so",
        LIFECYCLE,
        f"WHERE id = %(job_id)s AND {PENDING} AND",
        "WHERE id = %(job_id)s AND status IN ('pending', 'cancelled') AND",
        "test_any_sequence.py",
        "claim",
    ),
    Guard(
        "any sequence: a dead letter is for one revision",
        LIFECYCLE,
        f"WHERE id = %(job_id)s AND revision = %(revision)s AND {PENDING}",
        "WHERE id = %(job_id)s AND status = 'pending'",
        "test_any_sequence.py",
        "give_up_on_message",
    ),
]


def without(guard: Guard, content: str) -> str:
    start, end = 0, len(content)
    if guard.within:
        start = content.index(f"-- name: {guard.within}\n")
        following = content.find("-- name: ", start + 1)
        end = following if following > 0 else len(content)
    if guard.text not in content[start:end]:
        raise LookupError(
            f"{guard.name}: its text is not in {guard.file} any more; mend tests/promises/guards.py"
        )
    return content[:start] + content[start:end].replace(guard.text, guard.without) + content[end:]


def _noticed(guard: Guard, tree: Path) -> bool:
    original = (ROOT / guard.file).read_text()
    target = tree / guard.file
    target.write_text(without(guard, original))
    try:
        status, output = _run_tests(guard.tests, tree)
    finally:
        target.write_text(original)
    # 1: tests failed. Anything else (a syntax error, no tests) is no proof.
    return status == 1 and b"SyntaxError" not in output


def _run_tests(name: str, tree: Path) -> tuple[int, bytes]:
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider"),
            *("--timeout", "60", f"tests/promises/{name}"),
        ],
        cwd=tree,
        # Whether it fails is asked, not the shortest way to it.
        env=os.environ | {"SHRINK": "no"},
        check=False,
        capture_output=True,
        timeout=300,
    )
    return finished.returncode, finished.stdout


def main(words: list[str]) -> int:
    """Runs all, or those that are named; 1 if a guard could be taken out unnoticed."""
    wanted = [guard for guard in GUARDS if not words or any(word in guard.name for word in words)]
    unnoticed = []
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        for part in ("layers", "functions", "tests", "local"):
            shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", tree)
        for name in sorted({guard.tests for guard in wanted}):
            if _run_tests(name, tree)[0] != 0:
                raise SystemExit(f"{name} fails with every guard in place")
        for guard in wanted:
            noticed = _noticed(guard, tree)
            print(f"{'noticed  ' if noticed else 'UNNOTICED'}  {guard.name}", flush=True)  # noqa: T201
            if not noticed:
                unnoticed.append(guard.name)
    print(f"{len(wanted) - len(unnoticed)} passed, {len(unnoticed)} failed")  # noqa: T201
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
