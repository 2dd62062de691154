"""Names of persons and organisations, told by their form."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files

from extraction.values.value import Value

_UP = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĹĽŁŃŇŌŐŒŔŘŚŞŠŢŤŪŮŰŲŹŻŽ"
_PART = rf"(?:(?:Mc|Mac|O['’]|D['’]|d['’]|L['’])?[{_UP}][^\W\d_]{{1,24}}(?:[-'’][{_UP}]?[^\W\d_]{{1,24}}){{0,2}})"
_INITIAL = rf"(?:[{_UP}]\.(?:-?[{_UP}]\.)?)"
_PARTICLE = (
    r"(?:van der|van den|van de|von der|van|von|de la|de los|del|de|da|dos|di|du|le|la|bin|ibn|al|"
    r"el|ter|ten|zu)"
)
_HONORIFIC = (
    r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Dame|Lord|Lady|Herrn?|Frau|[Dd]on|[Dd]oña|D\.ª|Dña|M|Mme|Mlle|Monsieur|Madame|Mademoiselle|Sr|Sra|"
    r"Señora?|Sig|Sig\.ra|Signora?|Dhr|Mevr|Mevrouw|"
    r"Ing|Rev|Cllr|Hon|Judge|Captain|Cpt)\.?"
)
_TAIL = r"(?:,?\s(?:Jr|Sr|PhD|MD|QC|KC|CPA|FCA|II|III|IV)\b\.?)?"
PERSON = re.compile(
    rf"(?<![\w@.-])(?:(?P<title>(?:{_HONORIFIC}\s){{1,2}})(?P<titled>(?:(?:{_PART}|{_INITIAL})[ ])"
    rf"{{0,3}}(?:{_PARTICLE}[ ])?{_PART})"
    rf"|(?P<plain>(?:{_PART}|{_INITIAL})(?:[ ](?:{_INITIAL}|{_PART})){{0,2}}[ ](?:{_PARTICLE}[ ])?"
    rf"{_PART})){_TAIL}(?![\w@]|-\w)"
)
_LONE = re.compile(rf"{_PART}$")
_CAPITALS = re.compile(rf"[{_UP}'’-]{{2,24}}(?:[ ][{_UP}'’.-]{{1,24}}){{1,3}}$")
_SURNAME_FIRST = re.compile(
    rf"(?P<last>(?:{_PARTICLE}[ ])?{_PART}), (?P<first>{_PART}(?:[ ](?:{_PART}|{_INITIAL}))?)$"
)

# Words that no person is called, but that begin with a capital in documents.
_NOT_NAMES = frozenset(
    "the this that these those a an and or for from to of in on at by with all any each no not "
    "agreement contract invoice schedule annex appendix section clause article part page total "
    "subtotal date number amount due payment terms services service supplier customer client "
    "buyer seller vendor company party parties board committee council meeting minutes decision "
    "decisions action actions item items agenda project report budget plan programme program "
    "review update next previous street road avenue lane square house floor building city town "
    "north south east west new old january february march april may june july august september "
    "october november december monday tuesday wednesday thursday friday saturday sunday bank "
    "account vat tax gross net price unit quantity description order purchase delivery "
    "department ministry university institute office centre center system data protection "
    "notice period term effective governing law confidential information intellectual property "
    "general conditions special version draft final chief executive officer director manager "
    "head secretary chair chairman president vice senior junior lead engineer analyst "
    "consultant assistant operations finance marketing sales legal human resources technology "
    "team group it hr ceo cfo cto coo present apologies attendees absent owner status open closed "
    "done pending high medium low critical yes note notes risk issue requirement requirements "
    "user users software hardware server database support maintenance training installation "
    "rechnung datum kunde vertrag straße herr frau united kingdom states england wales scotland "
    "ireland germany france italy spain london paris berlin york european union act regulation "
    "limited ltd inc llc gmbh plc corp corporation bill ship sold name title role address phone "
    "email website attention signature signed none nobody everyone tbd tbc n/a na quarterly "
    "annual monthly weekly daily first second third acceptance commencement change request "
    "business days day working walk close drive quay row terrace crescent charity society association "
    "union federation department faculty "
    "school district college church county society club hotel restaurant clinic hospital "
    "academy museum library store shop market theatre centre foundation trust works mill farm "
    "hourly rate fee fees charge charges value cost costs insurance liability force majeure "
    "will shall must should may can could would is are was were has have had it we you they he "
    "she if when where while unless until upon after before during under over between both "
    "either neither such other others same however therefore whereas furthermore also".split()
)
# Words that sentences open with: their capital says nothing.
_OPENERS = frozenset(
    "your our my his her its their dear please thank thanks our also about after although among because both "
    "customers customer product products some many most since there these those under while yours sincerely "
    "kind regards best further payment today yesterday following including with hello herewith subject cash "
    "call contact ask see meet visit ring phone join tell around "
    "sehr geehrte geehrter mit wir ihre ihr unser unsere nach seit cher madame monsieur nous votre notre".split()
)
_GIVEN_CLASH = frozenset("may april june august will mark bill art hope grace chase lane".split())
_SURNAMES = frozenset(
    "price day law west east north london paris berlin york england ireland wales scotland france german french may "
    "march june april august cost read".split()
)

_LEGAL = (
    r"(?:Ltd|Limited|LLC|L\.L\.C\.|Inc|Incorporated|Corp|Corporation|Company|PLC|plc|LLP|LP|"
    r"GmbH(?: & Co\. KG)?|mbH|AG|KG|OHG|UG|e\.V\.|SE|S\.A\.S?\.?|SAS|SARL|S\.à r\.l\.|S\.r\.l\.|Srl|SRL|"
    r"S\.p\.A\.|SpA|S\.L\.U?\.?|SL|SA|N\.V\.|NV|B\.V\.|BV|Oy|Oyj|AB|AS|ASA|A/S|ApS|Kft|Zrt|Sp\. z o\.o\.|"
    r"s\.r\.o\.|a\.s\.|Pty Ltd|Pty Limited|Pte Ltd|Pvt Ltd|Private Limited|Co|KK|K\.K\.|Lda|Ltda|"
    r"LIMITED|LTD|INC|CORPORATION|P\.C\.|PLLC|P\.L\.L\.C\.|KGaA|gGmbH|eG|e\.K\.|GbR|PartG(?: mbB)?|Ges\.m\.b\.H\.|"
    r"GMBH|S\.R\.L\.|S\.P\.A\.|S\.A\.R\.L\.|EURL|SASU|SCOP|SCI|SNC|S\.n\.c\.|S\.a\.s\.|S\.L\.L\.|VOF|V\.O\.F\.|v\.o\.f\.|CIC|d\.o\.o\.)"
)
_BODY = (
    r"(?:University|Institute|Foundation|Council|Ministry|Bank|Association|Authority|Agency|"
    r"Hospital|College|Trust|Society|Commission|Cooperative|Federation|Holdings|Partners|"
    r"Consulting|Solutions|Technologies|Industries|Logistics|Group|Studio|Studios|Systems|Labs|"
    r"Laboratories|Services|Werke|Stiftung|Universität)"
)
_ORG_WORD = (
    rf"(?:[{_UP}0-9][\w'’.-]{{0,30}}|&|and|und|et|y|e|of|the|de|del|della|dei|di|"
    r"do|da|dos|du|des|la|le|van|von|der|für|\+)"
)
LEGAL_ENTITY = re.compile(
    rf"(?<![\w@.-])(?P<name>[{_UP}0-9][\w'’.-]{{0,30}}(?:,?[ \n]{_ORG_WORD}){{0,6}}?,?[ \n]"
    rf"{_LEGAL}(?!\w)\.?(?:[ \n]\([A-Z][\w]{{1,20}}\))?"
    rf"(?:,?[ \n](?:{_LEGAL}(?!\w)\.?|& Co\.(?: KG)?)){{0,2}})(?![\w@-])"
)
_OTHER_BODY = re.compile(
    rf"(?<![\w@.-])(?:(?:[{_UP}][\w'’-]{{1,30}}[ ]){{1,4}}{_BODY}"
    rf"(?:[ ]of(?:[ ]the)?(?:[ ][{_UP}][\w'’-]{{1,30}}){{1,3}})?"
    rf"|{_BODY}[ ]of(?:[ ]the)?(?:[ ][{_UP}][\w'’-]{{1,30}}){{1,4}})(?![\w@-])"
)
_LEGAL_END = re.compile(rf"(?:^|[ ,]){_LEGAL}\.?\)?$")
_FUNCTION_START = re.compile(
    r"^(?:between|and|the|by|of|from|to|with|for|whereas|this|that|both|der|die|das|und|zwischen|la|le|les|l['’]|et|entre|"
    r"(?:la )?société|(?:die )?firma|subject|dear|yesterday|today|(?:on )?(?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    r"on|in|at|when|as|if|since|while|also|but|am|im|bei|nach|seit|mit|chez|pour|avec)\b[ ,:]{0,2}",
    re.IGNORECASE,
)
_LINKS = frozenset("& + and of the und et y e en de del di du la le van von der für".split())
_MOST_WORDS = 8
_SPLIT = re.compile(
    r"\s*(?:;|\n|\||•|\s/\s|,(?!\s(?:Jr|Sr|PhD|MD|Ltd|LLC|Inc|GmbH)\b)|\s(?:and|und|et|y|e|en|&)\s(?=[A-ZÀ-Þ]))\s*"
)
_BRACKET = re.compile(r"\s*(?:\([^)\n]{0,80}\)|\[[^\]\n]{0,80}\]|<[^>\n]{0,80}>)")
_BULLET = re.compile(r"\s*(?:[-*•‣◦+–]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?")


def is_organisation(name: str) -> bool:
    """Tell whether a name ends in a legal form or holds a word that only bodies have."""
    return bool(_LEGAL_END.search(name)) or bool(_OTHER_BODY.fullmatch(name))


def person_quality(name: str) -> float:
    """Rate a name's form as that of a person, 0 for what no person is called."""
    if is_organisation(name) or any(c.isdigit() for c in name):
        return 0.0
    match = PERSON.fullmatch(name)
    if match is None:
        if _CAPITALS.fullmatch(name) and not _common(name):
            return 0.6
        return 0.45 if _LONE.fullmatch(name) and not _common(name) else 0.0
    core = match["titled"] or match["plain"]
    if match["title"]:
        return 0.95
    return 0.0 if _common(core) else 0.85


def _common(name: str) -> bool:
    words = [w.casefold() for w in name.split()]
    hits = [w for w in words if w in _NOT_NAMES]
    if words[0] in _OPENERS:
        return True
    if not hits:
        return False
    if hits == words[-1:] and words[-1] in _SURNAMES and has_given_name(name):
        return False  # "Bethan Price"
    # "May Collins" and "Bill Hart" are people; "May Review" is not.
    return not (words[0] in _GIVEN_CLASH and len(words) > 1 and len(hits) == 1)


def is_common(word: str) -> bool:
    """Tell a lower-case word that no name is made of."""
    return word in _NOT_NAMES or word in _OPENERS


def has_given_name(name: str) -> bool:
    """Tell a full name whose first word is a common given name."""
    first, _, rest = name.partition(" ")
    return bool(rest) and first.split("-")[0].casefold() in given_names()


@lru_cache(maxsize=1)
def given_names() -> frozenset[str]:
    """Return common given names of Europe and the Americas, and some from beyond."""
    content = files("extraction.values").joinpath("given_names.txt").read_text("utf-8")
    return frozenset(w for line in content.split("\n") if line[:1] != "#" for w in line.split())


def find_persons(text: str, start: int, end: int) -> list[Value]:
    """Return persons named in running text; the span leaves out the honorific."""
    found = []
    at = start
    while at < end:
        match = PERSON.search(text, at, end)
        if match is None:
            break
        group = "titled" if match["title"] else "plain"
        name, first, last = match[group], match.start(group), match.end(group)
        quality = person_quality(match[0])
        if quality == 0.0:
            # The first word may be an ordinary one at the start of a sentence.
            at = first + max(len(name.split(" ", 1)[0]), 1)
            if " " not in name:
                at = last
            continue
        found.append(Value(name, first, last, quality))
        at = match.end()
    return found


def whole_person(text: str, start: int, end: int) -> Value | None:
    """Return the person that a value is, setting aside role or remarks behind the name."""
    last = end
    line = text.find("\n", start, end)
    if line >= 0:
        last = line
    while start < last and text[start] in "\"'“„«":
        start += 1
    piece = text[start:last]
    swapped = _SURNAME_FIRST.fullmatch(piece)
    if swapped and not _common(piece.replace(",", "")) and not _role_like(swapped["first"]):
        return Value(f"{swapped['first']} {swapped['last']}", start, last, 0.8)
    cut = re.search(r"\s*(?:[,;(\[<|/]|\s[–—-]\s|\bon behalf\b|\bfor\b)", piece)
    head = piece[: cut.start()].rstrip(" .") if cut else piece.rstrip(" .")
    quality = person_quality(head)
    if not quality and head.endswith(tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")):
        quality = person_quality(head + ".")
    if quality:
        match = PERSON.fullmatch(head)
        offset = match.start("titled") if match and match["title"] else 0
        return Value(head[offset:], start + offset, start + len(head), quality)
    found = find_persons(text, start, min(last, start + 120))
    return found[0] if found and found[0].start - start <= 12 else None


def _role_like(word: str) -> bool:
    return all(w.casefold().strip(".") in _NOT_NAMES for w in word.split())


def listed_persons(text: str, start: int, end: int) -> list[Value]:
    """Return the persons of a list: one a line, or set apart by commas, semicolons or `and`."""
    found = []
    for first, last in listed(text, start, end):
        value = whole_person(text, first, last)
        if value is not None:
            found.append(value)
    return found


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
    found = []
    for match in LEGAL_ENTITY.finditer(text, start, end):
        name, first = match["name"], match.start("name")
        while lead := _FUNCTION_START.match(name):
            name, first = name[lead.end() :], first + lead.end()
        words = name.split()
        if (
            len(words) > 2
            and words[0].endswith(",")
            and is_common(words[0].casefold().rstrip(",s"))
        ):
            first += len(words[0]) + 1  # "Accounts, Acme Ltd"
            name = name[len(words[0]) + 1 :]
            words = words[1:]
        if len(words) > 1 and not all(w.casefold().strip(".,") in _NOT_NAMES for w in words):
            found.append(Value(" ".join(words), first, first + len(name), 0.95))
    taken = [(v.start, v.end) for v in found]
    for match in _OTHER_BODY.finditer(text, start, end):
        first, last = match.span()
        name = match[0]
        while lead := _FUNCTION_START.match(name):
            name, first = name[lead.end() :], first + lead.end()
        plain = [w for w in name.split() if w.casefold() not in _NOT_NAMES]
        generic = not plain or (plain == [name.split()[-1]] and " of " not in name)
        free = all(last <= a or first >= b for a, b in taken)
        if free and not generic and len(name.split()) > 1:
            weak = re.search(
                r"(?:Services|Group|Systems|Solutions|Bank|Trust|Partners|Council)$", name
            )
            found.append(Value(name, first, last, 0.55 if weak else 0.75))
    return sorted(found, key=lambda v: v.start)


# `Kunden AG Mitte`: a name that fills its line.
_NAME_GOES_ON = re.compile(r"(?: [^\W\d_a-z][^\W\d_]+){1,2}\s*")


def _widened(text: str, value: Value, last: int) -> Value:
    end = value.start + len(text[value.start : last].rstrip())
    return Value(" ".join(text[value.start : end].split()), value.start, end, value.quality)


def _is_one_name(line: str) -> bool:
    """Tell a name with commas or brackets in it (`Smith, Jones and Partners`) from one that something describes."""
    words = re.findall(r"[^\s,;()]+", line)
    remark = re.search(r"\([^()]{4,}\)\W*$|[\d|<>\[\]:@]|\s[–—]\s", line)
    return (
        remark is None
        and len(words) <= _MOST_WORDS
        and all(w[0].isupper() or w.casefold() in _LINKS for w in words)
    )


def whole_organisation(text: str, start: int, end: int) -> Value | None:
    """Return the organisation a value names: its first line, up to what describes it."""
    stop = text.find("\n", start, end)
    last = end if stop < 0 else stop
    for value in find_organisations(text, start, min(last, start + 200)):
        if value.start - start <= 4:
            behind = _NAME_GOES_ON.fullmatch(text, value.end, last)
            return _widened(text, value, last) if behind else value
    piece = text[start:last]
    cut = None if _is_one_name(piece) else re.search(r"\s*(?:[,;(\[<|]|\s[–—]\s)", piece)
    head = piece[: cut.start()] if cut else piece
    head = head.rstrip(" .")
    if not head or len(head) > 80 or not (head[0].isupper() or head[0].isdigit()):
        return None
    words = head.split()
    capitals = sum(w[0].isupper() or not w[0].isalpha() for w in words)
    if len(words) > _MOST_WORDS or capitals * 2 < len(words) or not any(c.isalpha() for c in head):
        return None
    return Value(head, start, start + len(head), 0.7)
