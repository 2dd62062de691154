"""What is deployed on a laptop is the template, less what deploy.py says."""

import copy
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

from local import deploy

ROOT = Path(__file__).resolve().parents[3]


def test_nothing_else_of_the_template_is_changed() -> None:
    original = yaml_parse((ROOT / "template.yaml").read_text())
    changed = copy.deepcopy(original)

    deploy._leave_out_dependencies(changed)
    deploy._resolve_concurrency(changed, {"WorkerMaximumConcurrency": "7"})

    expected = copy.deepcopy(original)
    del expected["Resources"]["DependenciesLayer"]
    expected["Globals"]["Function"]["Layers"] = [{"Ref": "ExtractionJobsLayer"}]
    worker = expected["Resources"]["WorkerFunction"]["Properties"]
    worker["Events"]["Jobs"]["Properties"]["ScalingConfig"]["MaximumConcurrency"] = 7
    assert changed == expected
