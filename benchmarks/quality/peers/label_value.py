"""A yardstick: one rule, a label and the value beside or below it. No word list, no layout, nothing tuned.

Each requested type gives at most one object. A label is a property's name, title or `x-labels`; a table is a line with
two labels of an array's properties, and the lines under it. Runs by itself, see the package.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_CELLS = re.compile(r"\s*\|\s*|\t+|\s{2,}")
_PAIR = re.compile(r"(?P<label>[^:]{1,60}?)\s*:(?!\d)\s*(?P<value>.*)")
_NUMBER = re.compile(r"-?\d[\d.,' ]*\d|-?\d")
_DATES = (
    re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})"),
    re.compile(r"(?P<d>\d{1,2})[./-](?P<m>\d{1,2})[./-](?P<y>\d{4}|\d\d)\b"),
    re.compile(r"(?P<d>\d{1,2})(?:st|nd|rd|th|\.)?[ -](?:de )?(?P<name>[^\W\d_]{3,})\.?,?[ -](?:de )?(?P<y>\d{4})"),
    re.compile(r"(?P<name>[^\W\d_]{3,})\.? (?P<d>\d{1,2})(?:st|nd|rd|th)?,? (?P<y>\d{4})"),
)  # fmt: skip
_MONTHS = (
    "jan ene gen", "feb fév fev", "mar mär mrt", "apr avr abr", "may mai mei mag", "jun juin giu", "jul juil lug",
    "aug août ago", "sep set", "oct okt out ott", "nov", "dec dez déc dic",
)  # fmt: skip
_CURRENCIES = {"€": "EUR", "$": "USD", "£": "GBP"}
_YES = {"yes", "true", "ja", "oui", "sí", "x"}
_MOST_LINES_BELOW = 2
_ENOUGH = 0.6  # of the words of a label and of a name that they share: "Invoice date" is the date

Schema = Mapping[str, Any]
Line = list[str]


def plain(label: str) -> str:
    """A label as it is compared: its words in small letters."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", label)
    return " ".join(re.findall(r"[^\W\d_]+", words.casefold()))


def labels_of(name: str, schema: Schema) -> list[str]:
    """What a property is called."""
    said = (name, schema.get("title", ""), *schema.get("x-labels", ()))
    return [found for label in said if (found := plain(label))]


def fit(label: str, wanted: Sequence[str]) -> float:
    """How well a label names a property: the share of common words; enough if it holds the whole name."""
    words = set(label.split())
    best = 0.0
    for name in map(set, map(str.split, wanted)):
        share = 2 * len(words & name) / (len(words) + len(name))
        best = max(best, _ENOUGH + share / 10 if name <= words else 0.0, share)
    return best


def value_of(schema: Schema, text: str) -> Any:
    """A value of the property's type in a text, or None."""
    text = text.strip(" *_`#\t")
    kind, form = schema.get("type"), schema.get("format", "")
    if schema.get("enum"):
        return next((c for c in schema["enum"] if str(c).casefold() in text.casefold()), None)
    if kind == "array":
        inner = schema.get("items", {})
        found = [value_of(inner, part) for part in re.split(r"[;,]", text)]
        return [value for value in found if value is not None] or None
    if kind in ("number", "integer"):
        figure = _NUMBER.search(text)
        return number(figure[0]) if figure else None
    if kind == "boolean":
        return plain(text) in _YES if text else None
    if form == "date":
        return date(text)
    if form == "currency":
        code = re.search(r"\b[A-Z]{3}\b", text)
        return code[0] if code else next((c for s, c in _CURRENCIES.items() if s in text), None)
    return text or None


def number(text: str) -> float:
    """A number; the last mark before one or two figures is the decimal one."""
    figures = re.sub(r"[ ']", "", text)
    marked = re.fullmatch(r"(.*)[.,](\d{1,2})", figures)
    whole, cents = (marked[1], marked[2]) if marked else (figures, "0")
    return float(f"{re.sub('[.,]', '', whole)}.{cents}")


def date(text: str) -> str | None:
    """A date as ISO 8601; day before month where both could be either."""
    for form in _DATES:
        found = form.search(text)
        if not found:
            continue
        parts = found.groupdict()
        name = (parts.get("name") or "").casefold()
        named = [i for i, m in enumerate(_MONTHS, 1) if any(map(name.startswith, m.split()))]
        if name and not named:
            continue
        year, day = int(parts["y"]), int(parts["d"])
        month = named[0] if name else int(parts["m"])
        if month > 12:
            day, month = month, day
        return f"{year + 2000 if year < 100 else year:04}-{month:02}-{day:02}"
    return None


def facts(lines: Sequence[Line]) -> Iterator[tuple[str, str]]:
    """Each label with the value beside it, or else with the one below it."""
    for at, cells in enumerate(lines):
        for column, cell in enumerate(cells):
            pair = _PAIR.match(cell)
            if pair and pair["value"].strip(" *_"):
                yield plain(pair["label"]), pair["value"]
                continue
            label = plain(pair["label"] if pair else cell)
            beside = [text for text in cells[column + 1 :] if text]
            if label and beside:
                yield label, beside[0]
            for below in lines[at + 1 : at + 1 + _MOST_LINES_BELOW]:
                if label and any(below):
                    yield label, below[column] if column < len(below) else below[0]
                    break


def rows(lines: Sequence[Line], properties: Schema) -> list[dict[str, Any]]:
    """The rows under the first line that holds two labels."""
    wanted = {name: labels_of(name, schema) for name, schema in properties.items()}
    for at, cells in enumerate(lines):
        heads: dict[int, str] = {}
        for column, cell in enumerate(cells):
            best = max(wanted, key=lambda name: fit(plain(cell), wanted[name]))
            if fit(plain(cell), wanted[best]) >= _ENOUGH:
                heads[column] = best
        if len(heads) < 2:
            continue
        found = []
        for below in lines[at + 1 :]:
            read = {
                n: value_of(properties[n], below[c]) for c, n in heads.items() if c < len(below)
            }
            row = {name: value for name, value in read.items() if value is not None}
            if len(row) >= 2:
                found.append(row)
            elif found:
                break
        return found
    return []


def extracted(text: str, types: Schema) -> list[dict[str, Any]]:
    """At most one object for each type."""
    lines = [
        [cell.strip() for cell in _CELLS.split(line.strip().strip("|"))]
        for line in text.split("\n")
    ]
    known = list(facts(lines))
    objects = []
    for kind, schema in types.items():
        found: dict[str, Any] = {}
        for name, inner in schema.get("properties", {}).items():
            items = inner.get("items", {}) if inner.get("type") == "array" else {}
            if "properties" in items:
                value: Any = rows(lines, items["properties"]) or None
            else:
                wanted = labels_of(name, inner)
                rated = sorted((-fit(label, wanted), n) for n, (label, _) in enumerate(known))
                read = (value_of(inner, known[n][1]) for rate, n in rated if rate <= -_ENOUGH)
                value = next((v for v in read if v is not None), None)
            if value is not None:
                found[name] = value
        if found:
            objects.append({"type": kind, "properties": found})
    return objects


def main() -> None:
    """Read the documents, write the answers."""
    answers = []
    for document in json.load(sys.stdin):
        started = time.perf_counter()
        objects = extracted(document["text"], document["object_types"])
        seconds = time.perf_counter() - started
        answers.append({"name": document["name"], "seconds": seconds, "objects": objects})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
