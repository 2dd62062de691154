"""A soak: the whole stack on this machine, for minutes, while everything in it fails at random.

    make soak MINUTES=10
    python -m tests.soak [MINUTES] [SEED]

The real template in the emulator, real Lambda handlers in processes of their own, a real Postgres, callers over HTTP.
At the end nothing fails any more, every job must end, and the invariants must hold of the whole of the tables; the
report is written to .local/soak/. Bounded: so many minutes of faults, then as many as jobs still end in, half an hour
at most; then everything is stopped and removed. All of it listens on 127.0.0.1 only.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import psycopg

from local import package, stack
from local.postgres import EmbeddedPostgres
from local.stack import Stack
from tests.promises import invariants
from tests.soak.again import again_and_again
from tests.soak.faults import Faults
from tests.soak.report import Outcome
from tests.soak.traffic import Traffic

FOLDER = package.ROOT / ".local" / "soak"
FAULT_EVERY_SECONDS = 2.0
SWEEP_EVERY_SECONDS = 2.0
# After the last fault jobs are waited for as long as one of them ends now and then; not for ever.
STANDSTILL_SECONDS = 120.0
REST_SECONDS = 1800.0
# Seconds where the defaults have minutes.
PARAMETERS = {
    "OrphanThresholdMinutes": "0.1",
    "HeartbeatSeconds": "1",
    "RedispatchAfterMinutes": "0.2",
    "RetryBackoffSeconds": "1",
    "RetryBackoffMaxSeconds": "5",
    "MaxAttempts": "20",
    "WorkerMaximumConcurrency": "4",
}


def main(minutes: float, seed: int) -> int:
    """Soaks, writes the report; 0 if everything held."""
    state = FOLDER / f"stack-{os.getpid()}"
    say(f"Soaking for {minutes:g} minutes, seed {seed}")
    options = stack.Options(state=state, parameters=PARAMETERS)
    try:
        deployed = stack.start(options, say)
        outcome = soak(deployed, minutes, seed)
    finally:
        stack.remove(state)
    text = outcome.write(FOLDER)
    print(f"\n{text}\nWritten to {FOLDER.relative_to(package.ROOT)}")  # noqa: T201
    return 0 if outcome.holds else 1


def soak(deployed: Stack, minutes: float, seed: int) -> Outcome:
    """Faults and traffic for so long, then rest, then the look at the tables."""
    chance = random.Random(seed)
    over, at_rest = threading.Event(), threading.Event()
    traffic = Traffic(deployed, random.Random(chance.random()))
    postgres = EmbeddedPostgres(deployed.state / "postgres")
    faults = Faults(deployed, postgres, random.Random(chance.random()))
    sweeping = again_and_again(
        "sweeps", sweep_of(deployed), at_rest, every_seconds=SWEEP_EVERY_SECONDS
    )
    began = datetime.now(UTC)
    busy = [traffic.start(over), faults.start(over, every_seconds=FAULT_EVERY_SECONDS)]
    over.wait(minutes * 60)
    over.set()
    for thread in busy:
        thread.join(120)
    faults.end()
    say(f"{len(traffic.created)} jobs, {faults.counts.total()} faults; waiting for the rest to end")
    rested_after = rest(deployed)
    at_rest.set()
    sweeping.join(60)
    outcome = Outcome(
        about={
            "began": f"{began:%Y-%m-%d %H:%M} UTC",
            "minutes of faults": minutes,
            "seed": seed,
            "threshold": "6 s, a sweep about every 2 s and the schedule's own",
            "came to rest after": "not at all" if rested_after is None else f"{rested_after:.0f} s",
        },
        answers=dict(sorted(traffic.answers.items())),
        faults=dict(faults.counts.most_common()),
    )
    with psycopg.connect(deployed.database.url, autocommit=True) as connection:
        outcome.read(connection, faults.killed)
        outcome.unfinished = invariants.unfinished(connection)
        outcome.broken = invariants.broken(connection)
        invariants.conserved(connection)
        there = {
            str(row[0])
            for row in connection.execute("SELECT id FROM kb.object_extraction_jobs").fetchall()
        }
    outcome.missing = [job for job in traffic.created if job not in there]
    return outcome


def sweep_of(deployed: Stack) -> Callable[[], None]:
    """What the schedule does every minute, more often."""
    client = deployed.emulator.client("lambda")

    def sweep() -> None:
        client.invoke(FunctionName=deployed.outputs["SweeperFunctionName"], Payload=b"{}")

    return sweep


# A message that was lost again and again is sent ever less often, at last once an hour: that hour is not waited for.
_AN_HOUR_PASSES = b"""
UPDATE kb.object_extraction_jobs SET next_dispatch_at = next_dispatch_at - interval '1 hour'
WHERE status = 'pending' AND dispatched_at < now() - interval '30 seconds'"""


def rest(deployed: Stack) -> float | None:
    """Waits until every job has ended; after how many seconds, None if some have not."""
    began = moved = time.monotonic()
    left = -1
    while time.monotonic() - began < REST_SECONDS and time.monotonic() - moved < STANDSTILL_SECONDS:
        with psycopg.connect(deployed.database.url, autocommit=True) as connection:
            connection.execute(_AN_HOUR_PASSES)
            now_left = invariants.unfinished(connection)
        if now_left == 0:
            return time.monotonic() - began
        if now_left != left:
            left, moved = now_left, time.monotonic()
        time.sleep(2)
    return None


def say(text: str) -> None:
    """Tells a person how far it is."""
    print(f"  {text}", flush=True)  # noqa: T201


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(
        main(
            float(given[0]) if given else 10.0,
            int(given[1]) if len(given) > 1 else random.SystemRandom().randrange(10**6),
        )
    )
