"""`make audit`: what checkov says of the template and its nested stacks, and PyPI of the pinned packages.

checkov fails on nested applications and on lists of `Fn::If`. So it is given what CloudFormation itself would see: the
parameters' values, each condition decided, nothing left of what is not made. Twice: as the template is deployed
when nobody sets anything, and as an installation that sets all there is for security. A finding that is accepted
is argued beside the resource (`Metadata: checkov: skip`).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.package import ROOT

_FOLDER = ROOT / ".local" / "audit"
_PROGRAMS = ROOT / ".venv-audit" / "bin"

_KEY = "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000000"
_MODEL = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-pro-v1:0"
SETTINGS: dict[str, dict[str, Any]] = {
    "as-it-comes": {},
    "all-set": {
        "KmsKeyArn": _KEY,
        "DatabaseKmsKeyArn": _KEY,
        "DatabaseProxy": "true",
        "DatabaseMultiAz": "true",
        "DatabaseDeletionProtection": "true",
        "NetworkFlowLogs": "true",
        "ApiDomainName": "jobs.example.com",
        "ApiCertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/00000000",
        "Extractor": "hybrid",
        "ModelId": "amazon.nova-pro-v1:0",
        "BedrockModelArns": [_MODEL],
        "ModelApiKeySecretArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key",
        "Ocr": "textract",
        "Tracing": "Active",
        "ApiReservedConcurrency": "20",
        "SweeperReservedConcurrency": "2",
        "AlarmEmail": "operators@example.com",
        "Inbox": "on",
    },
    "aurora": {"DatabaseKind": "aurora-serverless", "DatabaseMultiAz": "true", "Inbox": "on"},
}

# Stands for a value or a resource that is left out.
_NOTHING = {"Ref": "AWS::NoValue"}


class Deployed:
    """A template with its parameters' values put in and its conditions decided."""

    def __init__(self, template: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        self._template = template
        self._values = {
            name: settings.get(name, parameter.get("Default"))
            for name, parameter in template.get("Parameters", {}).items()
        }

    def holds(self, condition: str) -> bool:
        """Tells whether one of the template's conditions is true."""
        return bool(self._decided(self._template["Conditions"][condition]))

    def resolved(self, node: Any) -> Any:
        """Returns the node with parameters and choices put in; references to resources stay."""
        match node:
            case {"Fn::If": [condition, then, otherwise]}:
                return self.resolved(then if self.holds(condition) else otherwise)
            case {"Ref": name} if self._values.get(name) is not None:
                return self._values[name]
            case dict():
                each = {name: self.resolved(value) for name, value in node.items()}
                return {name: value for name, value in each.items() if value != _NOTHING}
            case list():
                return [v for v in (self.resolved(value) for value in node) if v != _NOTHING]
        return node

    def resources(self) -> dict[str, Any]:
        """Returns the resources that are made, resolved."""
        return {
            name: self.resolved(resource)
            for name, resource in self._template["Resources"].items()
            if "Condition" not in resource or self.holds(resource["Condition"])
        }

    def _decided(self, node: Any) -> Any:
        match node:
            case {"Condition": name}:
                return self.holds(name)
            case {"Fn::Equals": [left, right]}:
                return self._text(left) == self._text(right)
            case {"Fn::Not": [one]}:
                return not self._decided(one)
            case {"Fn::And": several}:
                return all(self._decided(each) for each in several)
            case {"Fn::Or": several}:
                return any(self._decided(each) for each in several)
        raise ValueError(f"not a condition: {node}")

    def _text(self, node: Any) -> str:
        match self.resolved(node):
            case {"Fn::Join": [between, [*parts]]}:
                return str(between).join(map(str, parts))
            case {"Fn::Join": [_, text]}:
                return str(text)
            case value:
                return str(value)


def write(folder: Path, settings: Mapping[str, Any]) -> list[Path]:
    """Writes the template and each nested stack that these settings make; returns the files."""
    # Only here: nothing else of this program has it where it runs.
    from samtranslator.yaml_helper import yaml_parse

    template = yaml_parse((ROOT / "template.yaml").read_text())
    main = Deployed(template, settings)
    resources = main.resources()
    written = []
    for name, resource in list(resources.items()):
        if resource["Type"] == "AWS::Serverless::Application":
            properties = resources.pop(name)["Properties"]
            nested = yaml_parse((ROOT / properties["Location"]).read_text())
            parts = nested | {"Resources": Deployed(nested, properties["Parameters"]).resources()}
            written.append(_write(folder / f"{Path(properties['Location']).stem}.json", parts))
    whole = {
        "AWSTemplateFormatVersion": template["AWSTemplateFormatVersion"],
        "Transform": template["Transform"],
        "Globals": main.resolved(template["Globals"]),
        "Resources": resources,
    }
    return [_write(folder / "template.json", whole), *written]


def _write(file: Path, template: dict[str, Any]) -> Path:
    # Conditions are decided: no resource names one any more, and no parameter is asked for.
    left_out = ("Parameters", "Conditions", "Outputs", "Rules", "Metadata")
    kept = {name: part for name, part in template.items() if name not in left_out}
    for resource in kept["Resources"].values():
        resource.pop("Condition", None)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(kept, indent=1))
    return file


def scan() -> list[str]:
    """Runs checkov over the template as both settings make it; returns what is to be mended."""
    shutil.rmtree(_FOLDER, ignore_errors=True)
    for name, settings in SETTINGS.items():
        write(_FOLDER / name, settings)
    # It needs no network: neither its maker's guidelines nor other people's modules.
    offline = {"BC_SKIP_MAPPING": "true", "REQUEST_MAX_TRIES": "1"}
    options = ["--framework", "cloudformation", "--skip-download", "--output", "json"]
    command = [str(_PROGRAMS / "checkov"), *options, "--directory", str(_FOLDER)]
    found = subprocess.run(command, env=os.environ | offline, check=False, stdout=subprocess.PIPE)
    results = json.loads(found.stdout)["results"]
    kinds = ("passed", "failed", "skipped", "parsing")
    passed, failed, skipped, unread = (
        results.get(f"{kind}_{'errors' if kind == 'parsing' else 'checks'}", []) for kind in kinds
    )
    print(f"checkov: {len(passed)} checks passed, {len(skipped)} exceptions, {len(failed)} failed")
    applied = {(each["resource"].split(".")[-1], each["check_id"]) for each in skipped}
    return [
        *(f"{file}: checkov cannot read it" for file in unread),
        *(
            f"{each['file_path']}: {each['resource']}: {each['check_id']} {each['check_name']}"
            for each in failed
        ),
        *(
            f"{resource}: the exception {rule} excepts nothing any more"
            for resource, rule in sorted(_exceptions() - applied)
        ),
    ]


def _exceptions() -> set[tuple[str, str]]:
    return {
        (name, skip["id"])
        for file in _FOLDER.rglob("*.json")
        for name, resource in json.loads(file.read_text())["Resources"].items()
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", [])
    }


def packages() -> list[str]:
    """Asks PyPI's advisories about each pinned package; returns what is known against them.

    Where PyPI's service is not reached nothing is known, and that is said rather than failed for.
    """
    found = []
    for lock in sorted([*ROOT.glob("requirements/*.txt"), *ROOT.glob("layers/*/requirements.txt")]):
        options = ["--disable-pip", "--no-deps", "--progress-spinner", "off", "--format", "json"]
        command = [str(_PROGRAMS / "pip-audit"), *options, "--requirement", str(lock)]
        asked = subprocess.run(command, check=False, capture_output=True)
        pinned = json.loads(asked.stdout)["dependencies"]
        known = [each for each in pinned if "vulns" in each]
        name = lock.relative_to(ROOT)
        print(f"pip-audit: {name}: {len(pinned)} packages, {len(known)} of them answered for")
        found += [
            f"{name}: {each['name']} {each['version']}: {fault['id']}, mended in"
            f" {', '.join(fault['fix_versions']) or 'no version yet'}"
            for each in known
            for fault in each["vulns"]
        ]
    return found


def main() -> int:
    """Both; returns 1 if anything is to be mended."""
    faults = scan() + packages()
    print(*faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
