"""How a message ended, and what a worker's hold on a job came to: for whoever watches."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Outcome(StrEnum):
    """How a message ended."""

    COMPLETED = "completed"
    REQUIRES_REVIEW = "requires_review"
    FAILED = "failed"
    WILL_RETRY = "will_retry"
    HANDED_OVER = "handed_over"
    LEASE_LOST = "lease_lost"
    NOT_DUE = "not_due"
    PAUSED = "paused"
    GAVE_WAY = "gave_way"
    NOTHING_TO_DO = "nothing_to_do"


@dataclass(frozen=True, slots=True)
class Worked:
    """One worker's hold on a job, told when it is over: figures for whoever watches.

    Attributes:
        attempt: its number, from 1.
        waited_seconds: from when the job was due to its claim, by the database's clock.
        seconds: from the claim to the end.
        input_tokens, output_tokens, cost_usd: of this hold alone.
    """

    outcome: Outcome
    attempt: int
    waited_seconds: float
    seconds: float
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
