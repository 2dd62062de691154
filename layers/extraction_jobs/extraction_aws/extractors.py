"""The extractor that a deployment has chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extraction import Extractor
from extraction_aws.deployment import Deployment

if TYPE_CHECKING:
    from extraction_models.provider import Provider


def chosen_extractor(settings: Deployment) -> Extractor:
    """The one that EXTRACTOR names, with the model of MODEL_PROVIDER. Only what is chosen is imported: cold starts are
    paid for.
    """
    if settings.extractor == "offline":
        from extraction import OfflineExtractor

        return OfflineExtractor()
    from extraction.llm import HybridExtractor, ModelExtractor
    from extraction_models.asking import AskedModel

    model = AskedModel(_provider(settings), settings)
    return HybridExtractor(model) if settings.extractor == "hybrid" else ModelExtractor(model)


def _provider(settings: Deployment) -> Provider:
    if settings.model_provider == "openai":
        from extraction_aws.model_key import key_reader
        from extraction_models.openai import OpenAiProvider

        return OpenAiProvider(settings, key_reader(settings))
    from extraction_models.bedrock import BedrockProvider

    return BedrockProvider(settings)
