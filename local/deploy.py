"""Deploys the real template.yaml into the emulator, through its CloudFormation.

What is changed on the way is `CHANGES`, and nothing else; docs/get-started.md shows it with the reasons. The values of
the parameters leave out what they leave out on AWS too: with a database given, no network and no database are made.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from local import package
from local.emulator import Emulator
from local.processes import StackError
from local.routes import make_routes
from local.transform import Template, load

STACK = "extraction-jobs"

_BUCKET = "artifacts"
_DEPENDENCIES = "DependenciesLayer"
_WATCHING = "Watching"
_DEPLOY_SECONDS = 120.0


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
    template = load(root / "template.yaml")
    for change in CHANGES:
        change.apply(template, parameters)
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


def _leave_out_dependencies(template: Template, _: Mapping[str, str]) -> None:
    del template["Resources"][_DEPENDENCIES]
    for resource in template["Resources"].values():
        layers = resource.get("Properties", {}).get("Layers", [])
        if {"Ref": _DEPENDENCIES} in layers:
            layers.remove({"Ref": _DEPENDENCIES})


def _leave_out_watching(template: Template, _: Mapping[str, str]) -> None:
    del template["Resources"][_WATCHING]
    for name, output in list(template["Outputs"].items()):
        match output["Value"]:
            case {"Fn::GetAtt": [source, *_]} if source == _WATCHING:
                del template["Outputs"][name]


def _resolve_concurrency(template: Template, parameters: Mapping[str, str]) -> None:
    name = "WorkerMaximumConcurrency"
    value = parameters.get(name, template["Parameters"][name]["Default"])
    [source] = template["Resources"]["WorkerFunction"]["Properties"]["Events"].values()
    source["Properties"]["ScalingConfig"]["MaximumConcurrency"] = int(value)


def _leave_out_authorities(template: Template, _: Mapping[str, str]) -> None:
    del template["Globals"]["Function"]["Environment"]["Variables"]["SSL_CERT_FILE"]


def _let_webhooks_lead_here(template: Template, _: Mapping[str, str]) -> None:
    template["Globals"]["Function"]["Environment"]["Variables"]["WEBHOOKS"] = "loopback"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that the deployed template has otherwise than template.yaml.

    Attributes:
        what: What is left out or changed, as docs/get-started.md has it.
        why: What about the emulator forces it, as docs/get-started.md has it.
        apply: Makes the change in place, given the parameters' values.

    """

    what: str
    why: str
    apply: Callable[[Template, Mapping[str, str]], None]


CHANGES = (
    Change(
        "`DependenciesLayer`, the layer of third-party packages",
        "It is built for Lambda's Linux and Python. The emulator runs the functions in this machine's Python, whose"
        " environment has the same packages.",
        _leave_out_dependencies,
    ),
    Change(
        "`Watching`, the nested stack of alarms and the dashboard, with its two outputs",
        "The emulator makes no nested stack (`AWS::CloudFormation::Stack`) and no alarm.",
        _leave_out_watching,
    ),
    Change(
        "`MaximumConcurrency` of the worker is a number instead of a reference to its parameter",
        "The emulator keeps a parameter's value as text, and then compares it with a number.",
        _resolve_concurrency,
    ),
    Change(
        "`SSL_CERT_FILE` of the functions",
        "The path is Amazon Linux's. On other systems Python knows the path by itself.",
        _leave_out_authorities,
    ),
    Change(
        "`WEBHOOKS` of the functions is `loopback`",
        "A [webhook](notifications.md) may be on this machine; no value of the parameter allows that.",
        _let_webhooks_lead_here,
    ),
)


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
