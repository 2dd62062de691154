"""The extractor that a deployment has chosen."""

from __future__ import annotations

from pydantic import ValidationError

from extraction import Extractor
from extraction_aws.deployment import Deployment
from extraction_jobs.settings import SettingsError


def chosen_extractor(settings: Deployment) -> Extractor:
    """The one that EXTRACTOR names. Only that one is imported: cold starts are paid for.

    Raises:
        SettingsError: one of the model's settings is wrong, or they are at odds with each other.
    """
    if settings.extractor == "offline":
        from extraction import OfflineExtractor

        return OfflineExtractor()
    from extraction.llm import HybridExtractor, ModelExtractor
    from extraction_aws.bedrock import BedrockModel, BedrockSettings

    try:
        chosen = BedrockSettings(
            model_id=settings.bedrock_model_id,
            region=settings.bedrock_region or None,
            temperature=settings.bedrock_temperature,
            max_tokens=settings.bedrock_max_tokens,
            input_price=settings.bedrock_input_price,
            output_price=settings.bedrock_output_price,
            cache_read_price=settings.bedrock_cache_read_price,
            cache_write_price=settings.bedrock_cache_write_price,
            prompt_caching=settings.bedrock_prompt_caching,
            max_tries=settings.bedrock_max_tries,
            guardrail_id=settings.bedrock_guardrail_id or None,
            guardrail_version=settings.bedrock_guardrail_version or None,
        )
    except ValidationError as error:
        faults = [
            f"BEDROCK_{'_'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}"
            for fault in error.errors(include_input=False, include_url=False)
        ]
        raise SettingsError("; ".join(faults)) from None
    model = BedrockModel(chosen)
    return HybridExtractor(model) if settings.extractor == "hybrid" else ModelExtractor(model)
