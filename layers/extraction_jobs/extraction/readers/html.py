"""HTML to text that keeps its structure, spelled the way Markdown spells it.

Headings become `# ...`, list items `- ...`, tables pipe tables, definition lists and label
cells `label: value`, so that one reader of structure serves every format. What a browser would
not show (scripts, hidden elements) is left out: a person checking a citation could not see it.
So is what is struck out. What was typed into a form's controls stands behind their labels.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from extraction.document.document import Limits
from extraction.document.typed import TypedText
from extraction.errors import PermanentError
from extraction.readers.html_controls import labels_of
from extraction.readers.html_styles import hidden_by, sheets_of
from extraction.readers.html_writer import Page, Writer, collapsed, walk

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]{0,40})")
# Inline formatting says nothing here, and the standard's rules for reopening it across blocks
# let a small file build an enormous tree: it is taken out before the parser sees it. What strikes
# out, and what may be hidden, becomes an element that is not reopened.
_FORMATTING = re.compile(
    r"<(/?)(a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])"
    r"((?:[^<>\"']|\"[^\"<>]{0,2000}\"|'[^'<>]{0,2000}')*)>",
    re.IGNORECASE,
)
_STRUCK = frozenset(("s", "strike"))
_STYLED = re.compile(
    r"\bhidden\b|display|visibility|line-through|opacity|overflow|clip|font-size|-\d{3}",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\b(?:class|id)\s*=", re.IGNORECASE)
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
# Elements whose end tag may be left out: being open says nothing about depth.
_SELF_CLOSING = frozenset(
    "p li dt dd tr td th thead tbody tfoot colgroup option optgroup rt rp html head body".split()
)
_MOST_OPTIONS = 5_000  # the parser's time grows with their square: so many take it two seconds


def html_to_text(
    source: str, limits: Limits, finish: Callable[[str], str] = str
) -> tuple[TypedText, str | None]:
    """Return a page's visible text with its tables, and its title.

    What stands on a line or in a cell is as `finish` makes it.

    Raises PermanentError if it has more elements, or deeper ones, than the limits allow.
    """
    sheets = sheets_of(source)
    source = _without_formatting(source, named=bool(sheets))
    elements, depth = _check_size(source, limits)
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(source)
    title_node = tree.css_first("title")
    title = collapsed(title_node.text()) if title_node else None
    body = tree.body
    if body is None:
        return TypedText(""), title
    page = Page(hidden_by(sheets, tree, elements, depth), labels_of(body))
    writer = Writer(page, body, finish)
    walk(body, writer.opens, writer.closes)
    return writer.result(), title


def _without_formatting(source: str, *, named: bool) -> str:
    """Take out inline formatting that hides nothing; `named`: style sheets may hide what has a class or an id."""
    became: dict[str, list[str]] = {}

    def replaced(tag: re.Match[str]) -> str:
        closing, name, attributes = tag[1], tag[2].lower(), tag[3]
        if closing:
            opened = became.get(name)
            new = opened.pop() if opened else ""
            return f"</{new}>" if new else ""
        matters = _STYLED.search(attributes) or (named and _NAMED.search(attributes))
        new = "del" if name in _STRUCK else "span" if matters else ""
        became.setdefault(name, []).append(new)
        return f"<{new}{attributes}>" if new else ""

    return _FORMATTING.sub(replaced, source)


def _check_size(source: str, limits: Limits) -> tuple[int, int]:
    """Return how many elements a page has, and how deep they go."""
    elements = depth = deepest = options = 0
    for closing, name in _TAG.findall(source):
        tag = name.lower()
        if tag in _VOID or tag in _SELF_CLOSING:
            elements += 1
            options += tag == "option"
        elif closing:
            depth = max(0, depth - 1)
        else:
            elements += 1
            depth += 1
            deepest = max(deepest, depth)
            if depth > limits.max_html_depth:
                raise PermanentError(
                    "The HTML is nested more deeply than "
                    f"{limits.max_html_depth} elements; such a page is not a document."
                )
    if options > 2 * _MOST_OPTIONS:  # with their end tags
        raise PermanentError(
            f"The HTML has more than {_MOST_OPTIONS} options to choose from; such a page is not a document."
        )
    if elements > limits.max_html_elements:
        raise PermanentError(
            f"The HTML has {elements} elements; the limit is {limits.max_html_elements}. Split it."
        )
    return elements, deepest
