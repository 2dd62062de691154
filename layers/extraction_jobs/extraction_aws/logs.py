"""Structured logs: one JSON object a line, for the functions' own lines and the domain's alike."""

from __future__ import annotations

import logging
import os

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers

DOMAIN = {"extraction_jobs", "extraction_aws", "extraction_models", "problems"}


def set_up_logging(service: str) -> Logger:
    """The function's logger; the domain's loggers write through it from here on.

    The level is POWERTOOLS_LOG_LEVEL (INFO if it is not set). Powertools itself would take the level of Lambda's own
    filter instead (AWS_LAMBDA_LOG_LEVEL), and that one stays at INFO: above INFO it drops the lines of the metrics.
    """
    level = os.environ.get("POWERTOOLS_LOG_LEVEL") or "INFO"
    logger = Logger(service=service)
    logging.getLogger(logger.name).setLevel(level)
    for name in DOMAIN:
        logging.getLogger(name)
    copy_config_to_registered_loggers(source_logger=logger, log_level=level, include=DOMAIN)
    return logger
