"""Which deployment, as whom, for which project: from options, the environment, or a profile of the settings file."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from extraction_jobs_cli.exits import CommandError, Exit

VARIABLES = {
    "url": "EXTRACTION_JOBS_URL",
    "token": "EXTRACTION_JOBS_TOKEN",
    "org_id": "EXTRACTION_JOBS_ORG",
    "project_id": "EXTRACTION_JOBS_PROJECT",
}
_OPTIONS = {"url": "--url", "token": "--token", "org_id": "--org", "project_id": "--project"}
_TOKEN_SECONDS = 60
# A command may wait for hours, a token lives an hour.
TOKEN_KEPT_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Target:
    """A deployment, a caller and a project. The organisation and the project may be empty where they are not needed."""

    url: str
    token: str | Callable[[], str]
    org_id: str
    project_id: str


def settings_file() -> Path:
    """Where the profiles are: EXTRACTION_JOBS_CONFIG, or config.toml in the user's folder for such files."""
    named = os.environ.get("EXTRACTION_JOBS_CONFIG")
    return Path(named) if named else Path(typer.get_app_dir("extraction-jobs")) / "config.toml"


def profile_names() -> list[str]:
    """The profiles that there are, for the shell's completion: a broken file has none."""
    try:
        return sorted(_profiles(_read(settings_file())))
    except CommandError:
        return []


def resolve(
    options: dict[str, str | None],
    profile: str | None,
    *,
    needs: Sequence[str] = ("org_id", "project_id"),
) -> Target:
    """The target. An option goes before the environment, and that before the profile.

    Args:
        options: by the names of Target's fields; None where it was not given.
        profile: the one to use; None for the file's `default`, if it names one.
        needs: which of organisation and project must be known.

    Raises:
        CommandError: something is missing, or the file is broken.
    """
    found = _profile(profile)
    values: dict[str, Any] = {
        name: options.get(name) or os.environ.get(variable) or found.get(name)
        for name, variable in VARIABLES.items()
    }
    if not values["token"] and "token_command" in found:
        values["token"] = _fetching(found["token_command"])
    for name, value in values.items():
        needed = name in {"url", "token", *needs}
        if needed and not (value and (isinstance(value, str) or callable(value))):
            raise CommandError(
                f"No {name}: give {_OPTIONS[name]}, set {VARIABLES[name]}, or put {name} into a profile of "
                f"{settings_file()}",
                Exit.USAGE,
            )
    return Target(
        **{name: value if callable(value) else str(value or "") for name, value in values.items()}
    )


def _profile(name: str | None) -> dict[str, Any]:
    file = settings_file()
    name = name or os.environ.get("EXTRACTION_JOBS_PROFILE")
    content = _read(file)
    chosen = name or content.get("default")
    if chosen is None:
        return {}
    profiles = _profiles(content)
    if not isinstance(chosen, str) or chosen not in profiles:
        known = ", ".join(sorted(profiles)) or "none"
        raise CommandError(f"{file} has no profile {chosen} (it has: {known})", Exit.USAGE)
    return profiles[chosen]


def _profiles(content: dict[str, Any]) -> dict[str, dict[str, Any]]:
    profiles = content.get("profile", {})
    if not isinstance(profiles, dict):
        return {}
    return {name: each for name, each in profiles.items() if isinstance(each, dict)}


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise CommandError(f"{file} cannot be read: {error}", Exit.USAGE) from None


def _fetching(command: object) -> Callable[[], str]:
    """Gives the token that the profile's command prints, and asks it again from time to time."""
    token, kept_until = "", 0.0

    def fetch() -> str:
        nonlocal token, kept_until
        if not token or time.monotonic() >= kept_until:
            token, kept_until = _token_of(command), time.monotonic() + TOKEN_KEPT_SECONDS
        return token

    return fetch


def _token_of(command: object) -> str:
    """What the profile's command prints: a token that lives an hour is better fetched than kept in a file."""
    try:
        words = shlex.split(command) if isinstance(command, str) else command
    except ValueError:  # a quotation mark without its other half
        words = None
    if not isinstance(words, list) or not words or not all(isinstance(each, str) for each in words):
        raise CommandError(
            "token_command must be a command line or a list of its words", Exit.USAGE
        )
    try:
        ran = subprocess.run(  # noqa: S603 - the user's own command, from the user's own file
            words, stdout=subprocess.PIPE, text=True, timeout=_TOKEN_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        # Not the error's own words: they hold what the command printed.
        raise CommandError(
            f"token_command ({words[0]}) did not print a token: {type(error).__name__}",
            Exit.NO_ACCESS,
        ) from None
    return ran.stdout.strip()
