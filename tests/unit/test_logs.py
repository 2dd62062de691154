"""Log levels: the functions write what LogLevel asks for, and Lambda's own filter drops none of it and no metric."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from local.audit import Deployed
from tests.unit.templates import ROOT, TEMPLATE

LEVELS = ["DEBUG", "INFO", "WARN", "ERROR"]
# Of Lambda's filter: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
SEVERITY = {"DEBUG": 10, "INFO": 20, "WARN": 30, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}
SCRIPT = """
import logging
from types import SimpleNamespace
from extraction_aws.logs import set_up_logging
from extraction_aws.metrics import measure_dead_letter, set_up_metrics
logger = set_up_logging("dead_letters")
@logger.inject_lambda_context
def handler(event, context):
    layers = map(logging.getLogger, ("extraction_jobs.sweep", "extraction_aws.sqs", "extraction_models.asking"))
    for each in (logger, *layers):
        for level in ("debug", "info", "warning", "error"):
            getattr(each, level)(level)
    measure_dead_letter(set_up_metrics("dead_letters"), None)
handler({}, SimpleNamespace(
    function_name="f", memory_limit_in_mb=512, invoked_function_arn="arn", aws_request_id="1"
))
"""


def written(level: str, filtered_at: str) -> list[dict[str, object]]:
    """The lines that a function writes in a process of its own, with the environment that Lambda gives it."""
    environment = {
        "PYTHONPATH": str(ROOT / "layers" / "extraction_jobs"),
        "POWERTOOLS_LOG_LEVEL": level,
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_LEVEL": filtered_at,
    }
    # Powertools warns where the two levels lose lines.
    command = [sys.executable, "-W", "error::UserWarning", "-c", SCRIPT]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("level", LEVELS)
def test_the_functions_write_from_the_level_asked_for_and_lambda_keeps_it_all_and_the_metrics(
    level: str,
) -> None:
    deployed = Deployed(TEMPLATE, {"LogLevel": level})
    function = deployed.resolved(TEMPLATE["Globals"]["Function"])
    filtered_at = function["LoggingConfig"]["ApplicationLogLevel"]
    assert function["Environment"]["Variables"]["POWERTOOLS_LOG_LEVEL"] == level
    lines = written(level, filtered_at)
    # A line without a level counts as INFO.
    kept = [
        line for line in lines if SEVERITY[str(line.get("level", "INFO"))] >= SEVERITY[filtered_at]
    ]
    assert kept == lines
    assert [line["DeadLetters"] for line in lines if "_aws" in line] == [[1]]
    expected = ["debug", "info", "warning", "error"][LEVELS.index(level) :]
    assert [line["message"] for line in lines if "message" in line] == expected * 4


def test_every_level_that_can_be_chosen_is_tried() -> None:
    assert TEMPLATE["Parameters"]["LogLevel"]["AllowedValues"] == LEVELS
    # Reports of runs, which the runbook asks for, are system lines at INFO.
    assert TEMPLATE["Globals"]["Function"]["LoggingConfig"]["SystemLogLevel"] == "INFO"
