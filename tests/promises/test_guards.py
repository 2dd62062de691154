"""The list of guards is up to date. Whether a test notices when one is missing: `make guards`."""

from __future__ import annotations

import pytest

from .guards import GUARDS, ROOT, Guard, without


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_the_guard_is_where_the_list_says(guard: Guard) -> None:
    content = (ROOT / guard.file).read_text()
    assert without(guard, content) != content
    assert (ROOT / "tests" / "promises" / guard.tests).exists()
