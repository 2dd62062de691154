"""Promise 15: the design is model-checked.

A race that no test happens to hit is still a race. So the life of a job is written down a second time, as a model in
TLA+ (model/*.tla): jobs, messages that are lost, doubled and late, workers that crash, stall, hang and come back as
zombies, sweeps that are interrupted between their look and their write, retries, cancels, reviews, hand-overs, changes
in psql, deadlines, time. TLC goes through every state that they can reach together, at a small size, and looks for one
that breaks a promise; and through every fair run, and looks for one in which a job never ends.

A model can be wrong in two ways. It may be blind: so each guard is taken out of it, and a counterexample must be found.
It may be a model of something else: so what a real Postgres did, statement by statement, in rough runs in which
workers die, must be steps that the model allows; and traces that were doctored, or that came of SQL with a guard
missing, must be refused.

PROMISE_SIZE=full explores more. docs/promises.md tells what is modelled; explored.md has the sizes and counterexamples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from .model import scenarios, tlc
from .model.scenarios import GUARDS, Size

EXPLORED = Path(__file__).parent / "model" / "explored.md"

HEAP = 1_024 if scenarios.SIZE == "everyday" else 2_560
EVERYDAY = scenarios.SIZE == "everyday"
pytestmark = pytest.mark.timeout(400 if EVERYDAY else 7_200)


def _checks() -> dict[str, tlc.Check]:
    """All that is explored; the longest first."""
    size = scenarios.SIZE
    smallest = Size(attempts=1)
    return {
        "without each guard": scenarios.without_each_guard(),
        **{f"safety: {each.told()}": scenarios.safety(each) for each in scenarios.SAFETY[size]},
        **{
            f"liveness: {each.told()}": scenarios.liveness(each)
            for each in scenarios.LIVENESS[size]
        },
        **{f"order: {each.told()}": scenarios.order(each) for each in scenarios.ORDER[size]},
        **{
            f"endless: {guard.name}": scenarios.liveness(
                Size(workers=1, attempts=1, chunks=0), guard
            )
            for guard in scenarios.ENDLESS[size]
        },
        **{f"spare: {guard.name}": scenarios.safety(smallest, guard) for guard in scenarios.SPARE},
    }


CHECKS = _checks()


@pytest.fixture(autouse=True)
def the_invariants_hold() -> None:
    """There are no tables here that they could be asked of."""


@pytest.fixture(scope="module")
def answer() -> Iterator[Callable[[str], tlc.Answer]]:
    """TLC's answer to one of the checks. They are begun together, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        # Several at once, so each with one thread of TLC's; the long ones of the full size have both.
        asked: dict[str, Future[tlc.Answer]] = {
            name: pool.submit(
                tlc.run, check, workers=1 if EVERYDAY else 2, long=not EVERYDAY, heap_megabytes=HEAP
            )
            for name, check in CHECKS.items()
        }
        yield lambda name: asked[name].result()
        for future in asked.values():
            future.cancel()


def _named(kind: str) -> list[str]:
    return [name for name in CHECKS if name.startswith(kind)]


@pytest.mark.parametrize("name", [*_named("safety"), *_named("order")])
def test_no_state_that_can_be_reached_and_no_step_breaks_a_promise(
    name: str, answer: Callable[[str], tlc.Answer]
) -> None:
    found = answer(name)
    print(f"{name}: {found.distinct:,} states, {found.generated:,} steps, {found.depth} deep")  # noqa: T201
    assert found.explored_all, found.output
    assert found.distinct > 500, "a model in which nothing happens keeps every promise"


@pytest.mark.parametrize("name", _named("liveness"))
def test_every_job_ends_whatever_befalls_it(name: str, answer: Callable[[str], tlc.Answer]) -> None:
    found = answer(name)
    print(f"{name}: {found.distinct:,} states, {found.generated:,} steps, {found.depth} deep")  # noqa: T201
    assert found.explored_all, found.output
    assert found.distinct > 500


def test_without_each_guard_there_is_a_counterexample(answer: Callable[[str], tlc.Answer]) -> None:
    found = tlc.counterexamples(answer("without each guard"))
    listed = EXPLORED.read_text()
    for number, guard in enumerate(GUARDS, 1):
        assert number in found, f"nothing breaks without {guard.name}"
        print(f"without {guard.name}:\n{found[number].told()}")  # noqa: T201
        assert found[number].promise
        assert found[number].steps
        assert guard.name in listed, "model/explored.md lists each guard"


@pytest.mark.parametrize("name", _named("endless"))
def test_without_the_guard_a_job_goes_round_for_ever(
    name: str, answer: Callable[[str], tlc.Answer]
) -> None:
    found = answer(name)
    assert found.violated
    assert "Back to state" in found.output, "round, and not merely to a halt"


@pytest.mark.parametrize("name", _named("spare"))
def test_a_guard_behind_which_another_stands_is_known_as_such(
    name: str, answer: Callable[[str], tlc.Answer]
) -> None:
    assert answer(name).explored_all
