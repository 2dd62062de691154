"""What went wrong with a call to Bedrock, by the names that it and botocore have for it.

Of the service's own message only the name of the field that it complains of is told.
"""

from __future__ import annotations

import re
from typing import Any

from extraction_models import faults
from extraction_models.faults import Fault, Kind, Words

WORDS = Words(
    service="Bedrock",
    where="BEDROCK_REGION",
    credentials="its role and the system's clock",
    access=(
        "Enable the model for this account and region in the Bedrock console, and allow bedrock:InvokeModel on the "
        "model and its inference profile in the function's role."
    ),
)
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
_FIELD = re.compile(
    r"\b(?:toolConfig|inferenceConfig|guardrailConfig|modelId|messages|system|tools)\b[\w./\[\]#-]{0,80}"
)


def fault_of(error: Exception) -> Fault | None:
    """Return what a botocore exception stands for."""
    from botocore import exceptions as botocore

    if isinstance(error, botocore.ClientError):
        return _told_by_service(error.response)
    if isinstance(error, botocore.ReadTimeoutError):
        return WORDS.fault(Kind.READ_TIMEOUT, may_be_paid=True)
    if isinstance(error, botocore.ConnectionClosedError | botocore.ResponseStreamingError):
        # It was open when the request was sent.
        return WORDS.fault(Kind.CONNECTION, may_be_paid=True)
    if isinstance(error, botocore.CredentialRetrievalError | botocore.MetadataRetrievalError):
        return WORDS.fault(Kind.EXPIRED)
    if isinstance(
        error,
        botocore.NoCredentialsError
        | botocore.PartialCredentialsError
        | botocore.TokenRetrievalError
        | botocore.UnauthorizedSSOTokenError,
    ):
        return WORDS.fault(Kind.CREDENTIALS)
    if isinstance(error, botocore.HTTPClientError | botocore.ConnectionError):
        return WORDS.fault(Kind.CONNECTION)
    if not isinstance(error, botocore.BotoCoreError):
        return None  # botocore has no one error for an answer that is none
    # ParamValidationError and the like: it never left this process.
    return Fault(
        Kind.INVALID,
        f"The request to Bedrock could not be made ({type(error).__name__}). Check MODEL_ID and the settings "
        "beside it, and boto3's version.",
    )


def _told_by_service(response: Any) -> Fault:
    error = response.get("Error", {})
    code, message = str(error.get("Code", "")), str(error.get("Message", ""))
    metadata = response.get("ResponseMetadata", {})
    status = metadata.get("HTTPStatusCode")
    kind = _BY_CODE.get(code) or faults.BY_STATUS.get(status, Kind.UNKNOWN)
    after = faults.retry_after(metadata.get("HTTPHeaders", {}))
    if kind is Kind.THROTTLED and faults.is_by_the_day(message):
        kind = Kind.DAILY_LIMIT
    if kind is Kind.DAILY_LIMIT:
        return WORDS.fault(kind, after or faults.COME_BACK_TOMORROW_SECONDS)
    if kind is Kind.INVALID:
        return _invalid(message)
    if kind is Kind.MODEL_ERROR and re.search(r"tool ?use", message, re.IGNORECASE):
        kind = Kind.MALFORMED_TOOL_USE  # how some models report what others end their answer with
    # The model had begun: what it did until then may be on the bill.
    return WORDS.fault(kind, after, may_be_paid=kind in (Kind.MODEL_TIMEOUT, Kind.MODEL_ERROR))


def _invalid(message: str) -> Fault:
    refused = faults.refusal(message)
    if refused is not None:
        return WORDS.fault(refused)
    if re.search(r"on-demand throughput", message, re.IGNORECASE):
        return Fault(
            Kind.INVALID,
            "This model is served only through an inference profile. Set MODEL_ID to the profile's id, which "
            "is the model's with a region's prefix such as us. or eu., or to its ARN.",
        )
    if re.search(r"model identifier is invalid", message, re.IGNORECASE):
        return Fault(
            Kind.INVALID,
            "Bedrock does not know the model by this id in this region. Check MODEL_ID and BEDROCK_REGION.",
        )
    if re.search(r"maximum tokens you requested|max_?tokens", message, re.IGNORECASE):
        return Fault(Kind.INVALID, "The model writes fewer tokens at most. Lower MODEL_MAX_TOKENS.")
    field = _FIELD.search(message)
    where = f" in {field[0].rstrip('.')}" if field else ""
    return Fault(
        Kind.INVALID,
        f"Bedrock found the request invalid{where}. Check that the model can use tools through the Converse API, and "
        "the object types' names and sizes.",
    )
