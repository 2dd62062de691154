"""`make validate` knows what the role of deployer.yaml may not do."""

from __future__ import annotations

import pytest

from local import deployer
from local.deployer import Statement, bound_to_nothing, missing, only_policies, statements, too_long
from local.transform import Template

TEMPLATE: Template = {
    "Resources": {
        "Role": {"Type": "AWS::IAM::Role"},
        "Queues": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "PolicyDocument": {
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": ["sqs:CreateQueue", "sqs:Get*"],
                            "Resource": {"Fn::Sub": "arn:${AWS::Partition}:sqs:::${Prefix}*"},
                        },
                        {
                            "Fn::If": [
                                "HasZone",
                                {"Effect": "Allow", "Action": "route53:X", "Resource": "*"},
                                {"Ref": "AWS::NoValue"},
                            ]
                        },
                    ]
                }
            },
        },
    }
}
VALUES = {"AWS::Partition": "aws", "Prefix": "jobs"}


def test_statements_are_read_with_values_and_conditions_put_in() -> None:
    assert statements(only_policies(TEMPLATE, VALUES)) == [
        Statement(("sqs:CreateQueue", "sqs:Get*"), ("arn:aws:sqs:::jobs*",)),
        Statement(("route53:X",), ("*",)),
    ]


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> list[Statement]:
    monkeypatch.setattr(deployer, "NOT_USED", {"kms:*": "no key"})
    monkeypatch.setattr(deployer, "UNLISTED", {"Custom::Thing": {"lambda:InvokeFunction"}})
    return statements(only_policies(TEMPLATE, VALUES))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"AWS::SQS::Queue": {"SQS:createQueue", "sqs:GetQueueUrl", "kms:Decrypt"}}, []),
        (
            {"AWS::SNS::Topic": {"sns:CreateTopic", "kms:Decrypt"}},
            ["deployer.yaml: a deploy of AWS::SNS::Topic takes sns:CreateTopic"],
        ),
        (
            {"AWS::X::Y": {"kms:Decrypt"}, "Custom::Thing": set()},
            ["deployer.yaml: a deploy of Custom::Thing takes lambda:InvokeFunction"],
        ),
        (
            {"AWS::X::Y": {"kms:Decrypt"}, "Custom::Other": set()},
            ["deployer.yaml: say in local/deployer.py what a deploy of Custom::Other takes"],
        ),
        ({"AWS::SQS::Queue": {"sqs:CreateQueue"}}, ["local/deployer.py: kms:* excepts nothing"]),
    ],
    ids=["nothing", "an action", "a type of ours", "an unknown type", "a needless exception"],
)
def test_what_a_deploy_takes_and_the_role_may_not_do_is_named(
    queues: list[Statement], asked: dict[str, set[str]], told: list[str]
) -> None:
    assert missing(asked, queues) == told


def test_an_action_that_iam_binds_to_no_resource_must_be_allowed_on_all(
    queues: list[Statement],
) -> None:
    assert bound_to_nothing(queues, lambda action: action == "sqs:CreateQueue") == []
    assert bound_to_nothing(queues, lambda _: False) == [
        'deployer.yaml: sqs:CreateQueue needs "*" for its resource'
    ]


def test_a_policy_that_is_too_long_for_iam_is_named() -> None:
    values = VALUES | {"Prefix": "x" * deployer.POLICY_CHARACTERS}
    assert too_long(only_policies(TEMPLATE, VALUES)) == []
    [fault] = too_long(only_policies(TEMPLATE, values))
    assert fault.startswith("deployer.yaml: Queues has ")
