"""The command's way to judge (`extraction-jobs evaluate`), which also takes `two years` and `P2Y` for one value.

So it does with an IBAN in groups and without.
"""

from __future__ import annotations

import re
from functools import partial

from extraction.values.durations import find_durations, iso_duration
from extraction_jobs_cli import scoring

_IBAN = re.compile(r"[a-z]{2}\d\d(?: [a-z0-9]{4}){2,7}(?: [a-z0-9]{1,3})?")


def spelled(text: str) -> str:
    """A text in its one spelling."""
    if _IBAN.fullmatch(text):
        return text.replace(" ", "")
    whole = find_durations(text, 0, len(text))
    said = len(whole) == 1 and whole[0].value == text
    return (iso_duration(text) or text).casefold() if said else text


comparable = partial(scoring.comparable, spelled=spelled)
compare = partial(scoring.compare, spelled=spelled)
