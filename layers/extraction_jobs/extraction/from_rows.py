"""Rows without a header that speak of one person each: a job, a name, a number, an address."""

from __future__ import annotations

from extraction.confidence import MENTION
from extraction.findings import Finding, Leaf, leaf, mention_finding
from extraction.names_of_roles import JOB_END
from extraction.parsed_text import ParsedText
from extraction.recognise import codes, names, registered
from extraction.recognise.value import Value
from extraction.structure import Span

_SURE = 0.8
_TITLED = 0.95  # quality of a name behind "Dr" or "Ms"
_LONGEST_JOB = 50
_MOST_WORDS = 5


def find_in_row(parsed: ParsedText, row: tuple[Span, ...]) -> list[Finding]:
    """Return the person that a row is about, if it names one and says how to reach them."""
    if not any(frame.takes_persons() for frame in parsed.frames):
        return []
    text = parsed.text
    cells = [cell for cell in row if cell.end > cell.start]
    people = [
        (number, value)
        for number, cell in enumerate(cells)
        if (value := _whole(text, cell)) is not None
    ]
    if len(people) != 1:
        return []
    at, person = people[0]
    slots: dict[str, Leaf] = {}
    for number, cell in enumerate(cells):
        if number == at:
            continue
        emails = codes.find_emails(text, cell.start, cell.end)
        phones = [] if emails else registered.find_phones(text, cell.start, cell.end)
        if emails:
            slots.setdefault("email", leaf(emails[0], MENTION))
        elif phones:
            slots.setdefault("phone", leaf(phones[0], MENTION))
        elif names.is_organisation(cell.of(text)):
            value = Value(cell.of(text), cell.start, cell.end, 0.9)
            slots.setdefault("organisation", leaf(value, MENTION))
    if not slots or not _is_sure(person, slots):
        return []
    beside = [cells[number] for number in (at + 1, at - 1) if 0 <= number < len(cells)]
    jobs = [cell for cell in beside if _is_job(cell.of(text))]
    job = next((cell for cell in jobs if JOB_END.search(cell.of(text))), jobs[0] if jobs else None)
    if job is not None:
        slots["role"] = leaf(Value(job.of(text), job.start, job.end, 0.8), MENTION)
    return [mention_finding("person", leaf(person, MENTION), slots)]


def _is_sure(person: Value, slots: dict[str, Leaf]) -> bool:
    """Tell a person from a thing of two capitalised words, such as a service with its number."""
    name = str(person.value)
    if person.quality >= _TITLED or names.has_given_name(name):
        return True
    mailbox = str(slots["email"][0]).casefold().split("@")[0] if "email" in slots else ""
    return any(len(word) > 2 and word in mailbox for word in name.casefold().split())


def _whole(text: str, cell: Span) -> Value | None:
    """Return the person that a cell names and nothing else."""
    value = names.whole_person(text, cell.start, cell.end)
    whole = value is not None and value.end == cell.end and value.quality >= _SURE
    return value if whole and not names.is_organisation(cell.of(text)) else None


def _is_job(words: str) -> bool:
    few = 0 < len(words.split()) <= _MOST_WORDS and len(words) <= _LONGEST_JOB
    return (
        few
        and not any(c.isdigit() or c in ":@" for c in words)
        and (not names.is_organisation(words))
    )
