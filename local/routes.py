"""Makes the routes of the template's HTTP API.

The emulator ignores `AWS::ApiGatewayV2::Api.Body`, the OpenAPI document that SAM writes the routes
into: they are read back from the processed template and made through API Gateway's own calls.
Understands what this project's template uses: JWT authorizers and Lambda proxy integrations.
"""

import json
import re
from typing import Any

from local.emulator import REGION, Emulator


def make_routes(emulator: Emulator, stack: str) -> str:
    """Make the routes of the stack's HTTP API and return the API's id."""
    cloudformation = emulator.client("cloudformation")
    gateway = emulator.client("apigatewayv2")
    processed = cloudformation.get_template(StackName=stack, TemplateStage="Processed")
    template = processed["TemplateBody"]
    if isinstance(template, str):
        template = json.loads(template)
    described = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    physical = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in described}

    [(name, api)] = [
        (name, resource)
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::ApiGatewayV2::Api"
    ]
    api_id = physical[name]
    body = api["Properties"]["Body"]
    authorizers = {
        scheme: gateway.create_authorizer(
            ApiId=api_id,
            Name=scheme,
            AuthorizerType="JWT",
            IdentitySource=["$request.header.Authorization"],
            JwtConfiguration={
                "Issuer": f"https://cognito-idp.{REGION}.amazonaws.com/{physical['UserPool']}",
                "Audience": [physical["UserPoolClient"]],
            },
        )["AuthorizerId"]
        for scheme in body["components"]["securitySchemes"]
    }
    integrations: dict[str, str] = {}
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            function = _function_name(operation["x-amazon-apigateway-integration"]["uri"])
            if function not in integrations:
                arn = emulator.client("lambda").get_function_configuration(
                    FunctionName=physical[function]
                )["FunctionArn"]
                integrations[function] = gateway.create_integration(
                    ApiId=api_id,
                    IntegrationType="AWS_PROXY",
                    IntegrationUri=arn,
                    PayloadFormatVersion="2.0",
                )["IntegrationId"]
            schemes = [scheme for need in operation.get("security", []) for scheme in need]
            authorization = (
                {"AuthorizationType": "JWT", "AuthorizerId": authorizers[schemes[0]]}
                if schemes and schemes[0] in authorizers
                else {}
            )
            gateway.create_route(
                ApiId=api_id,
                RouteKey=f"{method.upper()} {path}",
                Target=f"integrations/{integrations[function]}",
                **authorization,
            )
    return str(api_id)


def _function_name(uri: Any) -> str:
    """Return the logical id in an integration's address, which SAM writes as `${Name.Arn}`."""
    found = re.search(r"\$\{(\w+)\.Arn\}", json.dumps(uri))
    if found is None:
        raise ValueError(f"no function in the integration's address {uri}")
    return found.group(1)
