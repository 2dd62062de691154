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


def test_a_migration_locks_nothing_for_long_and_takes_nothing_away(tmp_path: Path) -> None:
    assert {each.name: told for each in migrations() if (told := complaints(each, tmp_path))} == {}


JOBS = b"ALTER TABLE kb.object_extraction_jobs "
TOLD = {
    "require-concurrent-index-creation": b"CREATE INDEX a ON kb.object_extraction_jobs (source_id);",
    "adding-field-with-default": JOBS + b"ADD COLUMN a uuid NOT NULL DEFAULT kb.uuid_v7();",
    "changing-column-type": JOBS + b"ALTER COLUMN attempt TYPE bigint;",
    "ban-drop-column": JOBS + b"DROP COLUMN attempt;",
    "renaming-column": JOBS + b"RENAME COLUMN attempt TO tries;",
    "constraint-missing-not-valid": JOBS + b"ADD CONSTRAINT a CHECK (attempt < 9);",
}


def test_one_that_does_is_told_and_an_index_beside_running_writers_is_fine(tmp_path: Path) -> None:
    together = Migration(9001, "9001_bad.sql", b"\n".join(TOLD.values()))
    told = complaints(together, tmp_path)
    assert [rule for rule in TOLD if rule not in told] == []
    fine = Migration(9002, "9002_by_source.sql", ADD_INDEX)
    assert fine.outside_a_transaction == "jobs_by_source"
    assert complaints(fine, tmp_path) == ""


def test_outside_a_transaction_there_is_one_repeatable_statement_on_an_index() -> None:
    for sql in (
        b"CREATE INDEX CONCURRENTLY a ON kb.t (a)",
        b"CREATE INDEX IF NOT EXISTS a ON kb.t (a)",
        b"DROP TABLE kb.t",
        ADD_INDEX + b"SELECT 1;",
    ):
        migration = Migration(9001, "9001_a.sql", b"-- outside a transaction\n" + sql)
        with pytest.raises(ValueError, match=r"9001_a.sql: outside a transaction"):
            _ = migration.outside_a_transaction
