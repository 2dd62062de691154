"""The caller is who API Gateway says; a token taken at its word counts only under `sam local`."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from caller import Caller, claims_of

FORGED = {"sub": "mallory", "custom:organisations": "acme"}


def _event(
    *, token: str | None = None, verified: dict[str, str] | None = None
) -> APIGatewayProxyEventV2:
    context: dict[str, Any] = {"http": {"method": "GET", "path": "/"}}
    if verified is not None:
        context["authorizer"] = {"jwt": {"claims": verified, "scopes": None}}
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return APIGatewayProxyEventV2({"version": "2.0", "headers": headers, "requestContext": context})


def _unsigned(claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}."


@pytest.mark.parametrize("value", [None, "", "false", "1", "TRUE"])
def test_a_token_that_nobody_verified_gives_no_claims_but_under_sam_local_itself(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is not None:
        monkeypatch.setenv("AWS_SAM_LOCAL", value)
    assert claims_of(_event(token=_unsigned(FORGED))) == {}


def test_under_sam_local_the_token_s_own_claims_count_and_verified_ones_win(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_SAM_LOCAL", "true")
    assert claims_of(_event(token=_unsigned(FORGED))) == FORGED
    verified = {"sub": "ada", "custom:organisations": "other"}
    assert claims_of(_event(token=_unsigned(FORGED), verified=verified)) == verified


@pytest.mark.parametrize(
    "token", [None, "", "x", "a.b.c", "a.////.c", _unsigned([1]), _unsigned("text")]
)
def test_under_sam_local_nonsense_is_nobody(
    token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SAM_LOCAL", "true")
    assert claims_of(_event(token=token)) == {}


@pytest.mark.parametrize(
    "claim",
    ["acme yyy", "acme,yyy", "acme, yyy", '["acme","yyy"]', "[acme yyy]", ["acme", "yyy"]],
    ids=["spaces", "commas", "both", "JSON", "as API Gateway flattens a list", "a list"],
)
def test_organisations_are_read_in_every_form_that_issuers_use(claim: object) -> None:
    caller = Caller.from_claims({"sub": "ada", "organisations": claim}, "organisations", "operator")
    assert caller.organisations == {"acme", "yyy"}


@pytest.mark.parametrize(
    "claims", [{}, {"organisations": ""}, {"organisations": None}, {"organisations": 7}]
)
def test_without_organisations_a_caller_may_act_for_none(claims: dict[str, object]) -> None:
    assert Caller.from_claims(claims, "organisations", "operator").organisations == set()


@pytest.mark.parametrize("claim", ["false", "True", "yes", 1, ["true"], {"true": True}, None, ""])
def test_only_true_makes_an_operator(claim: object) -> None:
    for value, operator in ((claim, False), ("true", True), (True, True)):
        claims = {"sub": "ada", "organisations": "acme", "operator": value}
        assert Caller.from_claims(claims, "organisations", "operator").operator is operator
