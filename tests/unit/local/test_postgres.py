"""The embedded Postgres survives whatever was done to it before."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local.postgres import EmbeddedPostgres


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path / "postgres", durable=False)
    yield server
    server.stop()


def test_it_starts_once_asks_for_a_password_keeps_its_data_and_stops_whatever_a_killed_start_left(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    folder = tmp_path / "postgres"
    (folder / "data.unfinished").mkdir(parents=True)
    (folder / "data.unfinished" / "PG_VERSION").touch()
    address = postgres.start()
    assert postgres.start() == address
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(address.url.replace(address.password, "guess"))
    with psycopg.connect(address.url) as connection:
        connection.execute("CREATE TABLE kept (i int)")
        assert connection.info.dbname == "spec"
    assert postgres.stop() is True
    assert postgres.stop() is False

    # After a power cut, its pid may by now be another program's: this one, say.
    pid_file = folder / "data" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{folder / 'data'}\n1\n5432\n\n127.0.0.1\n\nready\n")
    with psycopg.connect(postgres.start().url) as connection:
        connection.execute("SELECT i FROM kept")

    postgres.drop_database()
    with (
        psycopg.connect(postgres.start().url) as connection,
        pytest.raises(psycopg.errors.UndefinedTable),
    ):
        connection.execute("SELECT i FROM kept")
