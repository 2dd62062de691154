"""What CloudFormation gets: the template after the SAM transform, as `sam deploy` has it made.

`sam validate --lint` looks at the template before the transform and cannot see faults between the resources that the
transform makes, such as a circle of references. So this runs the same translator that AWS runs (it ships with the SAM
CLI), and cfn-lint looks at its result.
"""

from __future__ import annotations

import json
import logging
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

# `sam deploy` uploads local folders and templates first; any address in S3 stands for what it uploads.
_ADDRESSES = {
    "AWS::Serverless::Function": ("CodeUri", "s3://artifacts/code.zip"),
    "AWS::Serverless::LayerVersion": ("ContentUri", "s3://artifacts/layer.zip"),
    "AWS::Serverless::Application": ("Location", "https://s3.amazonaws.com/artifacts/stack.yaml"),
}

Template = dict[str, Any]


def transform(template: Template, parameters: Mapping[str, str], region: str) -> Template:
    """Return the CloudFormation template that the SAM transform makes of `template`.

    Args:
        template: The SAM template as it was parsed; it is left unchanged. A code address that is given
            as an S3 address already stays as it is.
        parameters: Values of template parameters; the others keep their defaults.
        region: AWS region to deploy to.

    Raises:
        samtranslator.public.exceptions.InvalidDocumentException: the transform would refuse it.

    """
    document: Template = json.loads(json.dumps(template))
    for resource in document["Resources"].values():
        if resource["Type"] in _ADDRESSES:
            name, address = _ADDRESSES[resource["Type"]]
            if not str(resource["Properties"][name]).startswith("s3://"):
                resource["Properties"][name] = address
    # It counts its own uses and complains when nobody collects the counts.
    logging.getLogger("samtranslator.metrics.metrics").setLevel(logging.ERROR)
    session = boto3.Session(region_name=region)
    translator = Translator(managed_policy_map=None, sam_parser=Parser(), boto_session=session)
    transformed: Template = translator.translate(document, dict(parameters))
    return transformed


def load(path: Path) -> Template:
    """Return the template in a file; short forms such as `!Ref` are written out."""
    template: Template = yaml_parse(path.read_text())
    return template


def environments(root: Path) -> dict[str, dict[str, str]]:
    """Return the parameters that each environment of samconfig.toml sets, by the environment's name."""
    configured = tomllib.loads((root / "samconfig.toml").read_text())
    found = {}
    for name, commands in configured.items():
        if isinstance(commands, dict) and "deploy" in commands:
            given = commands["deploy"]["parameters"].get("parameter_overrides", "")
            found[name] = dict(pair.split("=", 1) for pair in given.split())
    return found
