"""The OpenAPI document, generated from the routes; docs/openapi.json is the committed copy."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer, SecurityScheme

TITLE = "Extraction jobs"
VERSION = "1.0.0"
DESCRIPTION = (
    "Documents in, typed objects out, by jobs that never get stuck. Every call but /health, "
    "/openapi.json and /docs needs a bearer token."
)
SECURITY_SCHEMES: dict[str, SecurityScheme] = {"bearer": HTTPBearer(bearerFormat="JWT")}
SECURITY: list[dict[str, list[str]]] = [{"bearer": []}]


def document(app: APIGatewayHttpResolver) -> str:
    """The document as JSON."""
    return app.get_openapi_json_schema(
        title=TITLE,
        version=VERSION,
        description=DESCRIPTION,
        security_schemes=SECURITY_SCHEMES,
        security=SECURITY,
    )
