"""What one would write in a day: labels from the schema, regular expressions, dateparser and price-parser.

`Label: value` lines and tables, by a property's name, title and `x-labels`; values by JSON type and format; sentences
with a cue for types that have cues; companies by their legal form. Runs by itself, see the package.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

_LANGUAGES = ["en", "de", "fr", "es", "it", "nl"]
_PAIR = re.compile(
    r"^[\s>*_#|-]*(?P<label>[^\W\d_][^:|\t]{0,50}?)[*_]*\s*(?::|\.{3,}|\||\t|\s{3,})[*_]*\s*(?P<value>\S.*)$"
)
_SENTENCE = re.compile(r"[^.!?\n][^.!?]*(?:[.!?](?!\s)[^.!?]*)*[.!?]")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"(?:https?://|www\.)[^\s|<>)]+")
_PHONE = re.compile(r"\+?\d[\d ()/.-]{6,}\d")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}"
    r"|\d{1,2}(?:st|nd|rd|th|er|\.|°)?[ -](?:de )?[^\W\d_]{3,10}\.?,?[ -](?:de )?\d{4}"
    r"|[^\W\d_]{3,9}\.? \d{1,2},? \d{4}"
)
_TIME = re.compile(r"\b([01]?\d|2[0-3])[:.h]\s?([0-5]\d)(?:\s?([ap])\.?m)?", re.IGNORECASE)
_COMPANY = re.compile(
    r"\b(?:[A-Z][\w&'’-]*(?:\s(?:&|of|de|del|di|und|and)\s|\s)?){1,5}"
    r"(?:Ltd|Limited|LLC|LLP|Inc\.?|Corp\.?|PLC|plc|GmbH(?: & Co\. KG)?|AG|e\.K\.|S\.?A\.?S\.?|SARL|"
    r"S\.L\.|S\.A\.|S\.r\.l\.|B\.V\.|N\.V\.|A/S)"
    r"(?!\w)"
)
_PATTERNS = {"email": _EMAIL, "uri": _URL, "phone": _PHONE, "iban": _IBAN}
_YES = {"yes", "true", "ja", "oui", "sí", "si", "x", "y"}
_NO = {"no", "false", "nein", "non", "nee", "n"}
_CURRENCIES = {"€": "EUR", "$": "USD", "£": "GBP", "Euro": "EUR", "euro": "EUR"}


class Labels:
    """Which property a label names."""

    def __init__(self, properties: Mapping[str, Any]) -> None:
        self.by_label: dict[str, str] = {}
        for name, schema in properties.items():
            own = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ")
            for label in (own, schema.get("title", ""), *schema.get("x-labels", ())):
                if plain := _plain(label):
                    self.by_label.setdefault(plain, name)

    def property(self, label: str) -> str | None:
        """The property's name, or None: by the whole label, or by its last words."""
        words = _plain(label).split()
        ends = (" ".join(words[start:]) for start in range(min(len(words), 3)))
        return next((self.by_label[end] for end in ends if end in self.by_label), None)


def _plain(label: str) -> str:
    label = re.sub(r"\([^)]*\)|\d+(?:[.,]\d+)?\s*%", " ", label.casefold())
    return " ".join(re.findall(r"[^\W_]+", label))


class Reader:
    """Values by JSON type and format."""

    def __init__(self) -> None:
        self.dateparser = import_module("dateparser")
        self.price = import_module("price_parser").Price

    def value(self, name: str, schema: Mapping[str, Any], text: str) -> Any:
        """What a text means as a property's value; None if nothing."""
        text = text.strip().strip("*_|").strip()
        kind = schema.get("type", "string")
        if not text:
            return None
        if kind == "array":
            items = schema.get("items", {})
            parts = [
                part for part in re.split(r"\s*[,;]\s*|\s+(?:and|und|et|y|e)\s+", text) if part
            ]
            values = [self.value(name, items, part) for part in parts]
            return [v for v in values if v is not None] or None
        if kind == "boolean":
            word = text.casefold().rstrip(".")
            return True if word in _YES else False if word in _NO else None
        if kind in ("number", "integer"):
            amount = self.price.fromstring(text).amount_float
            if amount is not None and re.search(r"[-–−]\s*[^\w\s]?\d", text):
                amount = -amount
            return int(amount) if amount is not None and kind == "integer" else amount
        return self.string(name, schema, text)

    def string(self, name: str, schema: Mapping[str, Any], text: str) -> str | None:
        """The same for strings: by enum, format, pattern, or as it stands."""
        form = str(schema.get("format", "date" if name.endswith("date") else name))
        if "enum" in schema:
            wanted = {str(v).casefold().replace("_", " "): str(v) for v in schema["enum"]}
            return wanted.get(text.casefold())
        if form in ("date", "date-time"):
            return self.date(text, form)
        if form == "time":
            return _time(text)
        if form == "currency":
            return self.currency(text)
        pattern = _PATTERNS.get(form)
        if "pattern" in schema:
            pattern = re.compile(schema["pattern"].strip("^$"))
        if pattern is None:
            return text
        found = pattern.search(text)
        if found is None:
            return None
        return found[0].replace(" ", "") if form == "iban" else found[0]

    def date(self, text: str, form: str) -> str | None:
        """A date in the text, as ISO; day before month."""
        found = _DATE.search(text)
        if found is None:
            return None
        order = {} if re.match(r"\d{4}", found[0]) else {"DATE_ORDER": "DMY"}
        moment = self.dateparser.parse(
            text if form == "date-time" else found[0], languages=_LANGUAGES, settings=order
        )
        if moment is None:
            return None
        return str(moment.isoformat() if form == "date-time" else moment.date().isoformat())

    def currency(self, text: str) -> str | None:
        """A currency in the text, as ISO."""
        found = re.search(r"\b(EUR|USD|GBP|CHF|SEK|NOK|DKK|JPY|CAD|AUD|PLN)\b|[€$£]", text)
        return _CURRENCIES.get(found[0], found[0]) if found else None


def _time(text: str) -> str | None:
    found = _TIME.search(text)
    if found is None:
        return None
    hour = int(found[1]) + (12 if (found[3] or "").casefold() == "p" and int(found[1]) < 12 else 0)
    return f"{hour:02}:{found[2]}"


def tables(lines: Sequence[str]) -> Iterator[list[list[str]]]:
    """Runs of lines with the same number of cells, at least three or between pipes; the first is the header."""
    run: list[list[str]] = []
    for line in (*lines, ""):
        if re.fullmatch(r"[\s|:+=-]+", line):
            if line.strip():
                continue
            cells = []
        elif line.lstrip().startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        else:
            cells = re.split(r"\s{2,}|\t", line.strip())
        if run and len(cells) != len(run[0]):
            if len(run) > 1 and len(run[0]) > 1:
                yield run
            run = []
        if len(cells) > 1:
            run.append(cells)


def rows(
    labels: Labels, properties: Mapping[str, Any], lines: Sequence[str], reader: Reader
) -> list[dict[str, Any]]:
    """The rows of tables whose header names at least two properties."""
    found = []
    for header, *body in tables(lines):
        columns = {at: name for at, cell in enumerate(header) if (name := labels.property(cell))}
        if len(columns) < 2:
            continue
        for cells in body:
            row = {
                name: value
                for at, name in columns.items()
                if (value := reader.value(name, properties[name], cells[at])) is not None
            }
            if row:
                found.append(row)
    return found


def labelled(
    labels: Labels,
    properties: Mapping[str, Any],
    lines: Sequence[str],
    reader: Reader,
    many: bool,
) -> list[dict[str, Any]]:
    """The values of `Label: value` lines, and of labels with their value on the next line.

    Where there can be many, a label that comes again begins another object; else the first counts.
    """
    found: list[dict[str, Any]] = [{}]
    for line, following in zip(lines, (*lines[1:], ""), strict=True):
        pair = _PAIR.match(line)
        label, value = (pair["label"], pair["value"]) if pair else (line, following)
        if not pair and _PAIR.match(following):
            continue
        name = labels.property(label)
        if name is None:
            continue
        read = reader.value(name, properties[name], re.split(r"\s{3,}|\s\|\s", value)[0])
        if read is not None:
            if name in found[-1] and many:
                found.append({})
            found[-1].setdefault(name, read)
    return found


def extracted(text: str, object_types: Mapping[str, Any], reader: Reader) -> list[dict[str, Any]]:
    """All objects of a document."""
    lines = text.split("\n")
    objects: list[dict[str, Any]] = []
    for type_name, schema in object_types.items():
        properties = schema.get("properties", {})
        plain = {n: p for n, p in properties.items() if p.get("items", {}).get("type") != "object"}
        labels = Labels(plain)
        many = schema.get("x-occurs") != "document"
        found = rows(labels, plain, lines, reader) if many else []
        if not found:
            records = labelled(labels, plain, lines, reader, many)
            single = records[0]
            for name, inner in properties.items():
                if name not in plain and (below := _inner_rows(inner, lines, reader)):
                    single[name] = below
            _anywhere(single, plain, text, reader)
            required = schema.get("required", ())
            enough = (
                1 if many else 3
            )  # of a whole document's values, though a required one is missing
            whole = [
                x for x in records if x and (all(n in x for n in required) or len(x) >= enough > 1)
            ]
            found = whole if many else whole[:1]
        cues = schema.get("x-cues")
        if cues and not found:
            found = _sentences(cues, schema, text)
        objects += [{"type": type_name, "properties": item} for item in found]
    if "Organisation" in object_types:
        known = {x["properties"].get("name") for x in objects if x["type"] == "Organisation"}
        names = dict.fromkeys(" ".join(m[0].split()) for m in _COMPANY.finditer(text))
        objects += [
            {"type": "Organisation", "properties": {"name": n}} for n in names if n not in known
        ]
    return objects


def _inner_rows(
    inner: Mapping[str, Any], lines: Sequence[str], reader: Reader
) -> list[dict[str, Any]]:
    properties = inner["items"].get("properties", {})
    return rows(Labels(properties), properties, lines, reader)


def _anywhere(
    single: dict[str, Any], properties: Mapping[str, Any], text: str, reader: Reader
) -> None:
    """What needs no label once there is an object: its currency, the first mail address, the first IBAN."""
    if not single:
        return
    for name, schema in properties.items():
        if name not in single and schema.get("format") in ("currency", "email", "iban"):
            value = reader.value(name, schema, text)
            if value is not None:
                single[name] = value


def _sentences(cues: Sequence[str], schema: Mapping[str, Any], text: str) -> list[dict[str, Any]]:
    properties = schema["properties"]
    into = next((n for n, p in properties.items() if p.get("x-text")), None)
    if into is None:
        return []
    pattern = re.compile("|".join(rf"\b{re.escape(cue)}(?!\w)" for cue in cues), re.IGNORECASE)
    return [
        {into: " ".join(sentence[0].split())}
        for sentence in _SENTENCE.finditer(text)
        if pattern.search(sentence[0])
    ]


def main() -> None:
    """Answer once; the first document is done twice, so that loading does not count."""
    asked = json.load(sys.stdin)
    reader = Reader()
    answers = []
    for number, document in enumerate((*asked[:1], *asked)):
        started = time.perf_counter()
        objects = extracted(document["text"], document["object_types"], reader)
        seconds = time.perf_counter() - started
        if number:
            answers.append({"name": document["name"], "seconds": seconds, "objects": objects})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
