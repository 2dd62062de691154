"""Explores the model and tells what it found, as the tables of explored.md.

python -m tests.promises.model            at the size that PROMISE_SIZE names: everyday (the default) or full
"""

from __future__ import annotations

import time

from . import scenarios, tlc


def main() -> None:
    """See the module."""
    say = print
    size = scenarios.SIZE
    long = size == "full"
    say(f"Size: {size}\n\n| what | size | distinct states | steps | deep | seconds |")
    say("| --- | --- | --: | --: | --: | --: |")
    kinds = (
        ("no promise broken", scenarios.safety, scenarios.SAFETY),
        ("leases and ends only go forward", scenarios.order, scenarios.ORDER),
        ("every job ends", scenarios.liveness, scenarios.LIVENESS),
    )
    for what, check, sizes in kinds:
        for each in sizes[size]:
            started = time.monotonic()
            found = tlc.run(check(each), heap_megabytes=2_560, long=long)
            took = time.monotonic() - started
            if not found.explored_all:
                raise SystemExit(found.output)
            say(
                f"| {what} | {each.told()} | {found.distinct:,} | {found.generated:,} |"
                f" {found.depth} | {took:.0f} |",
                flush=True,
            )
    say("\n| without | there is |\n| --- | --- |")
    told = tlc.counterexamples(tlc.run(scenarios.without_each_guard(), heap_megabytes=2_560))
    for number, guard in enumerate(scenarios.GUARDS, 1):
        say(f"| {guard.name} | {told[number].in_a_line()} |")


if __name__ == "__main__":
    main()
