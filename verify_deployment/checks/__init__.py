"""The checks, in the order in which they are done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from verify_deployment.checks import contract, ends, lists, results, sweeps, tenants
from verify_deployment.run import Run


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes:
        name: as the table shows it.
        run: does it and returns one sentence: what was seen. It raises UnexpectedAnswerError or NoAnswerError if the
            check failed, and SkippedError if it cannot be done with what was given.
        seconds: how long it may take.
    """

    name: str
    run: Callable[[Run], str]
    seconds: float = 60.0


CHECKS = (
    Check("health", contract.health, 30),
    Check("every call asks for a token", contract.every_call_asks_for_a_token, 60),
    Check("create → completed, with evidence", results.completed_with_evidence, 90),
    Check("idempotency", results.idempotency),
    Check("retry of a completed job: 400", ends.retry_of_a_completed_job),
    Check("unreadable source → failed, with a reason", ends.unreadable_source),
    Check("failed → retry → completed", ends.rejected_and_retried, 90),
    Check("failed → source replaced → retry → completed", ends.source_replaced_and_retried, 90),
    Check("cancel", ends.cancel),
    Check("bulk retry, with dry run", ends.bulk_retry, 90),
    Check("paging", lists.paging),
    Check("tenant isolation, one token", tenants.one_token),
    Check("tenant isolation, a token of another organisation", tenants.two_tokens),
    Check("statistics agree with the list", lists.statistics),
    Check("OpenAPI is what is served", contract.openapi, 30),
    Check("scheduled sweep", sweeps.scheduled, 100),
    Check("sweeper, dry run", sweeps.dry_run, 90),
)
