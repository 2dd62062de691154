"""Models of requests and answers that pydantic builds when they are first used, not at every cold start.

A call uses three or four of some thirty, and building one takes a few milliseconds.
"""

from __future__ import annotations

import pydantic


class BaseModel(pydantic.BaseModel):
    """pydantic's, its validator built at first use."""

    model_config = pydantic.ConfigDict(defer_build=True)
