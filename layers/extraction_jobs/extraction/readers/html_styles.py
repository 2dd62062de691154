"""Which elements a page hides or strikes out: what its style sheets and its elements' own styles say.

A person who checks a citation sees what a browser shows. So what is not shown counts as not said, and neither does what
the author struck out. Of the cascade only as much is followed as it takes to tell that: importance, specificity, order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_BRACE = re.compile(r"[{}]")
_NOT_SHOWN = (
    "script, style, noscript, template, head, title, desc, defs, metadata, annotation, annotation-xml, iframe, object, "
    "audio, video, canvas, datalist, del, [hidden], dialog:not([open])"
)
# Names by which pages call such pieces, where the style sheet is elsewhere.
_READ_OUT = ".sr-only, .visually-hidden, .visuallyhidden, .screen-reader-text, .a-offscreen, .govuk-visually-hidden"
_NOTHING = r"0(?:\.0*)?(?:px|em|pt|%)?"
_SIZES = "height width max-height max-width"  # which hide what they clip
# By their names, the values of properties that hide: of no size, or far to the left for those who have a page read out.
_HIDING = {
    name: re.compile(value)
    for names, value in (
        ("display", "none"),
        ("visibility content-visibility", "hidden|collapse"),
        ("opacity", _NOTHING),
        (_SIZES, f"{_NOTHING}|1px"),
        ("clip clip-path", r"rect\((?:\s*[01](?:px)?[\s,]*){4}\)|inset\((?:50|100)%.*\)"),
        ("left top margin-left text-indent", r"-(?:9\d\d|\d{4,})(?:\.\d+)?(?:px|em|rem|vw)?"),
        ("text-decoration text-decoration-line", ".*line-through.*"),
    )
    for name in names.split()
}
_PROPERTY = re.compile(
    rf"(?:^|[;{{\s])({'|'.join(_HIDING)})\s{{0,5}}:\s{{0,5}}([^;}}]{{1,100}})", re.IGNORECASE
)
_CLIPS = re.compile(r"overflow(?:-[xy])?\s{0,5}:\s{0,5}hidden", re.IGNORECASE)
_NO_LETTERS = re.compile(r"font-size\s{0,5}:\s{0,5}0(?:px|pt|em|%)?\s{0,5}(?:;|!|$)", re.IGNORECASE)
# What an element does only while somebody does something with it, or what is no element.
_NEVER = re.compile(
    r":(?!not\([^():]*\)|(?:first|last)-child\b|root\b|empty\b)|~(?!=)", re.IGNORECASE
)
_OTHER_MEDIA = re.compile(r"\b(?:print|speech|aural|braille|tty|projection)\b|\(", re.IGNORECASE)
_IDS, _CLASSES = re.compile(r"#[\w-]"), re.compile(r"\.[\w-]|\[|:(?!not)[\w-]")
_LONGEST_SELECTOR = 300
_LONGEST_STYLE = 2_000
_ALWAYS_SHOWN = frozenset(("html", "body"))


def hidden_by(tree: LexborHTMLParser) -> frozenset[int]:
    """Return the `mem_id` of each element that is not shown or struck out, by its name, style or the style sheets.

    So is what is only read out beside what is only shown, such as a sum in words beside its figures.
    """
    # Of each element and property: how important, how specific, how late it is declared; and whether it hides.
    declared: dict[tuple[int, str], tuple[bool, int, int, int, bool]] = {}
    sheets = _COMMENT.sub(" ", "\n".join(sheet.text() for sheet in tree.css("style")))
    for order, (selector, properties) in enumerate(_selectors(sheets)):
        rank = len(_IDS.findall(selector)), len(_CLASSES.findall(selector)), order
        for node in _found(tree, selector):
            for name, (hides, important) in properties.items():
                new = important, *rank, hides
                declared[node.mem_id, name] = max(new, declared.get((node.mem_id, name), new))
    hidden = {node for (node, _), each in declared.items() if each[-1]}
    only_shown = {
        node.parent.mem_id for node in tree.css('[aria-hidden="true"]') if node.parent is not None
    }
    hidden |= {
        node.mem_id
        for node in tree.css(_READ_OUT)
        if node.parent is not None and node.parent.mem_id in only_shown
    }
    for node in tree.css("[style]"):
        style = (node.attributes.get("style") or "")[:_LONGEST_STYLE]
        properties = _properties(style)
        if any(hides for hides, _ in properties.values()) or _without_letters(node, style):
            hidden.add(node.mem_id)
        elif "display" in properties:
            hidden.discard(node.mem_id)
    return frozenset(hidden.union(node.mem_id for node in tree.css(_NOT_SHOWN)))


def _without_letters(node: LexborNode, style: str) -> bool:
    """Tell an element that gives its letters no size, and holds none that may give theirs one."""
    return bool(_NO_LETTERS.search(style)) and next(node.iter(), None) is None


def _found(tree: LexborHTMLParser, selector: str) -> list[LexborNode]:
    """Return the elements of a selector, none if the parser does not know it."""
    try:
        return [node for node in tree.css(selector) if node.tag not in _ALWAYS_SHOWN]
    except Exception:  # noqa: BLE001 - whatever the parser says of it
        return []


def _selectors(sheets: str) -> Iterator[tuple[str, dict[str, tuple[bool, bool]]]]:
    """Yield each selector whose rule says whether something is shown, with what it says."""
    # What stands before each open brace, and whether all of it holds.
    around: list[tuple[str, bool]] = []
    at = 0
    for brace in _BRACE.finditer(sheets):
        words = sheets[at : brace.start()]
        at = brace.end()
        holds = not around or (around[-1][1] and _applies(around[-1][0]))
        if brace[0] == "{":
            around.append((words.rpartition(";")[2].strip(), holds))
            continue
        selectors, holds = around.pop() if around else ("@", False)
        if not holds or selectors.startswith("@"):
            continue
        properties = _properties(words)
        if properties:
            for selector in selectors.split(","):
                name = selector.strip()
                if 0 < len(name) <= _LONGEST_SELECTOR and not _NEVER.search(name):
                    yield name, properties


def _applies(around: str) -> bool:
    """Tell whether what is inside a rule holds for a page on a screen."""
    if around.startswith("@media"):
        return not _OTHER_MEDIA.search(around)
    return around.startswith(("@supports", "@layer"))


def _properties(declarations: str) -> dict[str, tuple[bool, bool]]:
    """Return of each property whether it hides, and whether it is important."""
    found: dict[str, tuple[bool, bool]] = {}
    for name, value in _PROPERTY.findall(declarations):
        kind, word = name.casefold(), value.casefold()
        hides = _HIDING[kind].fullmatch(word.replace("!important", "").strip())
        if hides and kind in _SIZES.split():
            hides = _CLIPS.search(declarations)
        found[kind.removesuffix("-line")] = bool(hides), "!important" in word
    return found
