"""HTML to text that keeps its structure, spelled the way Markdown spells it.

Headings become `# ...`, list items `- ...`, tables pipe tables, definition lists and label
cells `label: value`, so that one reader of structure serves every format. What a browser would
not show (scripts, hidden elements) is left out: a person checking a citation could not see it.
So is what is struck out. What was typed into a form's controls stands behind their labels.

Runs only in the process that parses: a deep or endless page takes the parser long.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from selectolax.lexbor import LexborHTMLParser

from extraction.document.document import Limits
from extraction.document.typed import TypedText
from extraction.readers.format import check_size
from extraction.readers.html_styles import hidden_by
from extraction.readers.html_writer import Writer, collapsed, walk
from extraction.readers.raw import Raw

SAMPLE = b"<style>.a{display:none}</style><table><tr><td>a<td>b</table>"

# Left open, these go on in the next paragraphs by the standard's rules; `del` ends with its own.
_STRUCK = re.compile(r"(</?)(?:s|strike)(?=[\s/>])", re.IGNORECASE)
_ELEMENT = re.compile(r"<[a-zA-Z]")


def html_to_raw(content: bytes, limits: Limits) -> Raw:
    """Return the text of a page, which is given in UTF-8. Raises PermanentError as `html_to_text`."""
    text, title = html_to_text(content.decode("utf-8", "replace"), limits)
    return Raw((text,), title)


def html_to_text(
    source: str, limits: Limits, finish: Callable[[str], str] = str
) -> tuple[TypedText, str | None]:
    """Return a page's visible text with its tables, and its title.

    What stands on a line or in a cell is as `finish` makes it.

    Raises PermanentError if it has more elements, or deeper ones, than the limits allow.
    """
    elements = sum(1 for _ in _ELEMENT.finditer(source))
    check_size("HTML elements", elements, limits.max_html_elements, "Split it.")
    tree = LexborHTMLParser(_STRUCK.sub(r"\1del", source))
    title_node = tree.css_first("title")
    title = collapsed(title_node.text()) if title_node else None
    body = tree.body
    if body is None:
        return TypedText(""), title
    hidden = hidden_by(tree)
    writer = Writer(body, hidden, finish)
    walk(body, hidden, writer.opens, writer.closes, limits.max_html_depth)
    return writer.result(), title
