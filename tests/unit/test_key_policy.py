"""The key policies in docs/ let in whoever the template gives the key to, and nobody of another account."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from string import Template as Text
from typing import Any

import pytest

from local.transform import Template
from tests.unit.templates import ROOT, TEMPLATE, load

OURS, OTHERS, REGION = "123456789012", "210987654321", "eu-central-1"
FILES = {"KmsKeyArn": "key-policy.json", "DatabaseKmsKeyArn": "database-key-policy.json"}


@dataclass(frozen=True)
class Use:
    """Someone who uses the key: a service of AWS, or a role of an account, by itself or by way of a service."""

    service: str = ""
    account: str = OURS
    # What AWS says of the request, apart from who makes it.
    context: Mapping[str, str] = field(default_factory=dict)
    actions: tuple[str, ...] = ("kms:Decrypt", "kms:GenerateDataKey")


ROLE = Use()


def logs(account: str) -> Use:
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    group = f"arn:aws:logs:{REGION}:{account}:log-group:/aws/rds/instance/jobs/postgresql"
    return Use(
        f"logs.{REGION}.amazonaws.com",
        account,
        {"kms:EncryptionContext:aws:logs:arn": group},
        ("kms:Encrypt", "kms:Decrypt", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey"),
    )


def publisher(service: str, account: str) -> Use:
    # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    return Use(service, account, {"aws:SourceAccount": account})


def via(service: str, account: str, *actions: str) -> Use:
    # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html
    context = {
        "kms:ViaService": f"{service}.{REGION}.amazonaws.com",
        "kms:CallerAccount": account,
        "kms:GrantIsForAWSResource": "true",
    }
    return Use("", account, context, actions)


def database(account: str) -> list[Use]:
    used = ("kms:CreateGrant", "kms:DescribeKey", "kms:Decrypt", "kms:GenerateDataKey")
    return [via("rds", account, *used), via("secretsmanager", account, *used)]


def who_uses(kind: str, account: str) -> list[Use]:
    """Who uses the key that a resource of this type is given. Fails for a type that nobody has looked up."""
    return {
        "AWS::IAM::ManagedPolicy": [ROLE],
        "AWS::Logs::LogGroup": [logs(account)],
        "AWS::RDS::DBCluster": database(account),
        "AWS::RDS::DBInstance": database(account),
        "AWS::S3::Bucket": [ROLE],
        "AWS::SNS::Topic": [
            publisher("cloudwatch.amazonaws.com", account),
            publisher("events.rds.amazonaws.com", account),
        ],
        # Senders and readers use it by their own roles (functions, Lambda for them, the schedule), but EventBridge:
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
        "AWS::SQS::Queue": [ROLE, publisher("events.amazonaws.com", account)],
    }[kind]


def refers(node: Any, parameter: str) -> bool:
    match node:
        case {"Ref": name}:
            return bool(name == parameter)
        case dict():
            return any(refers(each, parameter) for each in node.values())
        case list():
            return any(refers(each, parameter) for each in node)
    return False


def given(template: Template, parameter: str) -> Iterator[str]:
    """The types of the resources that get the key, nested stacks included."""
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Application":
            nested = load(properties["Location"])
            for name, value in properties["Parameters"].items():
                if refers(value, parameter):
                    yield from given(nested, name)
        elif refers(properties, parameter):
            yield resource["Type"]


@cache
def statements(parameter: str) -> tuple[dict[str, Any], ...]:
    text = Text((ROOT / "docs" / FILES[parameter]).read_text())
    policy = json.loads(text.substitute(PARTITION="aws", ACCOUNT=OURS, REGION=REGION))
    assert policy["Version"] == "2012-10-17"
    return tuple(policy["Statement"])


def listed(one_or_more: Any) -> list[str]:
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]


def admits(statement: dict[str, Any], use: Use, action: str) -> bool:
    """What KMS decides by one statement; a role is taken to have an IAM policy that allows the action."""
    [(kind, names)] = statement["Principal"].items()
    if kind == "Service":
        admitted = use.service in listed(names)
    else:
        admitted = not use.service and names in ("*", f"arn:aws:iam::{use.account}:root")
    return (
        admitted
        and any(fnmatchcase(action, pattern) for pattern in listed(statement["Action"]))
        and all(
            any(fnmatchcase(use.context.get(key, ""), wanted) for wanted in listed(values))
            for condition in statement.get("Condition", {}).values()
            for key, values in condition.items()
        )
    )


def allowed(parameter: str, use: Use, action: str) -> bool:
    return any(admits(statement, use, action) for statement in statements(parameter))


@pytest.mark.parametrize("parameter", FILES)
def test_whoever_the_template_gives_the_key_to_may_use_it(parameter: str) -> None:
    kinds = set(given(TEMPLATE, parameter))
    assert len(kinds) > 1
    refused = [
        (kind, use.service, action)
        for kind in kinds
        for use in who_uses(kind, OURS)
        for action in use.actions
        if not allowed(parameter, use, action)
    ]
    assert refused == []


@pytest.mark.parametrize("parameter", FILES)
def test_nobody_may_use_it_for_another_account(parameter: str) -> None:
    kinds = set(given(TEMPLATE, parameter))
    uses = [use for kind in kinds for use in who_uses(kind, OTHERS) if use != ROLE]
    uses.append(Use(account=OTHERS))
    assert [
        (use, action) for use in uses for action in use.actions if allowed(parameter, use, action)
    ] == []


def test_a_grant_is_given_only_to_aws_for_its_own_resources() -> None:
    # Without the account's roles, which their own policies bind.
    [_, *others] = statements("DatabaseKmsKeyArn")
    use = via("rds", OURS, "kms:CreateGrant")
    assert any(admits(each, use, "kms:CreateGrant") for each in others)
    by_hand = Use(context=dict(use.context) | {"kms:GrantIsForAWSResource": "false"})
    assert not any(admits(each, by_hand, "kms:CreateGrant") for each in others)
