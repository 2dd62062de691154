"""What the SAM transform makes of the template: the resources that CloudFormation gets and updates."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from local.transform import Template, environments, transform
from tests.unit.templates import ROOT, TEMPLATE, load, of_type


@cache
def deployed(layer: str = "s3://artifacts/layer.zip", **parameters: str) -> Template:
    """The transformed template, with this address for the layer that holds the domain's code."""
    source = load("template.yaml")
    source["Resources"]["ExtractionJobsLayer"]["Properties"]["ContentUri"] = layer
    return transform(source, parameters, "eu-west-1")


def functions(template: Template) -> dict[str, dict[str, Any]]:
    return of_type("AWS::Lambda::Function", template["Resources"])


WITH_LAYERS = sorted(set(functions(deployed())) - {"AdminFunction"})


def invoked(template: Template) -> set[str]:
    """Whom API Gateway, SQS, Scheduler, EventBridge and CloudFormation call: functions, whatever is appended."""
    callers = [
        *of_type("AWS::ApiGatewayV2::Api", template["Resources"]).values(),
        *of_type("AWS::Lambda::EventSourceMapping", template["Resources"]).values(),
        *of_type("AWS::Scheduler::Schedule", template["Resources"]).values(),
        *of_type("AWS::Events::Rule", template["Resources"]).values(),
        *of_type("Custom::DatabaseMigrations", template["Resources"]).values(),
    ]
    text = json.dumps(callers)
    return {name for name in template["Resources"] if f'"{name}"' in text or f"{{{name}." in text}


def test_every_caller_calls_the_function_itself_so_that_no_version_is_left_behind() -> None:
    template = deployed()
    kinds = {resource["Type"] for resource in template["Resources"].values()}
    assert not {kind for kind in kinds if "CodeDeploy" in kind}
    assert not kinds & {"AWS::Lambda::Alias", "AWS::Lambda::Version"}
    called = invoked(template)
    assert set(functions(template)) <= called


@pytest.mark.parametrize("function", WITH_LAYERS)
def test_a_changed_layer_reaches_each_function_that_uses_it(function: str) -> None:
    before, after = deployed(), deployed("s3://artifacts/another.zip")
    old, new = (functions(each)[function]["Layers"] for each in (before, after))
    assert old != new
    # The references lead to layers that are there.
    for template, layers in ((before, old), (after, new)):
        assert {each["Ref"] for each in layers} <= template["Resources"].keys()


def test_a_changed_layer_runs_the_migrations_before_the_code_that_needs_them() -> None:
    before, after = deployed(), deployed("s3://artifacts/another.zip")
    [old] = of_type("Custom::DatabaseMigrations", before["Resources"]).values()
    [new] = of_type("Custom::DatabaseMigrations", after["Resources"]).values()
    assert old["Layer"] != new["Layer"]
    for name in WITH_LAYERS:
        waits_for = after["Resources"][name].get("DependsOn", [])
        assert name == "MigrateFunction" or "Migrations" in waits_for


@pytest.mark.parametrize("environment", environments(ROOT))
def test_it_keeps_within_what_aws_takes(environment: str) -> None:
    template = transform(TEMPLATE, environments(ROOT)[environment], "eu-west-1")
    assert len(json.dumps(template)) < 1_000_000
    assert len(template["Resources"]) <= 500
    assert len(template["Parameters"]) <= 200
    for function in functions(template).values():
        # Lambda takes 4 kB of variables, names and values together.
        variables = function["Environment"]["Variables"]
        assert sum(len(name) + length(value) for name, value in variables.items()) < 4096


def length(value: Any) -> int:
    """Characters of a variable's value: a parameter's default, or an ARN or an address of no more than 150."""
    match value:
        case str():
            return len(value)
        case {"Ref": name} if name in TEMPLATE["Parameters"]:
            return len(str(TEMPLATE["Parameters"][name]["Default"]))
    return 150
