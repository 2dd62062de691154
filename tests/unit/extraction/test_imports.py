"""What other processes see: cheap imports, and the same result whatever the hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import extraction

ROOT = Path(extraction.__file__).parents[1]


def loaded_after(statement: str) -> set[str]:
    script = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{statement}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    loaded = loaded_after("import extraction")
    assert not {name for name in loaded if name.startswith("extraction.")}
    assert not loaded & {"selectolax", "re2"}


def test_checking_types_without_patterns_loads_no_engine() -> None:
    loaded = loaded_after(
        "from extraction import parse_object_types; "
        "parse_object_types({'T': {'properties': {'a': {'type': 'string'}}}})"
    )
    assert not loaded & {"selectolax", "re2", "extraction.offline", "extraction.values.dates"}


def test_a_model_is_loaded_by_nobody_who_does_not_ask_one() -> None:
    loaded = loaded_after("from extraction_aws.extractors import chosen_extractor")
    assert not loaded & {"openai", "httpx2", "boto3", "extraction.llm", "extraction_models.asking"}
    provider = loaded_after("import extraction_models.openai, extraction_models.bedrock")
    assert not provider & {"openai", "httpx2", "boto3"}, "not before the first call"


def test_every_public_name_can_be_had() -> None:
    for name in extraction.__all__:
        assert getattr(extraction, name) is not None


def test_the_result_does_not_depend_on_the_hash_seed() -> None:
    document = ROOT.parents[1] / "examples" / "documents" / "steering-group-minutes.md"
    script = f"""
import json, sys
sys.path.insert(0, {str(ROOT)!r})
from extraction import *
d = read_document(open({str(document)!r}, "rb").read(), media_type=None, name=None, limits=Limits())
x = OfflineExtractor()
p = x.start(d, parse_object_types(ready_made_object_types()), Options(chunk_characters=500))
r = [p.chunk(c.index, control=Control()) for c in p.chunks]
print(p.digest, json.dumps([c.to_json() for c in r]), p.result(r))
"""
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1
    assert "D-31" in outputs.pop()
