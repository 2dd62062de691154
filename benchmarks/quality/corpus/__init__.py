"""The labelled documents. Beside each stands its gold: what a careful person would write into the typed fields."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

# Calibration: seen by nobody who works on the rules, and what confidences are fitted on.
PARTS = ("tuning", "calibration", "held_out")
_FOLDER = Path(__file__).parent
_FORMATS = {"htm": "html", "eml": "email", "md": "markdown", "txt": "text"}


@dataclass(frozen=True)
class Labelled:
    """A document and where its gold is."""

    part: str
    path: Path

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def format(self) -> str:
        """What kind of file it is."""
        suffix = self.path.suffix.lstrip(".").casefold()
        return _FORMATS.get(suffix, suffix)

    @property
    def has_own_types(self) -> bool:
        """Whether the gold names object types; else all ready-made ones are asked for."""
        return isinstance(self.gold.get("object_types"), dict)

    @cached_property
    def gold(self) -> dict[str, Any]:
        """`object_types` (absent: all ready-made ones), `objects`, and `relationships` where they were labelled."""
        content: dict[str, Any] = json.loads(self.path.with_suffix(".gold.json").read_text("utf-8"))
        return content


def documents(part: str) -> list[Labelled]:
    """The documents of a part, by name; none where the folder is missing."""
    folder = _FOLDER / part
    if not folder.is_dir():
        return []
    return [
        Labelled(part, path)
        for path in sorted(folder.iterdir())
        if path.with_suffix(".gold.json").is_file() and not path.name.endswith(".gold.json")
    ]
