"""The OpenAPI document, generated from the routes; docs/openapi.json is the committed copy."""

from __future__ import annotations

import json
from functools import cache

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer, SecurityScheme

TITLE = "Extraction jobs"
VERSION = "1.0.0"
DESCRIPTION = (
    "Documents in, typed objects out, by jobs that never get stuck. Every call but /health, "
    "/openapi.json and /docs needs a bearer token."
)
SECURITY_SCHEMES: dict[str, SecurityScheme] = {"bearer": HTTPBearer(bearerFormat="JWT")}
PUBLIC = ("/health",)
SECURITY: list[dict[str, list[str]]] = [{"bearer": []}]


@cache
def document(app: APIGatewayHttpResolver) -> str:
    """The document as JSON. Made once: anyone may ask for it, without a token."""
    found = json.loads(
        app.get_openapi_json_schema(
            title=TITLE,
            version=VERSION,
            description=DESCRIPTION,
            security_schemes=SECURITY_SCHEMES,
            security=SECURITY,
        )
    )
    # What Powertools cannot be told: a call without security, and that no error has the shape of its own ones.
    for path in PUBLIC:
        for call in found["paths"][path].values():
            call["security"] = []
            del call["responses"]["422"]
    for schema in ("HTTPValidationError", "ValidationError", "ResponseValidationError"):
        del found["components"]["schemas"][schema]
    return json.dumps(found, ensure_ascii=False)
