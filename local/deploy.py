"""Deploys the real template.yaml into the emulator, through its CloudFormation.

What is changed on the way, and nothing else:

- the layer of third-party packages is left out (see `package.py`);
- nested stacks are left out: they hold alarms, and here nothing is measured; a network and a
  database, and here is one;
- CodeUri and ContentUri point at zips in the emulator's S3, as `sam package` would make them;
- a new version is not brought in step by step: the emulator knows no CodeDeploy;
- the workers' concurrency is put in as a number, because the emulator compares it with one and
  leaves a parameter's value the text that it was;
- the routes of the HTTP API are made afterwards (see `routes.py`), because the emulator drops them.
"""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from local import package
from local.emulator import Emulator
from local.processes import StackError
from local.routes import make_routes

STACK = "extraction-jobs"

_BUCKET = "artifacts"
_DEPENDENCIES = "DependenciesLayer"
_DEPLOY_SECONDS = 120.0

Template = dict[str, Any]


def deploy(emulator: Emulator, root: Path, parameters: Mapping[str, str], zips: Path) -> None:
    """Deploy the template of the project at `root` with its parameters.

    Args:
        emulator: Where to.
        root: Folder of template.yaml, functions/ and layers/.
        parameters: Values of template parameters; the others keep their defaults.
        zips: Folder for the zipped code.

    Raises:
        StackError: When CloudFormation fails; carries the reasons that it gave.

    """
    template: Template = yaml_parse((root / "template.yaml").read_text())
    _leave_out_dependencies(template)
    _leave_out_what_is_only_on_aws(template)
    _resolve_concurrency(template, parameters)
    _upload_code(emulator, template, root, zips)
    _create_stack(emulator, template, parameters)
    make_routes(emulator, STACK)


def outputs(emulator: Emulator) -> dict[str, str]:
    """Return the outputs of the deployed stack by name."""
    described = emulator.client("cloudformation").describe_stacks(StackName=STACK)
    return {o["OutputKey"]: o["OutputValue"] for o in described["Stacks"][0]["Outputs"]}


def resources(emulator: Emulator) -> dict[str, str]:
    """Return the physical ids of the deployed stack's resources by logical id."""
    described = emulator.client("cloudformation").describe_stack_resources(StackName=STACK)
    return {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in described["StackResources"]}


def _leave_out_dependencies(template: Template) -> None:
    del template["Resources"][_DEPENDENCIES]
    layers = template["Globals"]["Function"]["Layers"]
    layers.remove({"Ref": _DEPENDENCIES})


def _leave_out_what_is_only_on_aws(template: Template) -> None:
    nested = {
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Application"
    }
    for name in nested:
        del template["Resources"][name]
    for name, output in list(template["Outputs"].items()):
        match output["Value"]:
            case {"Fn::GetAtt": [source, *_]} if source in nested:
                del template["Outputs"][name]
    for resource in template["Resources"].values():
        resource.get("Properties", {}).pop("DeploymentPreference", None)
        resource.get("Properties", {}).pop("AutoPublishAlias", None)
    for part in ("Globals", "Resources"):
        template[part] = _otherwise(template[part])


def _otherwise(node: Any) -> Any:
    """Take the second branch wherever it is asked whether a database is made: the first names what is left out."""
    match node:
        case {"Fn::If": ["MakeDatabase", _, otherwise]}:
            return _otherwise(otherwise)
        case dict():
            return {key: _otherwise(value) for key, value in node.items()}
        case list():
            return [_otherwise(each) for each in node]
    return node


def _resolve_concurrency(template: Template, parameters: Mapping[str, str]) -> None:
    name = "WorkerMaximumConcurrency"
    value = parameters.get(name, template["Parameters"][name]["Default"])
    [source] = template["Resources"]["WorkerFunction"]["Properties"]["Events"].values()
    source["Properties"]["ScalingConfig"]["MaximumConcurrency"] = int(value)


def _upload_code(emulator: Emulator, template: Template, root: Path, zips: Path) -> None:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=_BUCKET)
    used = set()
    for resource in template["Resources"].values():
        match resource["Type"]:
            case "AWS::Serverless::Function":
                place, prefix = "CodeUri", ""
            case "AWS::Serverless::LayerVersion":
                place, prefix = "ContentUri", "python"
            case _:
                continue
        properties = resource["Properties"]
        made = package.archive(root / properties[place], prefix=prefix, into=zips)
        s3.upload_file(str(made), _BUCKET, made.name)
        properties[place] = f"s3://{_BUCKET}/{made.name}"
        used.add(made)
    for outdated in set(zips.glob("*.zip")) - used:
        outdated.unlink()


def _create_stack(emulator: Emulator, template: Template, parameters: Mapping[str, str]) -> None:
    # By address: as the body of a request a template may have 51,200 bytes.
    body = json.dumps(template).encode()
    emulator.client("s3").put_object(Bucket=_BUCKET, Key="template.json", Body=body)
    cloudformation = emulator.client("cloudformation")
    cloudformation.create_stack(
        StackName=STACK,
        TemplateURL=f"{emulator.url}/{_BUCKET}/template.json",
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
    )
    deadline = time.monotonic() + _DEPLOY_SECONDS
    while True:
        status = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
        if status == "CREATE_COMPLETE":
            return
        if not status.endswith("_IN_PROGRESS") or time.monotonic() > deadline:
            events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
            reasons = [
                f"  {event['LogicalResourceId']}: {event['ResourceStatusReason']}"
                for event in reversed(events)
                if event.get("ResourceStatusReason")
            ]
            raise StackError("\n".join([f"The deploy ended as {status}:", *reasons]))
        time.sleep(0.05)
