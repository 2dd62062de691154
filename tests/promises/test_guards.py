"""The list of guards is up to date. Whether a test notices when one is missing: `make guards`."""

from __future__ import annotations

import pytest

from extraction_jobs.queries import LIFECYCLE

from .guards import ROOT, all_guards

# They ask, or write what nobody else could change; what the last five must keep is in guards.txt.
WITHOUT_GUARDS = {
    *("create_job", "create_jobs", "why_not_claimed", "own_ending"),
    *("sweep_unclaimable", "reserve_dispatches", "sweep_resumed", "release_held", "put_off"),
}


@pytest.fixture(autouse=True)
def the_invariants_hold() -> None:
    """There are no tables here that they could be asked of."""


def test_each_guard_is_where_the_list_says_and_has_its_tests() -> None:
    guards = all_guards()
    assert len({guard.name for guard in guards}) == len(guards)
    for guard in guards:
        assert guard.without != (ROOT / guard.file).read_text(), guard.name
        for test in guard.tests:
            assert (ROOT / "tests" / "promises" / f"{test}.py").exists(), guard.name


def test_each_statement_that_changes_a_job_names_its_guards() -> None:
    named = {guard.name.partition(": ")[0] for guard in all_guards()}
    marked = {name for name, body in LIFECYCLE.items() if body.startswith(b"-- guards: ")}
    assert marked <= named
    assert set(LIFECYCLE) - marked == WITHOUT_GUARDS
