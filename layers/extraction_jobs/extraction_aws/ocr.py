"""Who reads pages that are images."""

from __future__ import annotations

from extraction import Engine
from extraction_aws.deployment import Deployment


def chosen_ocr(settings: Deployment) -> Engine | None:
    """The engine that OCR names; None if nothing reads them. Only what is chosen is imported."""
    if settings.ocr == "textract":
        from extraction_aws.textract import Textract

        return Textract(settings.ocr_price_per_page)
    if settings.ocr == "rapidocr":
        from extraction_models.rapid_ocr import RapidOcr

        return RapidOcr()
    return None
