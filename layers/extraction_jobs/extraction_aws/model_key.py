"""The key of a model's endpoint: from a secret, and never told."""

from __future__ import annotations

import json
from collections.abc import Callable

from extraction import MisconfiguredError, RetryableError
from extraction_aws.clients import client
from extraction_aws.deployment import Deployment


def key_reader(settings: Deployment) -> Callable[[], str]:
    """What reads the key, anew at each call: a secret may be rotated. Empty if there is none."""

    def read() -> str:
        """See key_reader.

        Raises:
            MisconfiguredError: the secret is not there, may not be read, or holds no key.
            RetryableError: Secrets Manager cannot be reached now.
        """
        if settings.model_api_key_secret_arn:
            return _key_in(_secret(settings.model_api_key_secret_arn))
        return settings.model_api_key

    return read


def _secret(arn: str) -> str:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return str(client("secretsmanager").get_secret_value(SecretId=arn).get("SecretString", ""))
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown")
        if code in ("InternalServiceError", "ThrottlingException"):
            raise RetryableError(f"The model's key could not be read: {code}.") from None
        raise MisconfiguredError(
            f"The model's key could not be read: {code}. Check MODEL_API_KEY_SECRET_ARN and the function's role."
        ) from None
    except BotoCoreError as error:
        raise RetryableError(
            f"The model's key could not be read: {type(error).__name__}."
        ) from None


def _key_in(secret: str) -> str:
    """The key in a secret's text: the text itself, or the `api_key` of a JSON object."""
    key: object = secret.strip()
    if secret.lstrip().startswith("{"):
        try:
            key = json.loads(secret).get("api_key")
        except ValueError:
            key = None
    # An HTTP header takes no other letters, and its error would quote them.
    if not isinstance(key, str) or not key or not key.isascii() or not key.isprintable():
        raise MisconfiguredError(
            "MODEL_API_KEY_SECRET_ARN: the secret is neither a key nor a JSON object with one as api_key."
        )
    return key
