"""Each migration as its file has it: nothing that keeps running code waiting or breaks it. What squawk looks for, and
what is left out and why, is in .squawk.toml.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from extraction_jobs.migration_files import Migration, migrations

ROOT = Path(__file__).resolve().parents[2]
SQUAWK = Path(sys.executable).with_name("squawk")
ADD_INDEX = (
    b"-- outside a transaction: writers go on meanwhile.\n"
    b"CREATE INDEX CONCURRENTLY IF NOT EXISTS jobs_by_source ON kb.object_extraction_jobs (source_id);\n"
)


def complaints(migration: Migration, folder: Path) -> str:
    file = folder / migration.name
    file.write_bytes(migration.sql)
    outside = ["--no-assume-in-transaction"] if migration.outside_a_transaction else []
    options = ["--config", str(ROOT / ".squawk.toml"), "--reporter", "gcc", *outside]
    run = subprocess.run(
        [str(SQUAWK), *options, str(file)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (run.returncode == 0) == (run.stdout.strip() == ""), run.stderr
    return run.stdout


@pytest.mark.parametrize("migration", migrations(), ids=lambda each: each.name)
def test_a_migration_locks_nothing_for_long_and_takes_nothing_away(
    migration: Migration, tmp_path: Path
) -> None:
    assert complaints(migration, tmp_path) == ""


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        (
            b"CREATE INDEX a ON kb.object_extraction_jobs (source_id);",
            "require-concurrent-index-creation",
        ),
        (
            b"ALTER TABLE kb.object_extraction_jobs ADD COLUMN a uuid NOT NULL DEFAULT kb.uuid_v7();",
            "adding-field-with-default",
        ),
        (
            b"ALTER TABLE kb.object_extraction_jobs ALTER COLUMN attempt TYPE bigint;",
            "changing-column-type",
        ),
        (b"ALTER TABLE kb.object_extraction_jobs DROP COLUMN attempt;", "ban-drop-column"),
        (
            b"ALTER TABLE kb.object_extraction_jobs RENAME COLUMN attempt TO tries;",
            "renaming-column",
        ),
        (
            b"ALTER TABLE kb.object_extraction_jobs ADD CONSTRAINT a CHECK (attempt < 9);",
            "constraint-missing-not-valid",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_one_that_does_is_told(sql: bytes, rule: str, tmp_path: Path) -> None:
    assert rule in complaints(Migration(9001, "9001_bad.sql", sql), tmp_path)


def test_an_index_beside_running_writers_is_fine(tmp_path: Path) -> None:
    migration = Migration(9001, "9001_by_source.sql", ADD_INDEX)
    assert migration.outside_a_transaction == "jobs_by_source"
    assert complaints(migration, tmp_path) == ""


@pytest.mark.parametrize(
    "sql",
    [
        b"-- outside a transaction\nCREATE INDEX CONCURRENTLY a ON kb.t (a)",
        b"-- outside a transaction\nCREATE INDEX IF NOT EXISTS a ON kb.t (a)",
        b"-- outside a transaction\nDROP TABLE kb.t",
        ADD_INDEX + b"SELECT 1;",
    ],
    ids=["not repeatable", "not concurrent", "another statement", "two statements"],
)
def test_outside_a_transaction_there_is_one_repeatable_statement_on_an_index(sql: bytes) -> None:
    with pytest.raises(ValueError, match=r"9001_a.sql: outside a transaction"):
        _ = Migration(9001, "9001_a.sql", sql).outside_a_transaction
