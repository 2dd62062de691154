"""Labels in the midst of a line or paragraph: behind a sentence, behind another value, run in to the text."""

from __future__ import annotations

import re
from itertools import islice, zip_longest

from extraction import lines
from extraction.line_reader import LineReader
from extraction.lines import FURTHER_LABEL
from extraction.structure import HEADING, KEY_VALUE, Span

MAX_ENTRY = 4000  # code points: what one sentence search may have to look at
_RUN_IN = re.compile(
    r"^[ \t]{0,8}[*_]{0,2}(?P<label>[^\W\d_]{4,20}(?:[ ][^\W\d_]{3,20}){0,2})\.[*_]{0,2}[ ]{1,2}(?=[^\W\d_a-z])",
    re.MULTILINE,
)
_INNER_PAIR = re.compile(
    r"[.;]\s{1,3}(?P<label>[^\W\d_a-z][^\W\d_]*(?:[ ][^\W\d_]+){0,2}):\s{1,3}(?P<value>[^.;:\n]{1,80})(?=[.;\n]|$)",
    re.MULTILINE,
)
_MOST_RUN_IN = 20
_MOST_FURTHER = 4


class InnerLabelReader(LineReader):
    """Makes facts of labels that do not begin a line of their own."""

    def run_in_headings(self, start: int, end: int) -> None:
        """Make facts of headings at the beginning of lines of running text: `Recommendation. We should ...`."""
        found = list(
            islice(_RUN_IN.finditer(self.text, start, min(end, start + MAX_ENTRY)), _MOST_RUN_IN)
        )
        for match, after in zip_longest(found, found[1:]):
            value = lines.trimmed(self.text, match.end(), after.start() if after else end)
            # A masthead of pieces is no paragraph.
            if value.end > value.start and " | " not in value.of(self.text):
                self.fact(match["label"], value, value.end, HEADING, match.start("label"))

    def inner_pairs(self, start: int, end: int) -> None:
        """Take `label: value` behind the first sentence of a line."""
        for match in _INNER_PAIR.finditer(self.text, start, min(end, start + MAX_ENTRY)):
            value = lines.trimmed(self.text, *match.span("value"))
            if value.end > value.start:
                self.fact(match["label"], value, value.end, KEY_VALUE, match.start("label"))

    def further_pairs(self, value: Span) -> None:
        """Make facts of labels behind a value on its line: `Tel: 020 123 Fax: 020 456`."""
        end = self.text.find("\n", value.start, value.end)
        last = end if end >= 0 else value.end
        for match in islice(FURTHER_LABEL.finditer(self.text, value.start, last), _MOST_FURTHER):
            rest = lines.trimmed(self.text, match.end(), last)
            following = FURTHER_LABEL.search(self.text, match.end(), last)
            if following is not None:
                rest = lines.trimmed(self.text, match.end(), following.start())
            words = match["label"].split()
            if rest.end > rest.start:
                for first in range(len(words)):
                    at = match.start("label") + match["label"].index(words[first])
                    self.fact(" ".join(words[first:]), rest, rest.end, KEY_VALUE, at)
