"""The command's way to judge (`extraction-jobs evaluate`), which also takes `two years` and `P2Y` for one value."""

from __future__ import annotations

from functools import partial

from extraction.values.durations import find_durations, iso_duration
from extraction_jobs_cli import scoring


def spelled(text: str) -> str:
    """A text in its one spelling."""
    whole = find_durations(text, 0, len(text))
    said = len(whole) == 1 and whole[0].value == text
    return (iso_duration(text) or text).casefold() if said else text


comparable = partial(scoring.comparable, spelled=spelled)
compare = partial(scoring.compare, spelled=spelled)
