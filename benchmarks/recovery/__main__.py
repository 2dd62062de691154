"""`python -m benchmarks.recovery [--lanes N] [--jobs N] [--defaults] [--json FILE]`.

Kills workers by SIGKILL at every boundary of their jobs and takes the time until the job has left `running`. With
`--defaults` at the settings that the product comes with, which takes seven minutes for one kill a lane.
"""

from __future__ import annotations

import argparse
import json
import logging
import platform
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks import server
from benchmarks.contestants.product import Product
from benchmarks.recovery.killing import LEAVING_RUNNING, Kill, Killing, Outcome, Pace

SMALL = Pace(threshold=2.0, heartbeat=0.5, sweep=6.0)
DEFAULTS = Pace(threshold=300.0, heartbeat=20.0, sweep=60.0)


def main(arguments: Sequence[str]) -> None:
    """Measures, prints the table, writes the JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recovery", description=__doc__)
    parser.add_argument("--lanes", type=int, default=8, help="jobs at a time")
    parser.add_argument("--jobs", type=int, default=9, help="one after the other in each lane")
    parser.add_argument("--defaults", action="store_true", help="at the product's own settings")
    parser.add_argument("--json", type=Path, default=Path(".local/recovery.json"))
    asked = parser.parse_args(arguments)
    # The product says what it does, a line a job; here nobody listens.
    logging.disable(logging.CRITICAL)

    pace = DEFAULTS if asked.defaults else SMALL
    kills_a_job = 1 if asked.defaults else len(LEAVING_RUNNING)
    with server.started() as running:
        url = running.create_database("recovery")
        Product().install(url)
        started = time.monotonic()
        outcome = Killing(url, pace).run(
            lanes=asked.lanes, jobs=asked.jobs, kills_a_job=kills_a_job
        )
        took = time.monotonic() - started
        version = running.configuration()["server_version"]
    print(
        f"{platform.system()} {platform.machine()}, Postgres {version}, {asked.lanes} workers at a time, {took:.0f} s\n"
        f"threshold {pace.threshold:g} s, heartbeat {pace.heartbeat:g} s, a sweep every {pace.sweep:g} s\n\n"
        f"{table(outcome, pace)}"
    )
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(
        json.dumps({"pace": asdict(pace), "kills": [asdict(kill) for kill in outcome.kills]})
    )
    late = [kill for kill in outcome.kills if kill.left_running > pace.bound]
    if late:
        print(f"\n{len(late)} later than the bound: {late}")


def table(outcome: Outcome, pace: Pace) -> str:
    """What was measured, as Markdown."""
    lines = [
        "| killed | kills | out of `running`: p50 | p99 | max | running again: p50 | p99 | max |",
        "| --- " + "| ---: " * 7 + "|",
    ]
    lines += [
        _line(boundary, [kill for kill in outcome.kills if kill.boundary == boundary])
        for boundary in LEAVING_RUNNING
    ]
    lines.append(_line("**all of these**", outcome.kills))
    lines.append(
        f"| finished, its message not yet deleted | {outcome.after_the_finish} "
        "| was `completed` | | | | | |"
    )
    lines.append(
        f"\nBound: threshold + {pace.bound - pace.threshold:g} s = {pace.bound:g} s. "
        f"Jobs: {outcome.jobs}, all completed once. "
        f"Left out: {outcome.stalls} live workers that this machine kept from their heartbeat for too long."
    )
    return "\n".join(lines)


def _line(name: str, kills: Sequence[Kill]) -> str:
    cells = []
    for seconds in ([k.left_running for k in kills], [k.running_again for k in kills]):
        cells += [statistics.median(seconds), percentile(seconds, 99), max(seconds)]
    return f"| {name} | {len(kills)} | " + " | ".join(f"{cell:.2f} s" for cell in cells) + " |"


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that so many percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


if __name__ == "__main__":
    main(sys.argv[1:])
