"""What is explored: the design as it stands, in several sizes, and the design with each guard taken out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.promises import sizes

from .tlc import Check

# everyday: with every test run. full: `make prove` and `make model`.
SIZE = "full" if sizes.size(0, 1) else "everyday"

FENCED = ("heartbeat", "start_chunks", "checkpoint", "finish", "fail", "retry_later", "hand_over")


@dataclass(frozen=True)
class Guard:
    """A guard that is taken out, or several that stand behind each other.

    Attributes:
        guards: statement and guard, as Statements.tla has them.
        people: how many changes by people a counterexample needs.
        attempts: the budget that it needs.
        apart: explore a sweep's look and its write as two steps.
        pauses: whether people pause the project, too.
    """

    guards: tuple[tuple[str, str], ...]
    people: int = 0
    attempts: int = 2
    apart: bool = False
    pauses: bool = False

    @property
    def name(self) -> str:
        return "; ".join(f"{statement}: {guard}" for statement, guard in self.guards)


def _one(
    statement: str, guard: str, people: int = 0, *, attempts: int = 2, apart: bool = False
) -> Guard:
    return Guard(((statement, guard),), people, attempts, apart)


EVERY_GUARD: Sequence[Guard] = (
    _one("claim", "only pending"),
    _one("claim", "only when due"),
    _one("claim", "only within the budget", 1),
    Guard((("claim", "not of a paused project"),), people=1, pauses=True),
    _one("claim", "one at a time"),
    _one("claim", "counts the attempt", attempts=1),
    _one("claim", "raises the lease"),
    _one("claim", "goes on with the time left", attempts=1),
    *(_one(statement, f"fence: {half}") for statement in FENCED for half in ("lease", "status")),
    _one("finish", "replaces an earlier result", 1, attempts=1),
    _one("retry_later", "only within the budget", attempts=1),
    _one("hand_over", "progress costs nothing", attempts=1),
    _one("hand_over", "no progress counts", attempts=1),
    _one("hand_over", "stops the clock", attempts=1),
    _one("retry_by_hand", "only running or failed", 1),
    _one("retry_by_hand", "the lease stays", 1),
    _one("cancel", "only pending or running", 1),
    _one("end_review", "only requires_review", 1),
    _one("by_hand", "running takes the lease", 1),
    _one("by_hand", "a reset is unsent", 1),
    _one("sweep_overdue", "only past the deadline"),
    _one("sweep_overdue", "only what was held until then"),
    _one("sweep_spent", "only without a heartbeat", attempts=1),
    _one("sweep_spent", "only a spent budget"),
    _one("sweep_orphans", "only without a heartbeat"),
    _one("sweep_orphans", "only within the budget", attempts=1),
    _one("sweep_overdue", "looks again as it writes", attempts=1, apart=True),
    _one("sweep_spent", "looks again as it writes", attempts=1, apart=True),
    _one("sweep_orphans", "looks again as it writes", apart=True),
    _one("sweep_unclaimable", "looks again as it writes", 2, apart=True),
    _one("reserve_dispatches", "sends again what was sent"),
    _one("note_dispatched", "only its own revision"),
    _one("give_up_on_message", "only its own revision"),
    Guard(
        (("give_up_on_message", "only pending"), ("give_up_on_message", "only its own revision"))
    ),
    _one("history", "same transaction"),
    _one("reserve_dispatches", "runs at all"),
    _one("sweep_overdue", "runs at all"),
    _one("sweep_spent", "runs at all", 1, attempts=1),
    _one("sweep_orphans", "runs at all", 1),
    _one("sweep_unclaimable", "runs at all", 1),
    Guard((("sweep_resumed", "runs at all"),), people=1, pauses=True),
)

# The last to be found takes as long as all others together.
DEEP = ("sweep_unclaimable: looks again as it writes",)
GUARDS: Sequence[Guard] = [
    guard for guard in EVERY_GUARD if SIZE == "full" or guard.name not in DEEP
]

# Taken out alone they break nothing: another guard stands behind each. The model says so, and which.
SPARE: Sequence[Guard] = (_one("give_up_on_message", "only pending", attempts=1),)

# Without these a job goes round for ever, and only the check of liveness can see it: no state is a bad one.
ENDLESS: dict[str, Sequence[Guard]] = {
    "everyday": (_one("claim", "counts the attempt", attempts=1),),
    "full": (
        _one("claim", "counts the attempt", attempts=1),
        _one("hand_over", "no progress counts", attempts=1),
    ),
}


@dataclass(frozen=True)
class Size:
    """How much is explored at once."""

    jobs: int = 1
    workers: int = 2
    sweepers: int = 1
    attempts: int = 2
    chunks: int = 1
    people: int = 0
    apart: bool = False
    pauses: bool = False

    def told(self) -> str:
        parts = [
            f"{count} {noun if count == 1 else plural}"
            for count, noun, plural in (
                (self.jobs, "job", "jobs"),
                (self.workers, "worker", "workers"),
                (self.attempts, "attempt", "attempts"),
                (self.chunks, "chunk", "chunks"),
                (self.people, "change by people", "changes by people"),
            )
        ]
        parts += ["pauses"] if self.pauses else []
        sweep = f"{self.sweepers} sweeper{'s' * (self.sweepers > 1)} in two steps"
        return ", ".join([*parts, sweep if self.apart else "sweeps in one step"])


SAFETY: dict[str, Sequence[Size]] = {
    "everyday": (Size(apart=True), Size(attempts=1, people=1, pauses=True)),
    "full": (
        Size(people=2),
        Size(people=1, apart=True),
        Size(sweepers=2, apart=True),
        Size(workers=3, attempts=3, chunks=2),
        Size(jobs=2, attempts=1),
    ),
}
ORDER: dict[str, Sequence[Size]] = {"everyday": (Size(attempts=1),), "full": (Size(people=1),)}
LIVENESS: dict[str, Sequence[Size]] = {
    "everyday": (Size(attempts=1),),
    "full": (Size(people=1), Size(attempts=3, chunks=2)),
}


def _scenario(number: int, guard: Guard) -> str:
    without = ", ".join(f'<<"{statement}", "{name}">>' for statement, name in guard.guards)
    return (
        f"[number |-> {number}, without |-> {{{without}}}, people |-> {guard.people},"
        f" attempts |-> {guard.attempts}, apart |-> {str(guard.apart).upper()},"
        f" pauses |-> {str(guard.pauses).upper()}]"
    )


def _constants(
    size: Size, scenarios: Sequence[str], *, relative: bool, tell: bool
) -> dict[str, str]:
    return {
        "Chunks": str(size.chunks),
        "EnoughDeadLetters": "2",
        "Relative": str(relative).upper(),
        "Tell": str(tell).upper(),
        "Scenarios": "{" + ",\n  ".join(scenarios) + "}",
    }


def _names(size: Size) -> list[str]:
    """The sets whose members are all alike, as TLC's configuration has them."""

    def of(prefix: str, count: int) -> str:
        return "{" + ", ".join(f"{prefix}{number}" for number in range(1, count + 1)) + "}"

    return [
        "CONSTANTS",
        f"  Jobs = {of('j', size.jobs)}",
        f"  Workers = {of('w', size.workers)}",
        f"  Sweepers = {of('s', size.sweepers)}",
    ]


def safety(size: Size, guard: Guard | None = None) -> Check:
    """No step and no state breaks a promise: of the design, or of what is left of it without a guard."""
    whole = guard or Guard((), size.people, size.attempts, size.apart, size.pauses)
    return Check(
        "Lifecycle",
        ["SPECIFICATION Spec", "INVARIANT Kept", "VIEW View", "SYMMETRY Alike", *_names(size)],
        _constants(size, [_scenario(1, whole)], relative=True, tell=False),
    )


def order(size: Size) -> Check:
    """The lease never goes back, and what has ended changes by a person's hand alone: with leases as numbers."""
    return Check(
        "Lifecycle",
        [
            "SPECIFICATION Spec",
            "PROPERTIES LeaseNeverGoesBack EndedStaysEnded",
            *("VIEW View", "SYMMETRY Alike"),
            *_names(size),
        ],
        _constants(
            size,
            [_scenario(1, Guard((), size.people, size.attempts, size.apart))],
            relative=False,
            tell=False,
        ),
    )


def liveness(size: Size, guard: Guard | None = None) -> Check:
    whole = guard or Guard((), size.people, size.attempts)
    return Check(
        "Lifecycle",
        ["SPECIFICATION FairSpec", "PROPERTY EveryJobEnds", *_names(size)],
        _constants(size, [_scenario(1, whole)], relative=True, tell=False),
    )


def without_each_guard(guards: Sequence[Guard] = GUARDS) -> Check:
    """A shortest counterexample for each of the guards, scenario 1 the first."""
    small = Size()
    return Check(
        "Lifecycle",
        [
            "SPECIFICATION Spec",
            "INVARIANT KeptOrTold",
            "CONSTRAINT NotYetTold",
            *("VIEW View", "SYMMETRY Alike"),
            *_names(small),
        ],
        _constants(
            small,
            [_scenario(number, guard) for number, guard in enumerate(guards, 1)],
            relative=False,
            tell=True,
        ),
        one_by_one=True,
    )
