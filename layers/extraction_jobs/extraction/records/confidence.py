"""How well a value was found, from the method, the fit of its label and its form.

A raw score, to rank what was found within a document; it is no probability. `records.calibration` makes it one.
"""

from __future__ import annotations

from functools import lru_cache

from extraction.document import structure
from extraction.values.value import DOUBTFUL

TABLE_ROW = "table_row"
MARKED = "marked_entry"
LISTED = "list_under_heading"
CUE = "cue_sentence"
INLINE = "inline"
MENTION = "mention"
TITLE = "document_title"
DERIVED = "derived_from_amounts"
UNLABELLED = "unlabelled"

_BY_METHOD = {
    structure.KEY_VALUE: 0.97,
    structure.TABLE_PAIR: 0.95,
    structure.TABLE_CELL: 0.95,
    structure.COLUMN_PAIR: 0.92,
    structure.DEFINITION: 0.9,
    structure.LABEL_ABOVE: 0.88,
    structure.HEADING: 0.78,
    TABLE_ROW: 0.95,
    MARKED: 0.93,
    LISTED: 0.85,
    CUE: 0.8,
    INLINE: 0.82,
    MENTION: 0.72,
    TITLE: 0.7,
    DERIVED: 0.7,
    UNLABELLED: 1.0,
}

TO_REVIEW = 0.49  # in the lowest band of raw scores, whose values stay below calibration.REVIEW


@lru_cache(maxsize=4096)
def score(method: str, label: float, quality: float) -> float:
    """Return a score in 0..1 from method, fit of the label and quality of the value's form."""
    # The form of a value weighs less than what it was called: "Total: 12" is a total.
    most = TO_REVIEW if quality <= DOUBTFUL else 1.0
    return round(min(most, _BY_METHOD[method] * label * (0.55 + 0.45 * quality)), 4)


def as_seen(confidence: float, basis: str, of_ocr: float) -> tuple[float, str]:
    """Return a value's confidence and what it rests on, given the least OCR confidence of the words it was read from.

    The value is right if it is the right one and its words were read right.
    """
    if of_ocr == 1.0:
        return confidence, basis
    return round(confidence * of_ocr, 4), f"{basis}; times the OCR's confidence {of_ocr:g}"
