"""What is measured, by name and unit, in CloudWatch's embedded metric format (a line of the log; no call).

The dashboard and the alarms of stacks/watching.yaml, and docs/runbook.md, go by these names. Powertools adds the
dimension `service`; nothing else is one: a dimension for each tenant or type would be a metric to pay for each. The
namespace carries the stack's name, so that one stack's metrics do not reach another stack's alarms.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from extraction_jobs.model import JobStatus

if TYPE_CHECKING:  # the sweeper does not load what the worker works with, nor the worker the sweep
    from extraction_jobs.outcomes import Worked
    from extraction_jobs.sweep import Report

# By Outcome.
_ENDED = {
    "completed": "JobsCompleted",
    "requires_review": "JobsRequiringReview",
    "failed": "JobsFailed",
}
_NOT_ENDED = {
    "will_retry": "AttemptsFailed",
    "handed_over": "HandOvers",
    "lease_lost": "LeasesLost",
}
# By Count.
_SWEPT = {"recovered": "JobsRecovered", "failed": "JobsFailed"}


def set_up_metrics(service: str) -> Metrics:
    """The metrics of a function, in the namespace that the template gives (without a template: "ExtractionJobs")."""
    namespace = os.environ.get("POWERTOOLS_METRICS_NAMESPACE") or "ExtractionJobs"
    return Metrics(namespace=namespace, service=service)


def measure_work(metrics: Metrics, worked: Worked) -> None:
    """One hold on a job. `AttemptsPerJob` is measured of jobs that ended here only."""
    ended = _ENDED.get(worked.outcome)
    metrics.add_metric(ended or _NOT_ENDED[worked.outcome], MetricUnit.Count, 1)
    if ended:
        metrics.add_metric("AttemptsPerJob", MetricUnit.Count, worked.attempt)
    metrics.add_metric("ExtractionTime", MetricUnit.Seconds, worked.seconds)
    metrics.add_metric("QueueToStartTime", MetricUnit.Seconds, worked.waited_seconds)
    if worked.input_tokens or worked.output_tokens:
        metrics.add_metric("InputTokens", MetricUnit.Count, worked.input_tokens)
        metrics.add_metric("OutputTokens", MetricUnit.Count, worked.output_tokens)
        metrics.add_metric("CostUsd", MetricUnit.NoUnit, float(worked.cost_usd))
    metrics.flush_metrics()


def measure_sweep(metrics: Metrics, report: Report) -> None:
    """One sweep that was not a dry run. `Sweeps` missing for minutes means that nothing sweeps."""
    metrics.add_metric("Sweeps", MetricUnit.Count, 1)
    for count in report.named:
        metrics.add_metric(_SWEPT[count], MetricUnit.Count, report.counts[count])
    metrics.add_metric("MessagesRedispatched", MetricUnit.Count, report.redispatched)
    metrics.add_metric("SweepErrors", MetricUnit.Count, len(report.faults))
    metrics.add_metric(
        "OldestHeartbeatAge", MetricUnit.Seconds, report.oldest_heartbeat_seconds or 0
    )
    metrics.add_metric("OldestPendingAge", MetricUnit.Seconds, report.oldest_pending_seconds or 0)
    metrics.flush_metrics()


def measure_dead_letter(metrics: Metrics, became: JobStatus | None) -> None:
    """One dead letter; `became` as `give_up_on_message` answers."""
    metrics.add_metric("DeadLetters", MetricUnit.Count, 1)
    if became is JobStatus.FAILED:
        metrics.add_metric("JobsFailed", MetricUnit.Count, 1)
    metrics.flush_metrics()
