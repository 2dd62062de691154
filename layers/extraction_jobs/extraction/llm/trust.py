"""How sure a value from a model is.

Not what the model says of itself, and not a probability: a score by what could be checked. Does the quote stand in
the text, to the letter or nearly; and do rules that read the quoted words come to the same value?
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from extraction.llm.aligning import EXACT, FUZZY, NONE

BASIS = "score by how the quote aligns with the text and whether rules read the same value there; not calibrated"
AGREED_BASIS = "score of two extractors that agree, the model's and the rules'; not calibrated"
METHOD = "model"
AGREED_METHOD = "model_and_rules"

# By alignment, and by whether rules read the same value in the quote: yes, cannot tell, another one.
_SCORES = {
    (EXACT, True): 0.95,
    (EXACT, None): 0.85,
    (EXACT, False): 0.6,
    (FUZZY, True): 0.75,
    (FUZZY, None): 0.6,
    (FUZZY, False): 0.45,
    (NONE, None): 0.2,
}
# A required property is missing: the object is only part of one.
INCOMPLETE = 0.8
# A link on the model's word alone; one that names confirm is as sure as its ends.
UNCONFIRMED = 0.7
# Two extractors of one text share its faults, so agreement takes away half of the doubt and not all but its square.
_DOUBT_LEFT = 0.5
DISPUTED = 0.6
# Rules found it, and the model that read the same text did not.
UNSEEN = 0.7


def score(leaf: Mapping[str, Any]) -> float:
    """Return the score of a finding's leaf."""
    return _SCORES[leaf["alignment"], leaf["supported"]]


def agreed(one: float, other: float) -> float:
    """Return the score of a value that both extractors found."""
    best = max(one, other)
    return round(best + (1 - best) * (1 - _DOUBT_LEFT), 4)
