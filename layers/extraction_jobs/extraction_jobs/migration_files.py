"""The migrations as files: numbered SQL, in order, each known by its digest."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from extraction_jobs.session import SETTINGS

_FILE = re.compile(r"^(?P<number>\d{4})_[a-z0-9_]+\.sql$")
# A file that says so in its first line is run outside a transaction, which an index that is built beside running
# writers needs. It is one such statement, and one that does no harm when it is run again.
_OUTSIDE = re.compile(
    rb"\A-- outside a transaction\b[^\n]*\n(?:--[^\n]*\n|\s)*"
    rb"(?:CREATE (?:UNIQUE )?INDEX CONCURRENTLY IF NOT EXISTS|DROP INDEX CONCURRENTLY IF EXISTS) "
    rb"(?:kb\.)?(?P<index>[a-z_0-9]+)\b[^;]*;?\s*\Z"
)


@dataclass(frozen=True, slots=True)
class Migration:
    """One file."""

    number: int
    name: str
    sql: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the file, hexadecimal."""
        return hashlib.sha256(self.sql).hexdigest()

    @property
    def outside_a_transaction(self) -> str | None:
        """The index that the file builds or drops beside running writers; None for an ordinary file.

        Raises:
            ValueError: the file says that it does, and is not of that form.
        """
        if not self.sql.startswith(b"-- outside a transaction"):
            return None
        match = _OUTSIDE.match(self.sql)
        if match is None:
            raise ValueError(
                f"{self.name}: outside a transaction there can be one CREATE INDEX CONCURRENTLY IF NOT EXISTS,"
                " or one DROP INDEX CONCURRENTLY IF EXISTS"
            )
        return match["index"].decode()


def migrations(folder: Traversable | None = None) -> list[Migration]:
    """The migrations in `folder` (this package's own), in order.

    Raises:
        ValueError: a file's name does not fit, or two have one number.
    """
    found = []
    for file in (folder or files(__package__).joinpath("migrations")).iterdir():
        if not file.name.endswith(".sql"):
            continue
        match = _FILE.match(file.name)
        if match is None:
            raise ValueError(f"migrations/{file.name}: the name must look like 0001_what.sql")
        found.append(Migration(int(match["number"]), file.name, file.read_bytes()))
    found.sort(key=lambda migration: migration.number)
    if len({migration.number for migration in found}) != len(found):
        raise ValueError("migrations: a number is used twice")
    return found


def _roles() -> bytes:
    """The roles, with the settings of their sessions filled in."""
    settings = ", ".join(f"['{name}', '{value}']" for name, value in SETTINGS.items())
    text = files(__package__).joinpath("sql", "roles.sql").read_text(encoding="utf-8")
    return text.replace(":settings", settings).encode()


# Not one of them: it is applied again whenever its digest is not the one in the ledger.
ROLES = Migration(0, "roles.sql", _roles())
