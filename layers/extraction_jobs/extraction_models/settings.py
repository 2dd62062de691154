"""Which model is asked, how, and what it costs."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Price = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]


class ModelSettings(BaseModel):
    """The settings of all providers, as the environment names them. Empty means not given.

    Attributes:
        model_provider: who serves the model: Amazon Bedrock, or an endpoint that speaks OpenAI's Chat Completions.
        model_id: the model, by the name that its service has for it.
        model_base_url: of an OpenAI-compatible endpoint, with its version (`https://api.openai.com/v1`).
        model_api_key_secret_arn: a secret that holds the endpoint's key, or a JSON object with it as `api_key`.
        model_api_key: the key itself: on a laptop and in tests.
        model_temperature: not sent unless it is given: some models refuse it.
        model_max_tokens: that one answer may have.
        model_input_price and the others: US dollars per million tokens; 0 for not known, and then nothing is counted
            as cost.
        model_prompt_caching: whether to mark what can be cached, where the service wants it marked; auto is on for
            the model families that are known to take the mark.
        model_max_tries: of one call to the model, the first included.
        model_call_seconds: bounds one call, whatever time is left.
        bedrock_region: empty for the function's own.
    """

    # What inherits it is built in one go.
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    model_provider: Literal["bedrock", "openai"] = "bedrock"
    model_id: str = Field(default="", max_length=2048)
    model_base_url: str = Field(default="", pattern=r"^(https?://[^\s@?#]+)?$")
    model_api_key_secret_arn: str = ""
    model_api_key: str = Field(default="", repr=False)
    model_temperature: float | None = Field(default=None, ge=0, le=2, allow_inf_nan=False)
    model_max_tokens: int = Field(default=8_192, ge=64, le=200_000)
    model_input_price: Price = 0
    model_output_price: Price = 0
    model_cache_read_price: Price = 0
    model_cache_write_price: Price = 0
    model_prompt_caching: Literal["auto", "on", "off"] = "auto"
    model_max_tries: int = Field(default=4, ge=1, le=10)
    model_call_seconds: float = Field(default=300, ge=10, le=600)
    bedrock_region: str = Field(default="", pattern=r"^([a-z]{2}(-[a-z]+)+-\d)?$")
    bedrock_guardrail_id: str = Field(default="", max_length=2048)
    bedrock_guardrail_version: str = Field(default="", pattern=r"^([1-9]\d{0,7}|DRAFT)?$")

    @model_validator(mode="after")
    def _guardrail_is_whole(self) -> Self:
        if bool(self.bedrock_guardrail_id) != bool(self.bedrock_guardrail_version):
            raise ValueError(
                "BEDROCK_GUARDRAIL_ID and BEDROCK_GUARDRAIL_VERSION are set together or not at all"
            )
        return self
