"""What checkov is shown is what CloudFormation would make of the template, whatever the parameters choose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local import audit


def shown(folder: Path, settings: str) -> dict[str, dict[str, Any]]:
    files = audit.write(folder, audit.SETTINGS[settings])
    return {file.stem: json.loads(file.read_text())["Resources"] for file in files}


@pytest.mark.parametrize("settings", audit.SETTINGS)
def test_nothing_is_left_to_choose(tmp_path: Path, settings: str) -> None:
    stacks = shown(tmp_path, settings)
    assert set(stacks) == {"template", "network", "database", "watching"}
    text = json.dumps(stacks)
    assert "Fn::If" not in text
    assert "AWS::NoValue" not in text
    functions = [r for r in stacks["template"].values() if r["Type"] == "AWS::Serverless::Function"]
    assert len(functions) >= 5
