"""A parameter's value that AWS would refuse is refused by the template itself, before anything is made."""

from __future__ import annotations

import re
from typing import Any

import pytest

from extraction import ready_made_sets
from tests.unit.templates import PARAMETERS, TEMPLATE

KEY = "arn:aws:kms:eu-west-1:123456789012:key/0000"
TAKEN = {
    "AdminDomainPrefix": ["acme-jobs", "a", ""],
    "AdminUrl": ["https://jobs.example.com", "http://localhost:3001", ""],
    "AdminEmail": ["ada@example.com", ""],
    "AdminOrganisations": ["main", "acme,globex"],
    "ApiDomainName": ["jobs.example.com", ""],
    "ApiHostedZoneId": ["Z0123456789ABCDEFGHIJ", ""],
    "ApiCertificateArn": ["arn:aws:acm:eu-west-1:123456789012:certificate/0-1", ""],
    "BedrockGuardrailId": ["gr1234abcd5e", ""],
    "ModelBaseUrl": ["https://api.openai.com/v1", "http://10.0.3.7:8000/v1", ""],
    "ModelTemperature": ["0", "0.7", "2.0", ""],
    "ModelApiKeySecretArn": ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-AbCdEf", ""],
    "CorsOrigins": [
        "https://a.example.com,http://localhost:5173",
        "https://b.example.com:8443",
        "",
    ],
    "DatabaseKmsKeyArn": [KEY, ""],
    "DatabaseSnapshotIdentifier": [
        "jobs-final",
        "rds:jobs-2026-11-30-04-05",
        "arn:aws:rds:eu-west-1:123456789012:snapshot:jobs-final",
        "arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:rds:jobs-2026",
        "",
    ],
    "InboxObjectTypes": [*ready_made_sets(), ",".join(ready_made_sets()), ""],
    "JwtIssuer": ["https://login.example.com/realms/x", "http://localhost:45660/pool", ""],
    "NetworkCidr": ["10.42.0.0/19", "172.16.0.0/16"],
    "NetworkZoneA": ["eu-west-1a", "us-gov-east-1b", ""],
    "SourceBucketName": ["acme.documents-1", ""],
}


def fits(name: str, value: str) -> bool:
    # As CloudFormation does it: the whole value, not a part of it.
    return re.fullmatch(PARAMETERS[name]["AllowedPattern"], value) is not None


@pytest.mark.parametrize("name", TAKEN)
def test_what_aws_takes_is_taken(name: str) -> None:
    assert [value for value in TAKEN[name] if not fits(name, value)] == []
    assert fits(name, PARAMETERS[name]["Default"])
    assert PARAMETERS[name].get("ConstraintDescription", "must ").startswith("must ")


def refusals(**given: str) -> list[str]:
    """The sentences of the template's rules that these values break."""
    values = {name: str(parameter["Default"]) for name, parameter in PARAMETERS.items()} | given
    return [
        assertion["AssertDescription"]
        for rule in TEMPLATE["Rules"].values()
        if decided(rule.get("RuleCondition", True), values)
        for assertion in rule["Assertions"]
        if not decided(assertion["Assert"], values)
    ]


def decided(node: Any, values: dict[str, str]) -> bool:
    """A rule's condition, by CloudFormation's functions for rules."""
    match node:
        case bool():
            return node
        case {"Fn::Equals": [left, right]}:
            return text(left, values) == text(right, values)
        case {"Fn::EachMemberEquals": [members, value]}:
            return all(each == value for each in text(members, values).split(","))
        case {"Fn::Not": [one]}:
            return not decided(one, values)
        case {"Fn::And": several}:
            return all(decided(each, values) for each in several)
        case {"Fn::Or": several}:
            return any(decided(each, values) for each in several)
    raise ValueError(f"not a condition of a rule: {node}")


def text(node: Any, values: dict[str, str]) -> str:
    return values[node["Ref"]] if isinstance(node, dict) else str(node)


SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x"
OWN = {"DatabaseSecretArn": SECRET}
OPENAI = {
    "Extractor": "model",
    "ModelProvider": "openai",
    "ModelId": "m",
    "ModelBaseUrl": "https://api.openai.com/v1",
}
ABROAD = {
    "Extractor": "model",
    "ModelId": "m",
    "BedrockModelArns": "arn:of:one",
    "BedrockRegion": "us-west-2",
}
CERTIFICATE = TAKEN["ApiCertificateArn"][0]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"NetworkZoneA": "eu-west-1b", "NetworkZoneB": "eu-west-1c"},
        {"ApiDomainName": "jobs.example.com", "ApiCertificateArn": CERTIFICATE},
        {"DatabaseProxy": "true"},
        OWN,
        OWN | {"Webhooks": "on"},
        OWN | {"DatabaseSslmode": "require", "DatabaseSslrootcert": "/opt/certificates/rds.pem"},
        {"AdminEmail": "ada@example.com"},
        OWN | OPENAI,
        OWN | ABROAD,
        {"Extractor": "bedrock", "BedrockModelId": "m", "BedrockModelArns": "arn:of:one"},
        {"AdminDomainPrefix": "acme", "AdminUrl": "https://jobs.example.com"},
    ],
)
def test_parameters_that_go_together_are_taken(given: dict[str, str]) -> None:
    assert refusals(**given) == []


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"Webhooks": "on"}, "Webhooks"),
        ({"NetworkZoneA": "eu-west-1a"}, "NetworkZoneB"),
        ({"NetworkZoneA": "eu-west-1a", "NetworkZoneB": "eu-west-1a"}, "NetworkZoneB"),
        ({"ApiDomainName": "jobs.example.com"}, "ApiCertificateArn"),
        ({"ApiCertificateArn": CERTIFICATE}, "ApiDomainName"),
        ({"ApiHostedZoneId": "Z01"}, "ApiDomainName"),
        (OWN | {"DatabaseSslmode": "require"}, "DatabaseSslmode"),
        ({"DatabaseSslmode": "disable"}, "DatabaseSslmode"),
        ({"DatabaseSslmode": "require", "DatabaseProxy": "true"}, "DatabaseSslmode"),
        ({"JwtIssuer": "https://x", "JwtAudience": "y", "AdminEmail": "a@b.c"}, "AdminEmail"),
        ({"JwtIssuer": "https://x"}, "JwtAudience"),
        ({"AdminDomainPrefix": "acme"}, "AdminUrl"),
        ({"SubnetIds": "subnet-1", "SecurityGroupIds": "sg-1"}, "DatabaseSecretArn"),
        (OWN | {"SubnetIds": "subnet-1"}, "SecurityGroupIds"),
        (OWN | {"DatabaseResourceId": "db-X"}, "DatabaseHost"),
        ({"Extractor": "model"}, "ModelId"),
        ({"Extractor": "model", "ModelId": "m"}, "BedrockModelArns"),
        (OWN | OPENAI | {"ModelBaseUrl": ""}, "ModelBaseUrl"),
        (OPENAI, "DatabaseSecretArn"),
        (ABROAD, "BedrockRegion"),
        ({"BedrockGuardrailId": "gr1"}, "BedrockGuardrailVersion"),
    ],
)
def test_parameters_that_contradict_each_other_are_refused_with_a_sentence_that_names_one(
    given: dict[str, str], named: str
) -> None:
    sentences = refusals(**given)
    assert any(named in sentence for sentence in sentences), sentences
