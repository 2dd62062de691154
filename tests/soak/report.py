"""What the soak came to, in words and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.soak.faults import Hold

_BY_STATUS = b"SELECT status, count(*) FROM kb.object_extraction_jobs GROUP BY 1 ORDER BY 1"
_BY_EVENT = b"""
SELECT actor || ': ' || coalesce(from_status, 'nothing') || ' -> ' || to_status, count(*)
FROM kb.extraction_job_events GROUP BY 1 ORDER BY 1"""
_SWEEPS = b"""
SELECT count(*), count(*) FILTER (WHERE errors <> '{}'), coalesce(sum(redispatched), 0) FROM kb.extraction_sweeps"""
# Of a job whose worker was killed: when it left `running`, and when it ran again.
_AFTER = b"""
SELECT extract(epoch FROM min(at) FILTER (WHERE from_status = 'running') - %(at)s)::double precision,
       extract(epoch FROM min(at) FILTER (WHERE to_status = 'running') - %(at)s)::double precision
FROM kb.extraction_job_events WHERE job_id = %(job_id)s AND at > %(at)s"""


@dataclass
class Outcome:
    """Everything that the report says.

    Attributes:
        left_running, ran_again: seconds after each kill, of the kills whose job came to it.
        missing: jobs that the API had promised and that are not there.
    """

    about: dict[str, Any]
    answers: Mapping[str, int]
    faults: Mapping[str, int]
    statuses: dict[str, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    sweeps: dict[str, int] = field(default_factory=dict)
    left_running: list[float] = field(default_factory=list)
    ran_again: list[float] = field(default_factory=list)
    unfinished: int = 0
    missing: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether all that was promised held."""
        return not (self.unfinished or self.missing or self.broken)

    def read(self, connection: psycopg.Connection[Any], killed: Sequence[Hold]) -> None:
        """Takes what the tables say."""
        self.statuses = dict(connection.execute(_BY_STATUS).fetchall())
        self.events = dict(connection.execute(_BY_EVENT).fetchall())
        names = ("sweeps", "of them with an error", "messages sent by them")
        self.sweeps = dict(zip(names, connection.execute(_SWEEPS).fetchall()[0], strict=True))
        for hold in killed:
            [(left, again)] = connection.execute(
                _AFTER, {"job_id": hold.job_id, "at": hold.at}
            ).fetchall()
            self.left_running.extend(() if left is None else (left,))
            self.ran_again.extend(() if again is None else (again,))

    def write(self, folder: Path) -> str:
        """Writes report.md and report.json; gives the first."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.json").write_text(
            json.dumps(asdict(self) | {"holds": self.holds}, indent=1, default=str) + "\n"
        )
        text = self._text()
        (folder / "report.md").write_text(text)
        return text

    def _text(self) -> str:
        lines = [
            *("# Soak", "", *(f"- {name}: {value}" for name, value in self.about.items()), ""),
            f"**{'Every invariant held' if self.holds else 'SOMETHING DID NOT HOLD'}**",
            "",
            f"{self.unfinished} job(s) not ended, {len(self.missing)} missing, {len(self.broken)} broken",
            *(f"- {each}" for each in [*self.missing, *self.broken]),
        ]
        for title, counts in (
            ("Faults", self.faults),
            ("Jobs", self.statuses),
            ("Answers of the API", self.answers),
            ("Changes of status", self.events),
            ("Sweeps", self.sweeps),
        ):
            lines += ["", f"| {title} | |", "| --- | ---: |"]
            lines += [f"| {name} | {count:,} |" for name, count in counts.items()]
        lines += [
            *(
                "",
                "| After a kill, seconds (on one machine with all the faults) | n | p50 | p99 | max |",
            ),
            "| --- | ---: | ---: | ---: | ---: |",
            _row("left `running`", self.left_running),
            _row("ran again, the wait for a free worker included", self.ran_again),
        ]
        return "\n".join(lines) + "\n"


def _row(name: str, values: Sequence[float]) -> str:
    parts = [
        sorted(values)[max(0, math.ceil(s * len(values)) - 1)] for s in (0.5, 0.99, 1) if values
    ]
    shown = " | ".join(f"{each:.1f}" for each in parts) or "– | – | –"
    return f"| {name} | {len(values)} | {shown} |"
