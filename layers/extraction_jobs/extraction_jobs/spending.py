"""Spending: the tokens and the money that a job's model calls have taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from extraction_jobs.model import Job

_INPUT = ("input_tokens", "cache_read_tokens", "cache_write_tokens")


@dataclass(slots=True)
class Spending:
    """Totals of a job over all of its attempts.

    Each of an attempt's writes carries them as absolute figures, so that one repeated after a lost reply counts
    nothing twice. What a worker spent after its last write is lost with it: one chunk's calls at most.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)

    @classmethod
    def so_far(cls, job: Job) -> Self:
        """What the job's earlier attempts have spent."""
        return cls(job.input_tokens, job.output_tokens, job.cost_usd)

    def add(self, usage: Mapping[str, int]) -> None:
        """One model call, in the keys of Control.on_usage. Tokens read from or written to a cache are input too."""
        self.input_tokens += sum(usage.get(key, 0) for key in _INPUT)
        self.output_tokens += usage.get("output_tokens", 0)
        self.cost_usd += Decimal(usage.get("cost_microdollars", 0)) / 1_000_000

    def columns(self) -> dict[str, object]:
        """The parameters that every fenced write takes."""
        return {
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost_usd": self.cost_usd,
        }
