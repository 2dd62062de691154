"""`make validate`: is the template what CloudFormation takes, before and after the SAM transform?

Lints what the transform makes of it, in each environment of samconfig.toml, and checks that a parameter whose change
replaces or deletes something says so, that the role of deployer.yaml may do all that a deploy takes, and that the key
policies in docs/ are ones. Runs in the environment of the SAM CLI (.venv-sam), which has the translator and the linter
of the same release.
"""

from __future__ import annotations

import json
import string
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from cfnlint.data import AdditionalSpecs
from cfnlint.helpers import load_resource
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from local import deployer
from local.package import ROOT
from local.replacing import SENTENCE, replacing
from local.transform import Template, environments, load, transform

_FOLDER = ROOT / ".local" / "validate"
_REGION = "us-east-1"
_LINT = Path(sys.executable).with_name("cfn-lint")

# Create-only in some cases, say AWS's schemas, without telling in which; RDS's documentation says: in these.
_ALSO_CREATE_ONLY = {
    "AWS::RDS::DBInstance": {"DBSnapshotIdentifier", "PerformanceInsightsKMSKeyId"}
}


def main() -> int:
    """Run the checks, print what they find, return the exit status."""
    template = load(ROOT / "template.yaml")
    faults = _transformed(template) + _untold(template) + _deployer(template) + _key_policies()
    print(*faults, sep="\n", end="\n" if faults else "")
    return 1 if faults else 0


def _transformed(template: Template) -> list[str]:
    """Lint what the transform makes, in each environment. The nested stacks have no part that is transformed."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    faults = []
    for environment, parameters in environments(ROOT).items():
        written = _FOLDER / f"template-{environment}.json"
        written.write_text(json.dumps(transform(template, parameters, _REGION), indent=1))
        found = _lint(written, parameters)
        print(f"template.yaml, transformed for {environment}: {len(found)} findings of cfn-lint")
        faults += found
    return faults


def _lint(path: Path, parameters: Mapping[str, str]) -> list[str]:
    command = [str(_LINT), "--regions", _REGION, "--format", "parseable"]
    # Whether a policy's resources are of the kind that its actions take.
    command += ["--include-checks", "I3510", "--template", str(path)]
    if parameters:
        command += ["--parameters", *(f"{name}={value}" for name, value in parameters.items())]
    run = subprocess.run(command, check=False, text=True, stdout=subprocess.PIPE)
    findings = run.stdout.splitlines()
    return findings or (["cfn-lint failed"] if run.returncode else [])


def _untold(template: Template) -> list[str]:
    """Name the parameters whose descriptions do not fit what their change replaces or deletes."""
    found = replacing(template, ROOT, create_only)
    print(f"template.yaml: a change of {len(found)} parameters replaces or deletes something")
    told = {
        name
        for name, parameter in template["Parameters"].items()
        if SENTENCE.search(parameter["Description"])
    }
    return [
        *(
            f"template.yaml: {name}: its description must match {SENTENCE.pattern}, for its change"
            f" replaces or deletes {', '.join(sorted(found[name]))}"
            for name in sorted(found.keys() - told)
        ),
        *(
            f"template.yaml: {name}: its description warns of a change that does no harm"
            for name in sorted(told - found.keys())
        ),
    ]


def _deployer(template: Template) -> list[str]:
    """Check the role with which GitHub deploys, see local/deployer.py."""
    source = load(ROOT / "deployer.yaml")
    values = {
        "AWS::AccountId": "123456789012",
        "AWS::Partition": "aws",
        "AWS::Region": "eu-central-1",
        "AWS::URLSuffix": "amazonaws.com",
        "ApiHostedZoneId": "Z0123456789ABCDEFGHIJ",
        "PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/boundary",
        "StackPrefix": "x" * 24,
    }
    policies = deployer.only_policies(source, values)
    # The linter compares ARNs only where they are written out.
    written = _FOLDER / "deployer.json"
    written.write_text(json.dumps(policies, indent=1))
    kinds = {
        resource["Type"]
        for each in (transform(template, {}, _REGION), *map(load, ROOT.glob("stacks/*.yaml")))
        for resource in each["Resources"].values()
    }
    allowed = deployer.statements(policies)
    print(f"deployer.yaml: asked for what {len(kinds)} types of resources take")
    return [
        *_lint(ROOT / "deployer.yaml", {}),
        *_lint(written, {}),
        *deployer.too_long(policies),
        *deployer.missing({kind: permissions(kind) for kind in kinds}, allowed),
        *deployer.bound_to_nothing(allowed, _takes_resource),
    ]


def _key_policies() -> list[str]:
    """Lint the key policies in docs/, as those of keys in a template."""
    files = sorted((ROOT / "docs").glob("*key-policy.json"))
    keys = {}
    for number, file in enumerate(files):
        policy = string.Template(file.read_text()).substitute(
            PARTITION="aws", ACCOUNT="123456789012", REGION="eu-central-1"
        )
        properties = {"KeyPolicy": json.loads(policy), "EnableKeyRotation": True}
        kept = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
        keys[f"Key{number}"] = {"Type": "AWS::KMS::Key", "Properties": properties, **kept}
    written = _FOLDER / "key-policies.json"
    written.write_text(json.dumps({"Resources": keys}, indent=1))
    found = _lint(written, {})
    print(f"docs: {len(files)} key policies: {len(found)} findings of cfn-lint")
    return found


def permissions(kind: str) -> set[str]:
    """Return what making, reading, changing and deleting a resource of this type takes, from AWS's schema of it."""
    if kind.startswith("Custom::"):
        return set()
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(_REGION, kind).schema
    handlers = schema.get("handlers", {})
    return {
        permission
        for handler in ("create", "read", "update", "delete")
        for permission in handlers.get(handler, {}).get("permissions", [])
    }


def _takes_resource(action: str) -> bool:
    service, name = action.lower().split(":", 1)
    return "Resources" in _actions()[service]["Actions"].get(name, {})


@cache
def _actions() -> dict[str, dict[str, dict[str, Mapping[str, object]]]]:
    found: dict[str, dict[str, dict[str, Mapping[str, object]]]] = load_resource(
        AdditionalSpecs, "Policies.json"
    )
    return found


@cache
def create_only(kind: str) -> set[str]:
    """Return the top-level create-only properties of a resource type, from AWS's own schema of it."""
    if kind.startswith(("AWS::Serverless::", "Custom::")):
        return set()
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(_REGION, kind).schema
    paths = [path.split("/") for path in schema.get("createOnlyProperties", [])]
    return {path[2] for path in paths if len(path) == 3} | _ALSO_CREATE_ONLY.get(kind, set())


if __name__ == "__main__":
    sys.exit(main())
