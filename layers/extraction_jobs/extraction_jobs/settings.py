"""Every setting of the domain, from the environment, read once.

Each has its unit in its name, a default and bounds; a wrong value is refused at start with the variable's name.
Times may be decimals (0.1 minutes is six seconds), which is how a demonstration or a test runs fast.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Minutes = Annotated[float, Field(gt=0, le=10_080, allow_inf_nan=False)]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]

Days = Annotated[float, Field(ge=0, le=36_500, allow_inf_nan=False)]


class SettingsError(ValueError):
    """The environment asks for something that cannot be; the message names each variable and the rule."""


class Settings(BaseModel):
    """How jobs are run and recovered. docs/configuration.md says how to choose."""

    # A function works with a class that inherits it; that one is built, and not this one as well.
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    # Recovery
    orphan_threshold_minutes: Minutes = 5
    job_timeout_minutes: Minutes = 30
    max_job_timeout_minutes: Minutes = 240
    heartbeat_seconds: Seconds = 20
    sweep_batch_size: int = Field(default=2000, ge=1, le=10_000)
    recovery_rate_per_second: float = Field(default=50, gt=0, le=10_000, allow_inf_nan=False)

    # Budget
    max_attempts: int = Field(default=3, ge=1, le=20)
    retry_backoff_seconds: float = Field(default=10, ge=0, le=3_600, allow_inf_nan=False)
    retry_backoff_max_seconds: float = Field(default=600, ge=0, le=86_400, allow_inf_nan=False)

    # Dispatch
    redispatch_after_minutes: Minutes = 5
    fair_turns: bool = False

    # Retention, counted from a job's end; 0 keeps for ever
    retain_jobs_days: Days = 0
    retain_results_days: Days = 0
    retain_histories_days: Days = 0

    # What an organisation may have at once; 0 is no bound
    max_pending_jobs: int = Field(default=0, ge=0, le=1_000_000)
    max_kept_megabytes: float = Field(default=0, ge=0, le=1e9, allow_inf_nan=False)
    max_cost_usd_per_day: float = Field(default=0, ge=0, le=1e9, allow_inf_nan=False)

    # Webhooks; loopback is for a laptop, where http://127.0.0.1 may be called too
    webhooks: Literal["off", "on", "loopback"] = "off"

    # Work
    hand_over_margin_seconds: Seconds = 60
    extractor: Literal["offline", "model", "hybrid"] = "offline"
    chunk_characters: int = Field(default=8_000, ge=200, le=200_000)
    overlap_characters: int = Field(default=400, ge=0, le=10_000)
    max_inline_characters: int = Field(default=1_000_000, ge=1, le=5_000_000)
    max_source_bytes: int = Field(default=20_000_000, ge=1, le=200_000_000)
    max_source_pages: int = Field(default=2_000, ge=1, le=20_000)
    max_source_characters: int = Field(default=10_000_000, ge=1, le=50_000_000)
    reader_seconds: float = Field(default=60, gt=0, le=600, allow_inf_nan=False)
    reader_megabytes: int = Field(default=600, ge=128, le=9_000)

    @model_validator(mode="after")
    def _threshold_outlasts_heartbeats(self) -> Self:
        if self.orphan_threshold_minutes * 60 < 2 * self.heartbeat_seconds:
            raise ValueError(
                "ORPHAN_THRESHOLD_MINUTES must be at least two HEARTBEAT_SECONDS long, "
                "or a live job would be taken for an orphan"
            )
        if self.max_job_timeout_minutes < self.job_timeout_minutes:
            raise ValueError("MAX_JOB_TIMEOUT_MINUTES must not be below JOB_TIMEOUT_MINUTES")
        return self

    @model_validator(mode="after")
    def _parts_go_before_their_job(self) -> Self:
        for name in ("retain_results_days", "retain_histories_days"):
            if 0 < self.retain_jobs_days < getattr(self, name):
                raise ValueError(
                    f"{name.upper()} must not be above RETAIN_JOBS_DAYS, after which the job goes with all its parts"
                )
        return self

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """The settings that the environment names; an unset or empty variable means the default.

        Raises:
            SettingsError: a value is not of its type, out of its bounds, or at odds with another.
        """
        given = {
            name: environment[name.upper()]
            for name in cls.model_fields
            if environment.get(name.upper(), "") != ""
        }
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            faults = [
                f"{'.'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}"
                if fault["loc"]
                else fault["msg"]
                for fault in error.errors(include_input=False, include_url=False)
            ]
            raise SettingsError("; ".join(faults)) from None

    @property
    def bounds_organisations(self) -> bool:
        """Whether there is any bound on what an organisation may have."""
        return any((self.max_pending_jobs, self.max_kept_megabytes, self.max_cost_usd_per_day))

    @property
    def calls_webhooks(self) -> bool:
        """Whether an organisation may have a webhook."""
        return self.webhooks != "off"

    @property
    def retains_for_a_time(self) -> bool:
        """Whether anything of a job is deleted some time after its end."""
        return any((self.retain_jobs_days, self.retain_results_days, self.retain_histories_days))

    @property
    def orphan_threshold(self) -> timedelta:
        """How old a running job's heartbeat may be."""
        return timedelta(minutes=self.orphan_threshold_minutes)

    @property
    def job_timeout(self) -> timedelta:
        """The hard limit of a job that asks for none."""
        return timedelta(minutes=self.job_timeout_minutes)

    @property
    def max_job_timeout(self) -> timedelta:
        """The longest hard limit that a job may ask for."""
        return timedelta(minutes=self.max_job_timeout_minutes)

    @property
    def redispatch_after(self) -> timedelta:
        """How long a message that was sent may stay without effect before another is sent."""
        return timedelta(minutes=self.redispatch_after_minutes)
