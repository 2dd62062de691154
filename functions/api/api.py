"""The HTTP API's Lambda function."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response, content_types
from aws_lambda_powertools.utilities.typing import LambdaContext

import bodies
import openapi
import problems
from bulk_routes import router as bulk_routes
from create_routes import router as create_routes
from deletion_routes import router as deletion_routes
from export_routes import router as export_routes
from extraction_aws.logs import set_up_logging
from job_routes import router as job_routes
from project_routes import router as project_routes
from routes import router as routes
from upload_routes import router as upload_routes
from webhook_routes import router as webhook_routes

# Of every answer: they hold what tenants sent.
SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=31536000",
}

logger: Logger = set_up_logging("api")
app = APIGatewayHttpResolver(enable_validation=True, json_body_deserializer=bodies.parse)
app.include_router(routes)
app.include_router(create_routes)
app.include_router(upload_routes)
app.include_router(bulk_routes)
app.include_router(job_routes)
app.include_router(deletion_routes)
app.include_router(export_routes)
app.include_router(project_routes)
app.include_router(webhook_routes)
problems.register(app)


@app.get("/openapi.json", include_in_schema=False)
def openapi_json() -> Response[str]:
    """The OpenAPI document. Needs no token."""
    return Response(HTTPStatus.OK, content_types.APPLICATION_JSON, openapi.document(app))


@app.get("/docs", include_in_schema=False, compress=True)
def docs() -> Response[str]:
    """The same as a page. Needs no token."""
    headers: dict[str, str | list[str]] = {"Content-Security-Policy": openapi.PAGE_POLICY}
    return Response(HTTPStatus.OK, content_types.TEXT_HTML, openapi.page(app), headers=headers)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers one request of API Gateway's HTTP API, payload 2.0."""
    try:
        readable = bodies.readable(event)
    except bodies.BodyRefusedError as error:
        refused = problems.body_refused(error)
        answer: dict[str, Any] = {
            "statusCode": refused.status_code,
            "headers": {"Content-Type": problems.MEDIA_TYPE},
            "body": refused.body,
        }
    else:
        answer = app.resolve(readable, context)
    return answer | {"headers": SECURITY_HEADERS | answer["headers"]}
