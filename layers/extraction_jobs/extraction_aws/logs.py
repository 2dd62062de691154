"""Structured logs: one JSON object a line, for the functions' own lines and the domain's alike."""

from __future__ import annotations

import logging

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers

DOMAIN = {"extraction_jobs", "extraction_aws", "extraction", "problems"}


def set_up_logging(service: str) -> Logger:
    """The function's logger; the domain's loggers write through it from here on."""
    logger = Logger(service=service)
    for name in DOMAIN:
        logging.getLogger(name)
    copy_config_to_registered_loggers(source_logger=logger, include=DOMAIN)
    return logger
