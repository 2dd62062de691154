"""What a deployed function is told by its environment: the domain's settings and where things are."""

from __future__ import annotations

import os
from functools import cache
from typing import Literal

from pydantic import Field

from extraction_jobs.settings import Settings, SettingsError


class Deployment(Settings):
    """All settings of a function, read once. Empty means not given.

    Attributes:
        jobs_queue_url: needed by whoever sends messages.
        source_bucket: the only bucket that sources may be in.
        organisations_claim: the claim of the caller's token that lists the organisations it may act for.
        database_url: a libpq connection string, instead of the secret: on a laptop and in tests.
        database_secret_arn: a secret {username, password, host, port, dbname}; host, port and name can be overridden.
        database_proxy: a connection pooler is in between.
    """

    jobs_queue_url: str = ""
    source_bucket: str = ""
    organisations_claim: str = "custom:organisations"

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
