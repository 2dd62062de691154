"""Our roles beside the policies that SAM has ready: what theirs allow and ours do not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import samtranslator
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
RESOURCES: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
SAMS: dict[str, Any] = json.loads(
    (
        Path(samtranslator.__file__).parent / "policy_templates_data" / "policy_templates.json"
    ).read_text()
)["Templates"]


def statements(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if node.get("Effect") == "Allow":
            yield node
        for each in node.values():
            yield from statements(each)
    elif isinstance(node, list):
        for each in node:
            yield from statements(each)


def actions(node: Any, service: str) -> set[str]:
    listed = [each["Action"] for each in statements(node)]
    flat = [a for each in listed for a in (each if isinstance(each, list) else [each])]
    return {action for action in flat if action.startswith(f"{service}:")}


@pytest.mark.parametrize(
    ("ours", "service", "sams", "left_out"),
    [
        (
            "WorkerRole",
            "sqs",
            "SQSPollerPolicy",
            {
                "sqs:ChangeMessageVisibility",
                "sqs:ChangeMessageVisibilityBatch",
                "sqs:DeleteMessageBatch",
            },
        ),
        (
            "DeadLettersRole",
            "sqs",
            "SQSPollerPolicy",
            {
                "sqs:ChangeMessageVisibility",
                "sqs:ChangeMessageVisibilityBatch",
                "sqs:DeleteMessageBatch",
            },
        ),
        (
            "ReadSourcesPolicy",
            "s3",
            "S3ReadPolicy",
            {"s3:GetObjectVersion", "s3:GetBucketLocation", "s3:GetLifecycleConfiguration"},
        ),
        ("DatabaseSecretPolicy", "secretsmanager", "AWSSecretsManagerGetSecretValuePolicy", set()),
    ],
)
def test_what_sams_policy_allows_and_ours_leaves_out(
    ours: str, service: str, sams: str, left_out: set[str]
) -> None:
    mine, theirs = actions(RESOURCES[ours], service), actions(SAMS[sams], service)
    assert mine <= theirs
    assert theirs - mine == left_out
