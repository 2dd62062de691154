"""What went wrong with a call to Bedrock, by what to do about it.

The service's own message stays out of what is told: it may quote the request, and the request is the document. Only
the name of the field that it complains of is taken from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_COME_BACK_TOMORROW_SECONDS = 3600.0
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
    CONNECTION = "connection"
    READ_TIMEOUT = "read timeout"
    EXPIRED = "expired credentials"
    TOO_LONG = "too long"
    TEMPERATURE_REFUSED = "temperature refused"
    CACHING_REFUSED = "cache point refused"
    TOOL_CHOICE_REFUSED = "tool choice refused"
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
        Kind.FORBIDDEN,
        Kind.NOT_FOUND,
        Kind.CREDENTIALS,
        Kind.TEMPERATURE_REFUSED,
        Kind.CACHING_REFUSED,
        Kind.TOOL_CHOICE_REFUSED,
    )
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A call that failed. `may_be_paid` if the model may have worked on it all the same."""

    kind: Kind
    sentence: str
    after_seconds: float | None = None
    may_be_paid: bool = False


_BY_CODE = {
    "ThrottlingException": Kind.THROTTLED,
    "Throttling": Kind.THROTTLED,
    "TooManyRequestsException": Kind.THROTTLED,
    "ServiceQuotaExceededException": Kind.DAILY_LIMIT,
    "ServiceUnavailableException": Kind.UNAVAILABLE,
    "ServiceUnavailable": Kind.UNAVAILABLE,
    "InternalServerException": Kind.INTERNAL,
    "InternalFailure": Kind.INTERNAL,
    "ModelTimeoutException": Kind.MODEL_TIMEOUT,
    "ModelErrorException": Kind.MODEL_ERROR,
    "ModelNotReadyException": Kind.MODEL_NOT_READY,
    "ValidationException": Kind.INVALID,
    "AccessDeniedException": Kind.FORBIDDEN,
    "AccessDenied": Kind.FORBIDDEN,
    "ResourceNotFoundException": Kind.NOT_FOUND,
    "ExpiredTokenException": Kind.EXPIRED,
    "ExpiredToken": Kind.EXPIRED,
    "RequestExpired": Kind.EXPIRED,
    "UnrecognizedClientException": Kind.CREDENTIALS,
    "InvalidClientTokenId": Kind.CREDENTIALS,
    "InvalidSignatureException": Kind.CREDENTIALS,
    "SignatureDoesNotMatch": Kind.CREDENTIALS,
    "IncompleteSignature": Kind.CREDENTIALS,
    "MissingAuthenticationToken": Kind.CREDENTIALS,
    "MissingAuthenticationTokenException": Kind.CREDENTIALS,
}
# A proxy or gateway in between may answer without a code of the service's.
_BY_STATUS = {
    408: Kind.MODEL_TIMEOUT,
    413: Kind.TOO_LONG,
    424: Kind.MODEL_ERROR,
    429: Kind.THROTTLED,
    500: Kind.INTERNAL,
    502: Kind.UNAVAILABLE,
    503: Kind.UNAVAILABLE,
    504: Kind.UNAVAILABLE,
    401: Kind.CREDENTIALS,
    403: Kind.FORBIDDEN,
    404: Kind.NOT_FOUND,
    400: Kind.INVALID,
}
_TOO_LONG = re.compile(
    r"(?:input|prompt|request|context) (?:is )?too (?:long|large)|too many (?:input )?tokens|"
    r"too many total text bytes|exceed\w* (?:the )?(?:model'?s? )?(?:maximum )?(?:context|token limit|input length)|"
    r"maximum (?:context|input|prompt) (?:length|tokens)|context (?:length|window) (?:exceed|limit)|"
    r"input tokens? exceed|expected maxLength",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"\b(?:toolConfig|inferenceConfig|guardrailConfig|modelId|messages|system|tools)\b[\w./\[\]#-]{0,80}"
)

_SENTENCES = {
    Kind.THROTTLED: "Bedrock throttled the model's calls. Try later, or ask AWS for a higher quota for this model.",
    Kind.DAILY_LIMIT: "The account's quota for this model is used up. Try later, or ask AWS for a higher one.",
    Kind.UNAVAILABLE: "Bedrock was not available. Try later.",
    Kind.INTERNAL: "Bedrock had an internal error. Try later.",
    Kind.MODEL_TIMEOUT: "The model took too long to answer. Try later, or with smaller chunks.",
    Kind.MODEL_ERROR: "The model failed while it answered. Try later.",
    Kind.MALFORMED_TOOL_USE: "The model's call of the tool was malformed.",
    Kind.MODEL_NOT_READY: "The model was not ready. Try later.",
    Kind.CONNECTION: (
        "Bedrock could not be reached. Check BEDROCK_REGION, and that the function's network has a way to the "
        "bedrock-runtime endpoint."
    ),
    Kind.READ_TIMEOUT: (
        "The model did not answer within the time limit of a call. Ask with smaller chunks or fewer output tokens."
    ),
    Kind.EXPIRED: "The function's credentials have expired. Try later.",
    Kind.TOO_LONG: "The text is too long for the model.",
    Kind.FORBIDDEN: (
        "Bedrock denied access to the model. Enable the model for this account and region in the Bedrock console, "
        "and allow bedrock:InvokeModel on the model and its inference profile in the function's role."
    ),
    Kind.NOT_FOUND: (
        "Bedrock does not know the model. Check BEDROCK_MODEL_ID and BEDROCK_REGION: a model may be offered in other "
        "regions only, only through an inference profile, or no longer."
    ),
    Kind.CREDENTIALS: "Bedrock does not accept the function's credentials. Check its role and the system's clock.",
    Kind.UNKNOWN: "Bedrock answered in a way that this version does not know. Try later.",
    Kind.TEMPERATURE_REFUSED: "The model takes no temperature. Leave BEDROCK_TEMPERATURE empty.",
    Kind.CACHING_REFUSED: "The model takes no cache points. Set BEDROCK_PROMPT_CACHING to off.",
    Kind.TOOL_CHOICE_REFUSED: "The model cannot use tools through Bedrock's Converse API. Choose one that can.",
}


def fault_of(error: Exception) -> Fault:
    """Return what a botocore exception stands for."""
    from botocore import exceptions as botocore

    if isinstance(error, botocore.ClientError):
        return _told_by_service(error.response)
    if isinstance(error, botocore.ReadTimeoutError):
        return _fault(Kind.READ_TIMEOUT, may_be_paid=True)
    if isinstance(error, botocore.ConnectionClosedError | botocore.ResponseStreamingError):
        # It was open when the request was sent.
        return _fault(Kind.CONNECTION, may_be_paid=True)
    if isinstance(error, botocore.CredentialRetrievalError | botocore.MetadataRetrievalError):
        return _fault(Kind.EXPIRED)
    if isinstance(
        error,
        botocore.NoCredentialsError
        | botocore.PartialCredentialsError
        | botocore.TokenRetrievalError
        | botocore.UnauthorizedSSOTokenError,
    ):
        return _fault(Kind.CREDENTIALS)
    if isinstance(error, botocore.HTTPClientError | botocore.ConnectionError):
        return _fault(Kind.CONNECTION)
    # ParamValidationError and the like: it never left this process.
    return Fault(
        Kind.INVALID,
        f"The request to Bedrock could not be made ({type(error).__name__}). Check BEDROCK_MODEL_ID and the settings "
        "beside it, and boto3's version.",
    )


def _told_by_service(response: Any) -> Fault:
    error = response.get("Error", {})
    code, message = str(error.get("Code", "")), str(error.get("Message", ""))
    metadata = response.get("ResponseMetadata", {})
    status = metadata.get("HTTPStatusCode")
    kind = _BY_CODE.get(code) or _BY_STATUS.get(status, Kind.UNKNOWN)
    after = _retry_after(metadata.get("HTTPHeaders", {}))
    if kind is Kind.THROTTLED and re.search(r"\bper day\b|\bdaily\b", message, re.IGNORECASE):
        kind = Kind.DAILY_LIMIT
    if kind is Kind.DAILY_LIMIT:
        return _fault(kind, after or _COME_BACK_TOMORROW_SECONDS)
    if kind is Kind.INVALID:
        return _invalid(message)
    if kind is Kind.MODEL_ERROR and re.search(r"tool ?use", message, re.IGNORECASE):
        kind = Kind.MALFORMED_TOOL_USE  # how some models report what others end their answer with
    # The model had begun: what it did until then may be on the bill.
    return _fault(kind, after, may_be_paid=kind in (Kind.MODEL_TIMEOUT, Kind.MODEL_ERROR))


def _invalid(message: str) -> Fault:
    if _TOO_LONG.search(message):
        return _fault(Kind.TOO_LONG)
    if "cachePoint" in message or re.search(r"prompt caching", message, re.IGNORECASE):
        return _fault(Kind.CACHING_REFUSED)
    if re.search(
        r"`?temperature`?\b.{0,40}(?:deprecated|not supported|unsupported|not permitted)", message
    ):
        return _fault(Kind.TEMPERATURE_REFUSED)
    if re.search(
        r"tool_?choice|doesn.t support tool|tool use (?:is )?not supported", message, re.IGNORECASE
    ):
        return _fault(Kind.TOOL_CHOICE_REFUSED)
    if re.search(r"on-demand throughput", message, re.IGNORECASE):
        return Fault(
            Kind.INVALID,
            "This model is served only through an inference profile. Set BEDROCK_MODEL_ID to the profile's id, which "
            "is the model's with a region's prefix such as us. or eu., or to its ARN.",
        )
    if re.search(r"model identifier is invalid", message, re.IGNORECASE):
        return Fault(
            Kind.INVALID,
            "Bedrock does not know the model by this id in this region. Check BEDROCK_MODEL_ID and BEDROCK_REGION.",
        )
    if re.search(r"maximum tokens you requested|max_?tokens", message, re.IGNORECASE):
        return Fault(
            Kind.INVALID, "The model writes fewer tokens at most. Lower BEDROCK_MAX_TOKENS."
        )
    field = _FIELD.search(message)
    where = f" in {field[0].rstrip('.')}" if field else ""
    return Fault(
        Kind.INVALID,
        f"Bedrock found the request invalid{where}. Check that the model can use tools through the Converse API, and "
        "the object types' names and sizes.",
    )


def _fault(kind: Kind, after_seconds: float | None = None, *, may_be_paid: bool = False) -> Fault:
    return Fault(kind, _SENTENCES[kind], after_seconds, may_be_paid)


def _retry_after(headers: Any) -> float | None:
    """Return the seconds of a Retry-After header, within reason; dates are not read."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except (TypeError, ValueError):
        return None
    return min(seconds, _LONGEST_RETRY_AFTER_SECONDS) if seconds >= 0 else None
