"""What stands under an organisation's name in a letterhead or a block: its address, numbers, mail and web."""

from __future__ import annotations

import re
from collections.abc import Iterator

from extraction.recognise import codes, names, registered
from extraction.recognise.value import Value

_MOST_LINES = 7
_LONGEST_LINE = 90
_GAP = re.compile(r"\t| {2,}")
_SHIFT = 2  # how far lines of a block may stand apart from each other
_CLOSES = re.compile(r"(?:[ ,]*\([^()\n]{1,40}\))?[ ]?[,.:*_|]*(?: ?\n| ?\Z|\t| {2,})")
_UP = "A-ZÀ-ÖØ-Þ"
# Postal codes of Europe and North America, with the town beside them.
_POSTAL = re.compile(
    rf"(?<![\w/-])(?:(?:[A-Z]{{1,2}}[- ])?\d{{4,5}}(?:-\d{{3}})?|\d{{3}} \d{{2}}|\d{{4}} [A-Z]{{2}})[ ]{{1,2}}"
    rf"(?!EUR|USD|GBP|CHF)[{_UP}]['’]?[^\W\d_]"
    rf"|(?<!\w)[A-Z]{{1,2}}\d[\dA-Z]?[ ]?\d[A-Z]{{2}}(?!\w)"
    rf"|[^\W\d_],?[ ][A-Z]{{2}}[ ]\d{{5}}(?:-\d{{4}})?(?!\d)"
)
_BARE_CODE = re.compile(r"[A-Z]{1,2}\d[\dA-Z]?[ ]?\d[A-Z]{2}|\d{4,5}")
_STREET = re.compile(
    rf"(?:(?:Unit|Suite|Flat|Floor|Box|P\.?O\.? Box|Postfach|Apartado|BP|Block|Building|Level)[ ]?[\w-]{{1,6}}\b"
    rf"|\d{{1,5}}[ ]?[A-Za-z]?(?:[-–/]\d{{1,4}})?(?:[ ](?:bis|ter))?,?[ ](?=[^\W\d_]).{{2,}}"
    rf"|(?=[{_UP}]).{{3,}}?[ ,](?:n\.?[ºo°]?[ ]?)?\d{{1,4}}[ ]?[A-Za-z]?(?:[-–/][ ]?\d{{1,4}}[a-z]?)?(?=,|$)"
    r"|.*\b(?:Street|Road|Avenue|Lane|Drive|Square|Way|Close|Court|Terrace|Crescent|Quay|Row|Place|Boulevard|Park|Wharf|"
    r"Estate|Hill|Gardens|Parade|Mews|Walk|Green|rue|avenue|quai|boulevard|chemin|place|allée|via|viale|piazza|corso|calle|avenida|plaza|"
    r"paseo|polígono|camino|rua)\b)",
)
_NOT_ADDRESS = re.compile(
    r"@|www\.|https?:|(?i:\b(?:tel|phone|fax|vat|tax|iban|bic|date|invoice|order|no|nr|reg|attn|attention|ein|cif|nif|siret|siren|"
    r"ust|page|due|account|project|hrb|total)\b\.?)|:"
)
_PHONE_LEAD = re.compile(
    r"\W{0,3}(?:(?:T|Tel\w*|Tél\w*|Phone|Ph|Mob\w*)\b)?[\s.:/]{0,4}\+?\(?", re.IGNORECASE
)
_FAX = re.compile(r"(?i)\bfax")
_REGISTERED = re.compile(
    r"(?:(?i:registered (?:in [^\W\d_]+(?: and [^\W\d_]+)?[ ,]*)?(?:under )?(?:company )?(?:no\.?|number)|"
    r"company (?:no\.?|number|reg(?:istration)?\.? (?:no\.?|number))|registration (?:no\.?|number)|"
    r"co\. ?reg\.? ?(?:no\.?)?|handelsregister(?:nummer)?|kvk(?:[- ]?(?:nr|nummer))?|siren|siret|rea|"
    r"chamber of commerce (?:no\.?|number)|"
    r"org(?:anisasjons)?\.?[ -]?(?:nr|no|nummer)\.?|charity (?:no\.?|number))[ .:]{1,3}"
    r"(?P<number>(?:[A-Z]{2,3}[ -]{1,3})?[A-Z]{0,3}\d[\d -]{3,15}\d[A-Z]?)"
    r"|(?P<hr>HR[AB][ ]\d{3,7}(?:[ ][A-Z]{1,2}\b)?)"
    r"|RCS [^\W\d_]+(?: [AB])? (?P<rcs>\d{3} ?\d{3} ?\d{3}))(?!\w)"
)
_DESKS = frozenset(
    "info office buero büro kontakt contact hello hola mail post admin enquiries inquiries service services support "
    "sales accounts accounting billing invoices rechnung facturation comptabilite contabilidad administracion "
    "administratie amministrazione accueil ventas reception bookings orders team secretariat sekretariat segreteria "
    "secretaria verwaltung claims help".split()
)
_REACH = 160  # code points behind a name in running text that may speak of its registration
_LEAST_STEM = 5
_SIGNATURE = 3  # lines above a company's name in a signature
_SURE_PERSON = 0.8


def block_details(text: str, start: int, end: int) -> dict[str, Value]:
    """Return what the lines under a name say of it, where the name ends its line or its column."""
    details: dict[str, Value] = {}
    number = _REGISTERED.search(text, end, min(len(text), end + _REACH))
    if number is not None and "\n\n" not in text[end : number.start()]:
        details["registration_number"] = _registration(number)
    if not _CLOSES.match(text, end):
        return details
    address: list[tuple[int, int]] = []
    for first, last in _lines_under(text, start):
        _read_line(text, first, last, details, address)
    if any(_POSTAL.search(text, a, b) for a, b in address):
        while (
            address
            and not _POSTAL.search(text, *address[-1])
            and _NOT_ADDRESS.search(text, *address[-1])
        ):
            address.pop()
        details["address"] = _address(text, address)
    if under_person(text, start):
        details.pop("phone", None)
        details.pop("email", None)
    return details


def under_person(text: str, start: int) -> bool:
    """Tell a body in a person's signature: the numbers under it are the person's."""
    at = text.rfind("\n", 0, start)
    for _ in range(_SIGNATURE):
        above = text.rfind("\n", 0, max(at, 0)) + 1
        line = text[above : max(at, above)].strip()
        if not line or at < 0:
            return False
        if names.person_quality(line) >= _SURE_PERSON:
            return True
        at = above - 1
    return False


def _registration(match: re.Match[str]) -> Value:
    group = next(name for name in ("number", "hr", "rcs") if match[name])
    return Value(match[group], match.start(group), match.end(group), 0.85)


def _read_line(
    text: str, start: int, end: int, details: dict[str, Value], address: list[tuple[int, int]]
) -> None:
    emails = codes.find_emails(text, start, end)
    urls = [] if emails else codes.find_urls(text, start, end)
    number = _REGISTERED.search(text, start, end)
    postal = _POSTAL.search(text, start, end)
    phones = (
        [] if postal or _FAX.search(text, start, end) else registered.find_phones(text, start, end)
    )
    if emails:
        details.setdefault("email", emails[0])
    if urls:
        details.setdefault("website", urls[0])
    if number:
        details.setdefault("registration_number", _registration(number))
    elif phones and _PHONE_LEAD.fullmatch(text, start, phones[0].start):
        details.setdefault("phone", phones[0])
    if emails or urls or number or phones or _NOT_ADDRESS.search(text, start, end):
        return
    done = any(_POSTAL.search(text, a, b) for a, b in address)
    # "2210 Lakeshore Drive" begins like a code with its town: the line with the code is under it.
    if (not done and (address or postal or _STREET.match(text, start, end))) or (
        postal and len(address) == 1
    ):
        address.append((start, end))


def _address(text: str, places: list[tuple[int, int]]) -> Value:
    value = ", ".join(" ".join(text[a:b].split()).strip(" ,") for a, b in places)
    last = [(a, b) for a, b in places[1:]]
    return Value(value, places[0][0], places[0][1], 0.85, tuple(last))


def _lines_under(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Yield the lines of a block under its first one: what stands in the same column, up to a gap."""
    origin = text.rfind("\n", 0, start) + 1
    column = start - origin
    at = text.find("\n", start)
    for _ in range(_MOST_LINES):
        if at < 0 or at + 1 >= len(text):
            return
        line, at = at + 1, text.find("\n", at + 1)
        stop = at if at >= 0 else len(text)
        first = line + column
        lead = line + _indent(text[line:stop])
        if column == 0 or abs(lead - first) <= _SHIFT:
            first = lead if lead - line <= column + _SHIFT else stop
        else:
            found = [
                line + gap.end()
                for gap in _GAP.finditer(text[line:stop])
                if abs(gap.end() - column) <= _SHIFT
            ]
            first = found[0] if found else stop
        gap = _GAP.search(text, first, stop)
        last = gap.start() if gap else first + len(text[first:stop].rstrip())
        if last <= first or last - first > _LONGEST_LINE:
            return
        yield first, last


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip()) if line.strip() else len(line)


def is_postal(line: str) -> bool:
    """Tell a line that holds a postal code with its town."""
    return bool(_POSTAL.search(line)) or bool(_BARE_CODE.fullmatch(line.strip(" ,")))


def is_street(line: str) -> bool:
    """Tell a line that may be of an address: a street with its number, a house, a box."""
    return bool(_STREET.match(line)) and not _NOT_ADDRESS.search(line)


def desk_of(name: str, mail: str) -> bool:
    """Tell an address that everybody at a body shares: `office@` at a domain of its name."""
    local, _, domain = mail.casefold().partition("@")
    first = re.split(r"[._+-]", local)[0]
    return first in _DESKS and is_domain_of(name, domain)


def is_domain_of(name: str, domain: str) -> bool:
    """Tell whether a web domain is made of a body's name: `elektro-brinkmann.example` of Elektro Brinkmann GmbH."""
    host = re.sub(r"^(?:https?://)?(?:www\.)?", "", domain.casefold()).split("/")[0]
    labels = host.split(".")[:-1]
    words = [
        w
        for w in re.findall(r"[^\W\d_]+", names.without_legal_form(name).casefold())
        if w not in _SMALL
    ]
    if not words or not labels:
        return False
    joined = _plain("".join(words))
    for label in labels:
        flat = _plain(label.replace("-", ""))
        if flat == joined or (
            len(flat) >= _LEAST_STEM and (joined.startswith(flat) or flat.startswith(joined))
        ):
            return True
        parts = [_plain(part) for part in label.split("-")]
        if len(parts) > 1 and all(part in {_plain(w) for w in words} for part in parts):
            return True
    return False


_SMALL = frozenset("the of and und et de la le du des & der die das y e".split())


def _plain(word: str) -> str:
    from extraction.words import folded

    return folded(word)
