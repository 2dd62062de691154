"""Extraction by a model: what is asked, what is believed of the answer, and how it becomes a record.

Knows nothing of who serves the model: whoever does implements `Model`.
"""

from __future__ import annotations

from extraction.llm.conversation import (
    BudgetSpentError,
    InputTooLargeError,
    Model,
    RefusedByModelError,
    Reply,
    Request,
    Tool,
    UnusableAnswerError,
)
from extraction.llm.extractor import ModelExtractor
from extraction.llm.hybrid import HybridExtractor

__all__ = [
    "BudgetSpentError",
    "HybridExtractor",
    "InputTooLargeError",
    "Model",
    "ModelExtractor",
    "RefusedByModelError",
    "Reply",
    "Request",
    "Tool",
    "UnusableAnswerError",
]
