"""A user in the emulated Cognito pool, and his ID token."""

import secrets
from collections.abc import Sequence

from local.emulator import Emulator


def token(
    emulator: Emulator, *, pool: str, client: str, user: str, organisations: Sequence[str]
) -> str:
    """Return an ID token, valid for an hour, of an operator who may act for the organisations.

    The user is made when missing; his organisations and his password are set anew each time.
    """
    cognito = emulator.client("cognito-idp")
    attributes = [
        {"Name": "custom:organisations", "Value": " ".join(organisations)},
        {"Name": "custom:operator", "Value": "true"},
    ]
    password = secrets.token_urlsafe(24) + "aA1!"
    try:
        cognito.admin_create_user(
            UserPoolId=pool,
            Username=user,
            TemporaryPassword=password,
            UserAttributes=attributes,
            MessageAction="SUPPRESS",
        )
    except cognito.exceptions.UsernameExistsException:
        cognito.admin_update_user_attributes(
            UserPoolId=pool, Username=user, UserAttributes=attributes
        )
    cognito.admin_set_user_password(
        UserPoolId=pool, Username=user, Password=password, Permanent=True
    )
    answer = cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=client,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": user, "PASSWORD": password},
    )
    return str(answer["AuthenticationResult"]["IdToken"])
