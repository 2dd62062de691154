"""Names of persons and organisations, told by their form."""

from __future__ import annotations

import re
from functools import lru_cache

from extraction.labels.word_lists import any_of, words_of
from extraction.values.value import Value

_UP = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĹĽŁŃŇŌŐŒŔŘŚŞŠŢŤŪŮŰŲŹŻŽ"
_PART = rf"(?:(?:Mc|Mac|O['’]|D['’]|d['’]|L['’])?[{_UP}][^\W\d_]{{1,24}}(?:[-'’][{_UP}]?[^\W\d_]{{1,24}}){{0,2}})"
_INITIAL = rf"(?:[{_UP}]\.(?:-?[{_UP}]\.)?)"
_PARTICLE = any_of(words_of("particle"))
_TAIL = r"(?:,?\s(?:Jr|Sr|PhD|MD|QC|KC|CPA|FCA|II|III|IV)\b\.?)?"
# Where a name may begin: behind the first word of each stands a space and what may be its second one.
_CAPITAL = re.compile(
    rf"[{_UP}](?<![\w@.-].)(?=[\w'’.-]*\s(?:[{_UP}dl]|{_PARTICLE}[ ]|(?i:{any_of(words_of('honorific'))})\b))"
)
PERSON = re.compile(
    rf"(?:(?P<title>{any_of(words_of('honorific'))}\.?\s(?:(?!M\.){any_of(words_of('honorific'))}\.?\s)?)"
    rf"(?P<titled>(?:(?:{_PART}|{_INITIAL})[ ]){{0,3}}(?:{_PARTICLE}[ ])?{_PART})"
    rf"|(?P<plain>(?:{_PART}|{_INITIAL})(?:[ ](?:{_INITIAL}|{_PART})){{0,2}}[ ](?:{_PARTICLE}[ ])?{_PART}))"
    rf"{_TAIL}(?![\w@]|-\w)"
)
_LONE = re.compile(_PART)
_CAPITALS = re.compile(rf"[{_UP}'’-]{{2,24}}(?:[ ][{_UP}'’.-]{{1,24}}){{1,3}}")
_SURNAME_FIRST = re.compile(
    rf"(?P<last>(?:{_PARTICLE}[ ])?{_PART}), (?P<first>{_PART}(?:[ ](?:{_PART}|{_INITIAL}))?)"
)
_DESCRIBED = re.compile(r"\s*(?:[,;(\[<|/]|\s[–—-]\s|\bon behalf\b|\bfor\b)")
_NOT_NAMES = words_of("no_name")  # nobody is called so, though documents begin it with a capital
_OPENERS = words_of("opener")  # sentences open with them: their capital says nothing
_SURNAMES = words_of("surname")
_GIVEN_NAMES = words_of("given_name")

_LEGAL = any_of(words_of("legal_form"))
_BODY = any_of(words_of("body"))
_ORG_WORD = rf"(?:[{_UP}0-9][\w'’.-]{{0,30}}|[&+]|{any_of(words_of('within_name'))})"
_LEGAL_HERE = re.compile(rf"[ \n]{_LEGAL}(?!\w)")
_LEGAL_ENTITY = re.compile(
    rf"(?<![\w@.-])(?P<name>[{_UP}0-9][\w'’.-]{{0,30}}(?:,?[ \n]{_ORG_WORD}){{0,6}}?,?[ \n]"
    rf"{_LEGAL}(?!\w)\.?(?:[ \n]\([A-Z][\w]{{1,20}}\)|[ ][IVX]{{1,4}}\b)?"
    rf"(?:,?[ \n](?:{_LEGAL}(?!\w)\.?|& Co\.(?: KG)?)){{0,2}})(?![\w@-])"
)
_BODY_HERE = re.compile(rf"{_BODY}(?![\w@-])")
_OTHER_BODY = re.compile(
    rf"(?<![\w@.-])(?P<name>(?:[{_UP}][\w'’-]{{1,30}}[ ](?:&[ ])?){{1,4}}{_BODY}"
    rf"(?:[ ]of(?:[ ]the)?(?:[ ][{_UP}][\w'’-]{{1,30}}){{1,3}})?"
    rf"|{_BODY}[ ]of(?:[ ]the)?(?:[ ][{_UP}][\w'’-]{{1,30}}){{1,4}})(?![\w@-])"
)
_WEAK_BODY = re.compile(rf"{any_of(words_of('weak_body'))}$")
_LEGAL_END = re.compile(rf"(?:^|[ ,]){_LEGAL}\.?\)?$")
_FUNCTION_START = re.compile(
    r"(?:between|and|the|by|of|from|to|with|for|whereas|this|that|both|der|die|das|und|zwischen|la|le|les|l['’]|et|entre|"
    r"(?:la )?société|(?:die )?firma|subject|dear|yesterday|today|(?:on )?(?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    r"on|in|at|when|as|if|since|while|also|but|am|im|bei|nach|seit|mit|chez|pour|avec)\b[ ,:]{0,2}",
    re.IGNORECASE,
)
# `the Sale of Shares. Acme Ltd` begins a sentence, `Treasurer of Acme Ltd` is somebody.
_BEFORE_NAME = re.compile(
    rf".*[^\W\d_]{{4,}}\.\s+(?=\S+\s)|(?:.*\s)?(?i:{any_of(words_of('job'))})\s+of\s+(?:the\s+)?"
    rf"|[A-Z]\w+,\s+(?:and|und|et)\s+(?=\S+\s)|(?:VALUE\s+RECEIVED|value\s+received),\s+|[A-Z]+\s+\d{{1,2}}\.\s+"
)
_LINKS = words_of("within_name") | {"&", "+"}
_MOST_WORDS = 8
_PAIR = 2
_MOST_CHARACTERS = 80
_SPLIT = re.compile(
    r"\s*(?:;|\n|\||•|\s/\s|,(?!\s(?:Jr|Sr|PhD|MD|Ltd|LLC|Inc|GmbH)\b)|\s(?:and|und|et|y|e|en|&)\s(?=[A-ZÀ-Þ]))\s*"
)
_BRACKET = re.compile(r"\s*(?:\([^)\n]{0,80}\)|\[[^\]\n]{0,80}\]|<[^>\n]{0,80}>)")
_BULLET = re.compile(r"\s*(?:[-*•‣◦+–]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?")
# `Kunden AG Mitte`: a name that fills its line.
_NAME_GOES_ON = re.compile(r"(?: [^\W\d_a-z][^\W\d_]+){1,2}\s*")
_REMARK = re.compile(r"\([^()]{4,}\)\W*$|[\d|<>\[\]:@]|\s[–—]\s")
_DESCRIBED_BODY = re.compile(r"\s*(?:[,;(\[<|]|\s[–—]\s)")


def is_organisation(name: str) -> bool:
    """Tell whether a name ends in a legal form or holds a word that only bodies have."""
    return bool(_LEGAL_END.search(name)) or bool(_OTHER_BODY.fullmatch(name))


@lru_cache(maxsize=2_000)
def person_quality(name: str) -> float:
    """Rate a name's form as that of a person, 0 for what no person is called."""
    match = PERSON.fullmatch(name)
    if match is None:
        bare = 0.6 if _CAPITALS.fullmatch(name) else 0.45 if _LONE.fullmatch(name) else 0.0
        return bare if bare and not _common(name) and not is_organisation(name) else 0.0
    if is_organisation(name):
        return 0.0
    return 0.95 if match["title"] else 0.0 if _common(match["plain"]) else 0.85


def _common(name: str) -> bool:
    words = [word.casefold() for word in name.split()]
    hits = [word for word in words if word in _NOT_NAMES]
    if words[0] in _OPENERS or not hits:
        return words[0] in _OPENERS
    if len(hits) > 1 or len(words) == 1:
        return True
    # "May Collins" and "Bethan Price" are people; "May Review" is not.
    surname = hits[0] == words[-1] and hits[0] in _SURNAMES
    return not (words[0] in _GIVEN_NAMES and (hits[0] == words[0] or surname))


def has_given_name(name: str) -> bool:
    """Tell a full name whose first word is a common given name."""
    first, _, rest = name.partition(" ")
    return bool(rest) and first.split("-")[0].casefold() in _GIVEN_NAMES


def find_persons(text: str, start: int, end: int) -> list[Value]:
    """Return persons named in running text; the span leaves out the honorific."""
    found = []
    at = start
    while capital := _CAPITAL.search(text, at, end):
        match = PERSON.match(text, capital.start(), end)
        if match is None:
            at = capital.end()
            continue
        group = "titled" if match["title"] else "plain"
        quality = person_quality(match[0])
        if quality:
            found.append(Value(match[group], *match.span(group), quality))
            at = match.end()
        else:  # the first word may be an ordinary one at the start of a sentence
            at = match.start(group) + len(match[group].split(" ", 1)[0])
    return found


def whole_person(text: str, start: int, end: int) -> Value | None:
    """Return the person that a value is, setting aside role or remarks behind the name."""
    line = text.find("\n", start, end)
    last = line if line >= 0 else end
    while start < last and text[start] in "\"'“„«":
        start += 1
    piece = text[start:last]
    swapped = _SURNAME_FIRST.fullmatch(piece)
    if swapped and not _common(piece.replace(",", "")):
        return Value(f"{swapped['first']} {swapped['last']}", start, last, 0.8)
    cut = _DESCRIBED.search(piece)
    head = (piece[: cut.start()] if cut else piece).rstrip(" .")
    quality = person_quality(head) or (person_quality(head + ".") if head[-1:].isupper() else 0.0)
    if quality:
        match = PERSON.fullmatch(head)
        offset = match.start("titled") if match and match["title"] else 0
        return Value(head[offset:], start + offset, start + len(head), quality)
    found = find_persons(text, start, min(last, start + 120))
    return found[0] if found and found[0].start - start <= 12 else None


def listed_persons(text: str, start: int, end: int) -> list[Value]:
    """Return the persons of a list: one a line, or set apart by commas, semicolons or `and`."""
    named = (whole_person(text, first, last) for first, last in listed(text, start, end))
    return [value for value in named if value is not None]


def listed(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the places of the parts of a list, without bullets and bracketed remarks."""
    parts = []
    at = start
    masked = _BRACKET.sub(lambda m: "\x00" * len(m[0]), text[start:end])
    breaks = [(start + m.start(), start + m.end()) for m in _SPLIT.finditer(masked)]
    for left, right in [*breaks, (end, end)]:
        bullet = _BULLET.match(text, at, left)
        first = bullet.end() if bullet else at
        last = left
        while first < last and text[first] in " \t*_":
            first += 1
        bracket = masked.find("\x00", first - start, last - start)
        if bracket > first - start:
            last = start + bracket
        while last > first and text[last - 1] in " \t.*_":
            last -= 1
        if last > first:
            parts.append((first, last))
        at = right
    return parts


def find_organisations(text: str, start: int, end: int) -> list[Value]:
    """Return organisations named in running text, told by legal form or kind of body."""
    found: list[Value] = []
    if _LEGAL_HERE.search(text, start, end):
        for match in _LEGAL_ENTITY.finditer(text, start, end):
            name, first = _without_lead(match)
            words = name.split()
            if words[0].isdigit() and len(words) == _PAIR:
                continue  # `3981 AB` is a postal number
            if name.isupper() and (words[-1] == "AS" or words[-2:-1] in (["NOT"], ["BE"])):
                continue  # words of a text in capitals: `INCLUDING BUT NOT LIMITED TO`
            if len(words) > 1 and not all(w.casefold().strip(".,") in _NOT_NAMES for w in words):
                found.append(Value(" ".join(words), first, first + len(name), 0.95))
    if _BODY_HERE.search(text, start, end):
        taken = list(found)
        for match in _OTHER_BODY.finditer(text, start, end):
            name, first = _without_lead(match)
            plain = [word for word in name.split() if word.casefold() not in _NOT_NAMES]
            generic = not plain or (plain == name.split()[-1:] and " of " not in name)
            free = all(match.end() <= v.start or first >= v.end for v in taken)
            if free and not generic and " " in name:
                weak = _WEAK_BODY.search(name)
                found.append(Value(name, first, first + len(name), 0.55 if weak else 0.75))
    return sorted(found, key=lambda value: value.start)


def _without_lead(match: re.Match[str]) -> tuple[str, int]:
    """Return a name without the words of its sentence before it (`Between`, `On Monday`), and its place."""
    name, first = match["name"], match.start("name")
    while lead := _FUNCTION_START.match(name) or _BEFORE_NAME.match(name):
        name, first = name[lead.end() :], first + lead.end()
    return name, first


def _is_one_name(line: str) -> bool:
    """Tell a name with commas or brackets in it (`Smith, Jones and Partners`) from one that something describes."""
    words = re.findall(r"[^\s,;()]+", line)
    return (
        _REMARK.search(line) is None
        and len(words) <= _MOST_WORDS
        and all(word[0].isupper() or word.casefold() in _LINKS for word in words)
    )


def whole_organisation(text: str, start: int, end: int) -> Value | None:
    """Return the organisation a value names: its first line, up to what describes it."""
    line = text.find("\n", start, end)
    last = end if line < 0 else line
    for value in find_organisations(text, start, min(last, start + 200))[:1]:
        if value.start - start <= 4:
            if not _NAME_GOES_ON.fullmatch(text, value.end, last):
                return value
            whole = text[value.start : last].rstrip()
            return Value(" ".join(whole.split()), value.start, value.start + len(whole), 0.95)
    piece = text[start:last]
    cut = None if _is_one_name(piece) else _DESCRIBED_BODY.search(piece)
    head = (piece[: cut.start()] if cut else piece).rstrip(" .")
    if not 0 < len(head) <= _MOST_CHARACTERS or not (head[0].isupper() or head[0].isdigit()):
        return None
    words = head.split()
    capitals = sum(word[0].isupper() or not word[0].isalpha() for word in words)
    if len(words) > _MOST_WORDS or capitals * 2 < len(words) or not any(c.isalpha() for c in head):
        return None
    return Value(head, start, start + len(head), 0.7)
