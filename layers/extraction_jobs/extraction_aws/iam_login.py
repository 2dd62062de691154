"""Logging in to RDS as the function's own role: a token signed here takes the place of a password.

A token is good for 15 minutes and counts only while a connection is made, so each connection gets a fresh one.
Signing needs no call. It is what `generate_db_auth_token` of the RDS client does, without loading the client: that
would be the slowest import of a cold start.
"""

from __future__ import annotations

import os

from extraction_jobs.settings import SettingsError

_SECONDS = 900


def login_token(*, host: str, port: str, user: str) -> str:
    """A token for `user` at the endpoint that is connected to: the proxy's own where there is one.

    Raises:
        SettingsError: the environment has no credentials or no region; Lambda's has.
    """
    from botocore.auth import SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    try:
        region = os.environ["AWS_REGION"]
        credentials = Credentials(
            os.environ["AWS_ACCESS_KEY_ID"],
            os.environ["AWS_SECRET_ACCESS_KEY"],
            os.environ.get("AWS_SESSION_TOKEN"),
        )
    except KeyError as error:
        raise SettingsError(f"{error.args[0]}: must be set to log in by IAM") from None
    # The scheme is only there for the signer.
    request = AWSRequest("GET", f"https://{host}:{port}/?Action=connect&DBUser={user}")
    SigV4QueryAuth(credentials, "rds-db", region, expires=_SECONDS).add_auth(request)
    return str(request.url).removeprefix("https://")
