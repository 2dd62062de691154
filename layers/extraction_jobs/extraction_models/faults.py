"""What went wrong with a call to a model, by what to do about it.

The service's own message stays out of what is told: it may quote the request, and the request is the document.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

COME_BACK_TOMORROW_SECONDS = 3600.0
_LONGEST_RETRY_AFTER_SECONDS = 900.0


class Kind(StrEnum):
    """What kind of fault it is."""

    THROTTLED = "throttled"
    DAILY_LIMIT = "daily limit"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal error"
    MODEL_TIMEOUT = "model timeout"
    MODEL_ERROR = "model error"
    MODEL_NOT_READY = "model not ready"
    MALFORMED_TOOL_USE = "malformed tool use"
    FILTERED = "filtered"
    CONNECTION = "connection"
    READ_TIMEOUT = "read timeout"
    EXPIRED = "expired credentials"
    TOO_LONG = "too long"
    TEMPERATURE_REFUSED = "temperature refused"
    CACHING_REFUSED = "cache point refused"
    LIMIT_REFUSED = "max_tokens refused"
    FORM_REFUSED = "form of the answer refused"
    UNCLEAR = "refused without a reason that is known"
    INVALID = "invalid request"
    FORBIDDEN = "access denied"
    NOT_FOUND = "not found"
    CREDENTIALS = "no usable credentials"
    UNKNOWN = "unknown"

    @property
    def is_worth_another_try(self) -> bool:
        """Whether the same request may succeed within seconds."""
        return self in _PASSING

    @property
    def is_permanent(self) -> bool:
        """Whether no request would succeed until someone changes the installation."""
        return self in _PERMANENT


_PASSING = frozenset(
    (
        Kind.THROTTLED,
        Kind.UNAVAILABLE,
        Kind.INTERNAL,
        Kind.MODEL_TIMEOUT,
        Kind.MODEL_ERROR,
        Kind.MODEL_NOT_READY,
        Kind.CONNECTION,
        Kind.EXPIRED,
        Kind.UNKNOWN,
    )
)
# Refusals of what can be left out are permanent once it was left out already.
_PERMANENT = frozenset(
    (
        Kind.INVALID,
        Kind.UNCLEAR,
        Kind.FORBIDDEN,
        Kind.NOT_FOUND,
        Kind.CREDENTIALS,
        Kind.TEMPERATURE_REFUSED,
        Kind.CACHING_REFUSED,
        Kind.LIMIT_REFUSED,
        Kind.FORM_REFUSED,
    )
)

_SENTENCES = {
    Kind.THROTTLED: "{service} throttled the model's calls. Try later, or ask for a higher quota for this model.",
    Kind.DAILY_LIMIT: "The account's quota for this model is used up. Try later, or ask for a higher one.",
    Kind.UNAVAILABLE: "{service} was not available. Try later.",
    Kind.INTERNAL: "{service} had an internal error. Try later.",
    Kind.MODEL_TIMEOUT: "The model took too long to answer. Try later, or with smaller chunks.",
    Kind.MODEL_ERROR: "The model failed while it answered. Try later.",
    Kind.MALFORMED_TOOL_USE: "The model's call of the tool was malformed.",
    Kind.FILTERED: "The model's content filter stopped this part of the document.",
    Kind.MODEL_NOT_READY: "The model was not ready. Try later.",
    Kind.CONNECTION: (
        "{service} could not be reached. Check {where}, and that the function's network has a way to it."
    ),
    Kind.READ_TIMEOUT: (
        "The model did not answer within the time limit of a call. Ask with smaller chunks or fewer output tokens."
    ),
    Kind.EXPIRED: "The function's credentials have expired. Try later.",
    Kind.TOO_LONG: "The text is too long for the model.",
    Kind.FORBIDDEN: "{service} denied access to the model. {access}",
    Kind.NOT_FOUND: (
        "{service} does not know the model. Check MODEL_ID and {where}: a model may be offered elsewhere only, or no "
        "longer."
    ),
    Kind.CREDENTIALS: "{service} does not accept the function's credentials. Check {credentials}.",
    Kind.UNKNOWN: "{service} answered in a way that this version does not know. Try later.",
    Kind.TEMPERATURE_REFUSED: "The model takes no temperature. Leave MODEL_TEMPERATURE empty.",
    Kind.CACHING_REFUSED: "The model takes no cache points. Set MODEL_PROMPT_CACHING to off.",
    Kind.LIMIT_REFUSED: "The model does not take MODEL_MAX_TOKENS as a limit of its answer.",
    Kind.FORM_REFUSED: "The model takes neither a schema nor a tool. Choose one that does.",
    Kind.UNCLEAR: (
        "{service} found the request invalid. Check MODEL_ID, MODEL_MAX_TOKENS and the object types' names and sizes."
    ),
    Kind.INVALID: "{service} found the request invalid.",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A call that failed. `may_be_paid` if the model may have worked on it all the same."""

    kind: Kind
    sentence: str
    after_seconds: float | None = None
    may_be_paid: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """What a provider's sentences call its service, its address, its credentials, and the way to access."""

    service: str
    where: str
    credentials: str
    access: str

    def fault(
        self, kind: Kind, after_seconds: float | None = None, *, may_be_paid: bool = False
    ) -> Fault:
        """Return a fault with the sentence of its kind."""
        sentence = _SENTENCES[kind].format(
            service=self.service,
            where=self.where,
            credentials=self.credentials,
            access=self.access,
        )
        return Fault(kind, sentence, after_seconds, may_be_paid)


# A proxy or gateway in between may answer without a code of the service's.
BY_STATUS: Mapping[int, Kind] = {
    400: Kind.INVALID,
    401: Kind.CREDENTIALS,
    403: Kind.FORBIDDEN,
    404: Kind.NOT_FOUND,
    408: Kind.MODEL_TIMEOUT,
    413: Kind.TOO_LONG,
    422: Kind.INVALID,
    424: Kind.MODEL_ERROR,
    429: Kind.THROTTLED,
    500: Kind.INTERNAL,
    502: Kind.UNAVAILABLE,
    503: Kind.UNAVAILABLE,
    504: Kind.UNAVAILABLE,
    529: Kind.UNAVAILABLE,
}
_TOO_LONG = re.compile(
    r"(?:input|prompt|request|context) (?:is )?too (?:long|large)|too many (?:input )?tokens|"
    r"too many total text bytes|exceed\w* (?:the )?(?:model'?s? )?(?:available |maximum )?(?:context|token limit|"
    r"input length|number of tokens)|maximum (?:context|input|prompt) (?:length|tokens)|"
    r"context_length_exceeded|exceed_context_size|context (?:length|window|size) (?:exceed|limit)|"
    r"input tokens? exceed|reduce the length|expected maxLength",
    re.IGNORECASE,
)
# What an endpoint says of what it does not take. The first that fits counts.
_REFUSALS = (
    (Kind.TOO_LONG, _TOO_LONG),
    (
        Kind.CACHING_REFUSED,
        re.compile(r"cachePoint|prompt caching", re.IGNORECASE),
    ),
    (
        Kind.TEMPERATURE_REFUSED,
        re.compile(
            r"[`']?temperature[`']?\W.{0,60}(?:deprecated|not support|unsupported|not permitted)|"
            r"(?:deprecated|not support|unsupported|not permitted).{0,60}\Wtemperature\b",
            re.IGNORECASE,
        ),
    ),
    (Kind.LIMIT_REFUSED, re.compile(r"max_tokens.{0,80}max_completion_tokens")),
    (
        Kind.FORM_REFUSED,
        re.compile(
            r"tool[_ ]?choice|doesn.t support tool|tool use (?:is )?not supported|response_?format|json_?schema|"
            r"structured output|not support (?:tools|function)|\btools?\b.{0,40}not support|\$defs|grammar",
            re.IGNORECASE,
        ),
    ),
)


def refusal(message: str) -> Kind | None:
    """Return what a service's message about a bad request complains of, None if that is not known."""
    return next((kind for kind, pattern in _REFUSALS if pattern.search(message)), None)


def is_by_the_day(message: str) -> bool:
    """Tell whether a message about a quota speaks of one by the day."""
    return re.search(r"\bper[ -]day\b|\bdaily\b|\b[RT]PD\b", message, re.IGNORECASE) is not None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of a Retry-After header, within reason; dates are not read."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except (TypeError, ValueError):
        return None
    return min(seconds, _LONGEST_RETRY_AFTER_SECONDS) if seconds >= 0 else None
