"""The HTTP API's Lambda function."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response, content_types
from aws_lambda_powertools.utilities.typing import LambdaContext

import openapi
import problems
from extraction_aws.logs import set_up_logging
from routes import router

# API Gateway takes 10 MB, Lambda 6 MB with the event around it.
MAX_BODY_CHARACTERS = 5_900_000

logger: Logger = set_up_logging("api")
app = APIGatewayHttpResolver(enable_validation=True)
app.include_router(router)
problems.register(app)
app.enable_swagger(path="/docs", title=openapi.TITLE, version=openapi.VERSION)


@app.get("/openapi.json", include_in_schema=False)
def openapi_json() -> Response[str]:
    """The OpenAPI document. Needs no token."""
    return Response(HTTPStatus.OK, content_types.APPLICATION_JSON, openapi.document(app))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers one request of API Gateway's HTTP API, payload 2.0."""
    if len(event.get("body") or "") > MAX_BODY_CHARACTERS:
        too_large = problems.problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"The body must be at most {MAX_BODY_CHARACTERS} bytes; put the document in S3.",
        )
        return {
            "statusCode": too_large.status_code,
            "headers": {"Content-Type": problems.MEDIA_TYPE},
            "body": too_large.body,
        }
    return app.resolve(event, context)
