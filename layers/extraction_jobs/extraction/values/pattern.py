"""A user's own `pattern`, run on RE2.

A pattern comes from a tenant and runs in a worker that serves them all, so its cost must not be
theirs to choose: RE2 matches in time linear in the text, whatever the pattern, with bounded
memory. The price is that look-around and back-references are refused (they are at create, with
a sentence that says so). Python's `re` offers neither a time limit nor a safe subset.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

_MAX_MEMORY_BYTES = 1 << 18


class PatternError(ValueError):
    """The pattern cannot be used; the message is a rule for the user."""


@lru_cache(maxsize=512)
def compile_pattern(pattern: str) -> Any:
    """Compile a pattern, once. Raises PatternError."""
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY_BYTES
    try:
        return re2.compile(pattern, options)
    except (re2.error, UnicodeError) as error:
        raise PatternError(
            "must be a regular expression without look-around or back-references (RE2 syntax), "
            "and not a huge one"
        ) from error
