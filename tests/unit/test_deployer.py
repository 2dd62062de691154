"""The role that deploys from GitHub fits the template: names, services, policies. Its permissions: `make validate`."""

from __future__ import annotations

import json
import tomllib
from typing import Any

from local.deployer import only_policies, statements
from local.transform import transform
from tests.unit.templates import ROOT, TEMPLATE, load, within

DEPLOYER = load("deployer.yaml")
VALUES = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::URLSuffix": "amazonaws.com",
    "ApiHostedZoneId": "Z0123456789",
    "PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/boundary",
    "StackPrefix": DEPLOYER["Parameters"]["StackPrefix"]["Default"],
}
POLICIES = only_policies(DEPLOYER, VALUES)
ALL = [TEMPLATE, *map(load, (ROOT / "stacks").glob("*.yaml"))]
ROLES = [
    resource["Properties"]
    for template in ALL
    for resource in template["Resources"].values()
    if resource["Type"] == "AWS::IAM::Role"
]


def allowing(action: str) -> dict[str, Any]:
    """The one statement that allows an action."""
    [found] = [
        each
        for each in within(POLICIES)
        if isinstance(each, dict) and "Effect" in each and action in each["Action"]
    ]
    return found


def test_every_stack_of_samconfig_is_named_as_the_role_expects() -> None:
    configured = tomllib.loads((ROOT / "samconfig.toml").read_text())
    names = {
        each["global"]["parameters"]["stack_name"]
        for each in configured.values()
        if isinstance(each, dict) and "global" in each
    }
    assert names
    assert {name for name in names if not name.startswith(VALUES["StackPrefix"])} == set()


def test_roles_are_passed_to_the_services_that_the_templates_roles_trust_and_no_other() -> None:
    trusted = {
        role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"] for role in ROLES
    }
    passed = allowing("iam:PassRole")["Condition"]["StringEquals"]["iam:PassedToService"]
    assert set(passed) == trusted


def test_a_role_gets_aws_own_policies_only_where_the_template_attaches_them() -> None:
    attached = {
        each["Fn::Sub"].replace("${AWS::Partition}", "aws")
        for role in ROLES
        for each in within(role.get("ManagedPolicyArns", []))
        if isinstance(each, dict) and "Fn::Sub" in each
    }
    allowed = set(allowing("iam:AttachRolePolicy")["Condition"]["ArnLike"]["iam:PolicyARN"])
    own = {arn for arn in allowed if "::aws:" not in arn}
    assert own == {f"arn:aws:iam::123456789012:policy/{VALUES['StackPrefix']}*"}
    assert allowed - own == attached


def test_the_role_cannot_change_itself() -> None:
    for resource in DEPLOYER["Resources"].values():
        if resource["Type"] in ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy"):
            assert resource["Properties"]["Path"] == "/deployer/"
    own = {
        resource
        for each in statements(POLICIES)
        if any(action.startswith("iam:") for action in each.actions)
        for resource in each.resources
    }
    prefix, services = f"{VALUES['StackPrefix']}*", "role/aws-service-role/*"
    reachable = {f"role/{prefix}", f"policy/{prefix}", services}
    assert {each.removeprefix("arn:aws:iam::123456789012:") for each in own} == reachable | {"*"}
    assert set(allowing("iam:ListRoles")["Action"].split()) == {"iam:ListRoles"}


def test_the_layers_are_named_as_the_role_expects() -> None:
    named = {
        resource["Properties"]["LayerName"]
        for resource in transform(TEMPLATE, {}, "eu-central-1")["Resources"].values()
        if resource["Type"] == "AWS::Lambda::LayerVersion"
    }
    layers = {
        resource.split(":layer:")[1].rstrip("*")
        for each in statements(POLICIES)
        for resource in each.resources
        if ":layer:" in resource
    }
    assert layers == named


def test_whoever_may_deploy_may_not_read_documents_or_secrets() -> None:
    text = json.dumps(POLICIES)
    assert "secretsmanager:GetSecretValue" not in text
    assert "rds-db:connect" not in text
    readers = [each for each in statements(POLICIES) if "s3:GetObject" in each.actions]
    assert [each.resources for each in readers] == [
        ("arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-*/*",)
    ]
