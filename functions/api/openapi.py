"""The OpenAPI document, generated from the routes; docs/openapi.json is the committed copy."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from inspect import getdoc
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

TITLE = "Extraction jobs"
VERSION = "1.0.0"
DESCRIPTION = (
    "Documents in, typed objects out, by jobs that never get stuck. Every call but /health, "
    "/openapi.json and /docs needs a bearer token."
)
TAGS = {
    "Create": "Send documents and create jobs.",
    "Jobs": "Look at jobs, their progress and their history.",
    "Results": "Read what was found, and end a review.",
    "Change": "Retry, cancel and delete jobs.",
    "Notifications": "Tell another service that jobs have ended.",
    "Operate": "Figures for those who run the service.",
}
PUBLIC = ("/health",)
# Of the page, whose script and style stand in it: it talks to the API alone, and stands in no other page.
PAGE_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src 'self' data:; font-src data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@cache
def document(app: APIGatewayHttpResolver) -> str:
    """The document as JSON. Made once: anyone may ask for it, without a token."""
    # Powertools' models of OpenAPI were a fifth of this function's cold start.
    from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer

    found = json.loads(
        app.get_openapi_json_schema(
            title=TITLE,
            version=VERSION,
            description=DESCRIPTION,
            security_schemes={"bearer": HTTPBearer(bearerFormat="JWT")},
            security=[{"bearer": []}],
        )
    )
    found["tags"] = [{"name": name, "description": words} for name, words in TAGS.items()]
    for route in app._static_routes + app._dynamic_routes:  # noqa: SLF001 - no public name lists the routes
        if route.include_in_schema:
            call = found["paths"][route.openapi_path][route.method.lower()]
            _describe(call, route.func)
    # What Powertools cannot be told: an answer without a body, a call without security, and that no error has the shape
    # of its own ones.
    for calls in found["paths"].values():
        for call in calls.values():
            call["responses"].get("204", {}).pop("content", None)
    for path in PUBLIC:
        for call in found["paths"][path].values():
            call["security"] = []
            del call["responses"]["422"]
    for schema in ("HTTPValidationError", "ValidationError", "ResponseValidationError"):
        del found["components"]["schemas"][schema]
    return json.dumps(found, ensure_ascii=False)


def _describe(call: dict[str, Any], function: Callable[..., object]) -> None:
    """Adds to a call what its function says of itself, and the examples."""
    from examples import ANSWERS, REQUESTS

    call["operationId"] = function.__name__
    call["description"] = getdoc(function)
    if function.__name__ in REQUESTS:
        [content] = call["requestBody"]["content"].values()
        content["example"] = REQUESTS[function.__name__]
    if function.__name__ in ANSWERS:
        success = min(call["responses"])
        call["responses"][success]["content"]["application/json"]["example"] = ANSWERS[
            function.__name__
        ]


@cache
def page(app: APIGatewayHttpResolver) -> str:
    """A page to read the document and try the calls: Swagger UI, as Powertools carries it.

    Not by Powertools' own `enable_swagger`, which loads its models of OpenAPI at every cold start.
    """
    from aws_lambda_powertools.event_handler.openapi import swagger_ui

    folder = files(swagger_ui)
    html = swagger_ui.generate_swagger_html(
        spec=document(app),
        swagger_js=folder.joinpath("swagger-ui-bundle.min.js").read_text(encoding="utf-8"),
        swagger_css=folder.joinpath("swagger-ui.min.css").read_text(encoding="utf-8"),
        swagger_base_url="",
        oauth2_config=None,
    )
    # Where the page says that the document is.
    return html.replace('currentUrl.pathname + "?format=json"', '"/openapi.json"')
