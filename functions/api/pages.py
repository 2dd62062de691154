"""Pages that fit into an answer: two hundred jobs with all that their callers kept with them may not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from pydantic import BaseModel

Item = TypeVar("Item", bound=BaseModel)

# Lambda answers with 6 MB at most. On the way there a byte of UTF-8 becomes up to 3.5: a character outside ASCII
# is written as \\uXXXX (or two of them), and its backslash is escaped once more in the event around the body.
MAX_PAGE_BYTES = 1_500_000


def fitting(items: Sequence[Item]) -> list[Item]:
    """The first of the items that fit into one answer; one at least. The caller's cursor goes on after the last."""
    size = 0
    for count, item in enumerate(items):
        size += len(item.model_dump_json().encode())
        if size > MAX_PAGE_BYTES and count:
            return list(items[:count])
    return list(items)
