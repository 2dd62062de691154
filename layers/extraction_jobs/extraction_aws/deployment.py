"""What a deployed function is told by its environment: the domain's settings and where things are."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from functools import cache
from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from extraction_jobs.settings import Settings, SettingsError
from extraction_models.settings import ModelSettings

logger = logging.getLogger(__name__)

# Names of the release before, which go with the next one.
_OLD_NAMES = {
    f"BEDROCK_{name}": f"MODEL_{name}"
    for name in (
        "TEMPERATURE",
        "MAX_TOKENS",
        "INPUT_PRICE",
        "OUTPUT_PRICE",
        "CACHE_READ_PRICE",
        "CACHE_WRITE_PRICE",
        "PROMPT_CACHING",
        "MAX_TRIES",
    )
} | {"BEDROCK_MODEL_ID": "MODEL_ID"}


class Deployment(Settings, ModelSettings):
    """All settings of a function, read once. Empty means not given.

    Attributes:
        jobs_queue_url: needed by whoever sends messages.
        dead_letter_queue_url, failed_invocations_queue_url: whose depth the API tells.
        source_bucket: the only bucket that sources may be in.
        inbox_object_types: names of ready-made sets, with commas, for files in the inbox; empty for the default ones.
        ocr: who reads pages that are images; see ocr.py.
        ocr_price_per_page: US dollars that Textract takes for a page; 0 for not known, and then nothing is counted.
        event_bus_name: the EventBridge bus that is told of each job that ended; empty for none.
        organisations_claim: the claim of the caller's token that lists the organisations it may act for.
        operators_claim: the claim that makes its bearer an operator where its value is true.
        database_url: a libpq connection string, instead of the secret: on a laptop and in tests.
        database_secret_arn: a secret {username, password, host, port, dbname}; host, port and name can be overridden.
        database_proxy: a connection pooler is in between.
        database_roles: the functions log in as roles of their own (sql/roles.sql), bound by row-level security.
        database_user: logs in as this role by IAM, without a secret; host and name must be given then.

    What concerns a model: see ModelSettings.
    """

    model_config = ConfigDict(defer_build=False)

    jobs_queue_url: str = ""
    dead_letter_queue_url: str = ""
    failed_invocations_queue_url: str = ""
    source_bucket: str = ""
    inbox_object_types: str = ""
    ocr: Literal["off", "textract", "rapidocr"] = "off"
    ocr_price_per_page: float = Field(default=0, ge=0, le=100, allow_inf_nan=False)
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

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """See Settings. What is set by an old name is taken as if by the new one, with a warning."""
        given = dict(environment)
        for old, new in _OLD_NAMES.items():
            if given.get(old):
                logger.warning("%s is the old name of %s, and goes with the next release", old, new)
                given[new] = given[old]
        if given.get("EXTRACTOR") == "bedrock":
            logger.warning("EXTRACTOR=bedrock is now EXTRACTOR=model with MODEL_PROVIDER=bedrock")
            given |= {"EXTRACTOR": "model", "MODEL_PROVIDER": "bedrock"}
        return super().from_environment(given)

    @model_validator(mode="after")
    def _a_model_has_a_name(self) -> Self:
        if self.extractor == "offline":
            return self
        if not self.model_id:
            raise ValueError(f"MODEL_ID: must be set when EXTRACTOR is {self.extractor}")
        if self.model_provider == "openai" and not self.model_base_url:
            raise ValueError("MODEL_BASE_URL: must be set when MODEL_PROVIDER is openai")
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
        model = self.extractor == "offline" or self.model_output_price > 0
        return model and (self.ocr != "textract" or self.ocr_price_per_page > 0)

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
