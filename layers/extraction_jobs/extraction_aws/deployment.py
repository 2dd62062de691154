"""What a deployed function is told by its environment: the domain's settings and where things are."""

from __future__ import annotations

import os
from functools import cache
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from extraction_jobs.settings import Settings, SettingsError

Price = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]


class Deployment(Settings):
    """All settings of a function, read once. Empty means not given.

    Attributes:
        jobs_queue_url: needed by whoever sends messages.
        dead_letter_queue_url, failed_invocations_queue_url: whose depth the API tells.
        source_bucket: the only bucket that sources may be in.
        inbox_object_types: names of ready-made sets, with commas, for files in the inbox; empty for the default ones.
        event_bus_name: the EventBridge bus that is told of each job that ended; empty for none.
        organisations_claim: the claim of the caller's token that lists the organisations it may act for.
        operators_claim: the claim that makes its bearer an operator where its value is true.
        database_url: a libpq connection string, instead of the secret: on a laptop and in tests.
        database_secret_arn: a secret {username, password, host, port, dbname}; host, port and name can be overridden.
        database_proxy: a connection pooler is in between.
        database_roles: the functions log in as roles of their own (sql/roles.sql), bound by row-level security.
        database_user: logs in as this role by IAM, without a secret; host and name must be given then.
        bedrock_model_id: the model or inference profile that reads, unless the extractor is offline.
        bedrock_region: where it is; empty for the function's own region.
        bedrock_temperature: not sent unless it is given: some models refuse it.
        bedrock_max_tokens: that one answer may have.
        bedrock_input_price and the others: US dollars per million tokens; 0 for not known, and then nothing is
            counted as cost.
        bedrock_prompt_caching: auto is on for the model families that are known to have it.
        bedrock_max_tries: of one call to the model, the first included.
    """

    jobs_queue_url: str = ""
    dead_letter_queue_url: str = ""
    failed_invocations_queue_url: str = ""
    source_bucket: str = ""
    inbox_object_types: str = ""
    event_bus_name: str = ""
    organisations_claim: str = "custom:organisations"
    operators_claim: str = "custom:operator"

    database_url: str = Field(default="", repr=False)
    database_secret_arn: str = ""
    database_host: str = ""
    database_port: str = ""
    database_name: str = ""
    database_sslmode: Literal[
        "disable", "allow", "prefer", "require", "verify-ca", "verify-full"
    ] = "verify-full"
    database_sslrootcert: str = ""
    database_proxy: bool = False
    database_user: str = ""
    database_roles: bool = False

    bedrock_model_id: str = ""
    bedrock_region: str = ""
    bedrock_temperature: float | None = Field(default=None, ge=0, le=1, allow_inf_nan=False)
    bedrock_max_tokens: int = Field(default=8_192, ge=256, le=128_000)
    bedrock_input_price: Price = 0
    bedrock_output_price: Price = 0
    bedrock_cache_read_price: Price = 0
    bedrock_cache_write_price: Price = 0
    bedrock_prompt_caching: Literal["auto", "on", "off"] = "auto"
    bedrock_max_tries: int = Field(default=4, ge=1, le=10)
    bedrock_guardrail_id: str = ""
    bedrock_guardrail_version: str = ""

    @model_validator(mode="after")
    def _a_model_has_a_name(self) -> Self:
        if self.extractor != "offline" and not self.bedrock_model_id:
            raise ValueError(f"BEDROCK_MODEL_ID: must be set when EXTRACTOR is {self.extractor}")
        return self

    @model_validator(mode="after")
    def _public_authorities_are_checked_in_full(self) -> Self:
        # libpq refuses any other mode at each connect, with a sentence that names neither setting.
        if self.database_sslrootcert == "system" and self.database_sslmode != "verify-full":
            raise ValueError(
                "DATABASE_SSLMODE: must be verify-full when DATABASE_SSLROOTCERT is system"
            )
        return self

    @property
    def logs_in_by_iam(self) -> bool:
        """Whether the function's own AWS role opens the database."""
        return bool(self.database_user) and not self.database_url

    @property
    def keeps_budgets(self) -> bool:
        """Whether a job's budget can bind: nothing is spent, or the prices are known."""
        return self.extractor == "offline" or self.bedrock_output_price > 0

    def required(self, name: str) -> str:
        """The value of a setting that this function cannot do without.

        Raises:
            SettingsError: it is not set.
        """
        value: str = getattr(self, name)
        if not value:
            raise SettingsError(f"{name.upper()}: must be set")
        return value


@cache
def deployment() -> Deployment:
    """The environment's settings, read at first use.

    Raises:
        SettingsError: see there.
    """
    return Deployment.from_environment(os.environ)
