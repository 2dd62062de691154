"""`python -m benchmarks [--only ROW ...] [--quick | --full] [--json FILE]`."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import report, server
from benchmarks.contestants import CONTESTANTS, leave_out_what_is_missing
from benchmarks.report import Figure
from benchmarks.rows import (
    api_create,
    claim_finish,
    claims_beside_recovery,
    idle_sweep,
    insert,
    kill,
    kill_peers,
    read_apart,
    recover,
    text_speed,
    whole_jobs,
)
from benchmarks.scale import FULL, QUICK, Scale
from benchmarks.server import Server

ROWS: dict[str, Callable[[Server, Scale], list[Figure]]] = {
    "recover": recover.measure,
    "claims-beside-recovery": claims_beside_recovery.measure,
    "idle-sweep": idle_sweep.measure,
    "claim-finish": claim_finish.measure,
    "whole-jobs": whole_jobs.measure,
    "insert": insert.measure,
    "kill": kill.measure,
    "kill-peers": kill_peers.measure,
    "api-create": api_create.measure,
    "read": read_apart.measure,
    "text": text_speed.measure,
}


def main(arguments: Sequence[str]) -> None:
    """Measures, prints the table, writes the JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=ROWS, help="these rows only")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="small sizes: does it run, not how fast")
    size.add_argument("--full", action="store_true", help="10 million rows and more kills as well")
    parser.add_argument("--rounds", type=int, help="of everything, contestants in turns")
    parser.add_argument("--json", type=Path, default=Path(".local/benchmarks.json"))
    asked = parser.parse_args(arguments)
    scale = QUICK if asked.quick else FULL if asked.full else Scale()
    scale = replace(scale, rounds=asked.rounds or scale.rounds)

    # The product says what it does, a line a job; here nobody listens.
    logging.disable(logging.CRITICAL)
    if missing := leave_out_what_is_missing():
        print(f"Not installed, left out: {', '.join(missing)} (make setup-peers)")
    figures: list[Figure] = []
    with server.started() as running:
        configuration = running.configuration()
        print("\n".join(f"{name} = {value}" for name, value in configuration.items()), flush=True)
        for name in asked.only or ROWS:
            started = time.monotonic()
            found = ROWS[name](running, scale)
            print(
                f"\n{name}, {time.monotonic() - started:.0f} s\n{report.table(found)}", flush=True
            )
            figures += found
    about = {
        "configuration": configuration,
        "scale": repr(scale),
        "versions": {name: each.version() for name, each in CONTESTANTS.items()},
        "command": ["benchmarks", *arguments],
    }
    report.write(asked.json, figures, about)


if __name__ == "__main__":
    main(sys.argv[1:])
