"""RTF to text, by the reader of HTML: paragraphs, headings, lists, tables, notes, headers and footers.

What is not read: hidden text, what tracked changes deleted, what is struck out, comments, pictures, embedded objects
beyond what they show.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import escape

from extraction.document.document import Limits
from extraction.errors import PermanentError
from extraction.readers.decoding import codec_of
from extraction.readers.office_html import TAB, Around
from extraction.readers.raw import Raw
from extraction.readers.rtf_page import Flow

SAMPLE = rb"{\rtf1 a\par}"

_TOKEN = re.compile(
    r"\\(?P<word>[A-Za-z]{1,32})(?P<number>-?\d{1,10})?[ ]?|\\'(?P<byte>[0-9A-Fa-f]{2})|\\(?P<sign>[^A-Za-z])|"
    r"(?P<brace>[{}])|[\r\n\0]+|(?P<text>[^\\{}\r\n\0]+)|\\",
    re.DOTALL,
)
_DEEPEST = 500
_BROKEN = "The RTF document is broken or cut short. Open it in a word processor, and save it again."
_CHARSETS = {
    77: "mac_roman", 128: "cp932", 129: "cp949", 134: "gbk", 136: "cp950", 161: "cp1253", 162: "cp1254",
    163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250",
}  # fmt: skip
_LETTERS = {
    "tab": TAB, "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
    "bullet": "•", "nestcell": TAB, "emspace": " ", "enspace": " ",
}  # fmt: skip
_SIGNS = {"~": "\u00a0", "_": "\u2011", "\\": "\\", "{": "{", "}": "}"}
_SKIPPED = frozenset(
    "fonttbl colortbl stylesheet info pict object fldinst listtable listoverridetable revtbl rsidtbl generator "
    "themedata colorschememapping datastore latentstyles filetbl annotation atnid atnauthor atnref atndate atrfstart "
    "atrfend sp nonshppict xe tc rxe bkmkstart bkmkend pgdsctbl listtext pntext nonesttables template author operator "
    "company creatim revtim printim buptim doccomm keywords subject category manager comment hlinkbase".split()
)
_READ_ALL_THE_SAME = frozenset(("shpinst", "shptxt", "fldrslt", "result"))
_KEPT_APART = frozenset(
    "header headerl headerr headerf footer footerl footerr footerf footnote".split()
)
_TOLD = frozenset(("title", "fonttbl", "stylesheet"))  # skipped, but for what they say
_ENDS = frozenset(("par", "sect", "page", "column"))
_HIDING = frozenset(("v", "strike", "striked", "deleted"))
_HEADING = re.compile(r"heading ([1-6])", re.IGNORECASE)


@dataclass(slots=True)
class _State:
    """What holds until a group ends. `place` is the destination that its text goes to, an empty text the page."""

    place: str = ""
    hidden: frozenset[str] = frozenset()
    fallback: int = 1  # characters behind one of Unicode, for programs that do not know that
    codec: str = "cp1252"
    font: int = 0
    style: int = 0

    @property
    def shows(self) -> bool:
        return not self.place.startswith("not ")


def rtf_to_raw(content: bytes, limits: Limits) -> Raw:
    """Return the text of an RTF document as one part.

    Raises PermanentError if it is broken, and NeedsOcrError if it holds pictures and no text.
    """
    reader = _Reader(content[content.find(b"{") :].decode("latin-1"))
    reader.read()
    body = reader.flow.html().replace("</ul><ul>", "")
    return reader.around.raw(body, limits, reader.title)


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._state = _State()
        self._states: list[_State] = []  # of the groups around
        self._bytes = bytearray()  # of characters that take more than one
        self._left = 0  # characters to pass over: the fallback of one of Unicode
        self._starred = False
        # What the head says.
        self._codec = "cp1252"
        self._fonts: dict[int, str] = {}
        self._headings: dict[int, int] = {}
        self.title = ""
        self.flow = Flow()
        self._flows: list[Flow] = []  # that a header, footer or note stands in
        self.around = Around("RTF")

    def read(self) -> None:
        at, end = 0, len(self._text)
        while at < end:
            token = _TOKEN.match(self._text, at)
            if token is None:
                raise PermanentError(_BROKEN)
            at = token.end()
            if token["byte"]:
                if self._left:
                    self._left -= 1
                else:
                    self._bytes.append(int(token["byte"], 16))
                continue
            self._say(bytes(self._bytes).decode(self._state.codec, "replace"))
            self._bytes.clear()
            if token["word"] == "bin":
                at += max(int(token["number"] or 0), 0)
            else:
                self._take(token)
            if not self._states:
                break
        if self._states:
            raise PermanentError(_BROKEN)

    def _take(self, token: re.Match[str]) -> None:
        if token["word"]:
            self._word(token["word"], int(token["number"]) if token["number"] else None)
        elif token["brace"]:
            self._brace(token["brace"])
        elif token["sign"]:
            self._sign(token["sign"])
        elif token["text"]:
            self._run(token["text"])

    def _brace(self, brace: str) -> None:
        self._left, self._starred = 0, False
        if brace == "{":
            if len(self._states) >= _DEEPEST:
                raise PermanentError(_BROKEN)
            self._states.append(replace(self._state))
        elif self._states:
            left, self._state = self._state.place, self._states.pop()
            if left != self._state.place and left in _KEPT_APART:
                self._comes_back(left)

    def _comes_back(self, place: str) -> None:
        """Go on where the text was left for a header, a footer, a note."""
        html = self.flow.html()
        self.flow = self._flows.pop()
        if place == "footnote":
            self.around.notes.append(html)
            self.flow.words.append(f"[{len(self.around.notes)}]")
        else:
            self.around.margin(place[:6], html)

    def _word(self, word: str, number: int | None) -> None:
        state = self._state
        if self._left and word not in ("u", "uc"):
            self._left -= 1
            return
        starred, self._starred = self._starred, False
        if word in _SKIPPED or word in _TOLD or (starred and word not in _READ_ALL_THE_SAME):
            self._leave(word)
        elif word in _KEPT_APART:
            if not state.place:
                self._flows.append(self.flow)
                self.flow = Flow()
                state.place = word
        elif word == "u" and number is not None:
            self._say(chr(number % 0x10000))
            self._left = state.fallback
        elif word in _LETTERS:
            self._say(_LETTERS[word])
        elif word in _HIDING:
            state.hidden = state.hidden - {word} if number == 0 else state.hidden | {word}
        else:
            self._property(word, number or 0)

    def _leave(self, word: str) -> None:
        """Read what follows in this group as something that is not text of the page."""
        if not self._state.shows and word not in _TOLD:
            return
        self.around.pictures += word == "pict"
        self.around.objects += word == "object"
        if word in ("listtext", "pntext"):
            self.flow.is_item = True
        self._state.place = f"not {word}"

    def _property(self, word: str, number: int) -> None:
        state = self._state
        if word == "uc":
            state.fallback = max(number, 0)
        elif word == "ansicpg":
            self._codec = state.codec = codec_of(f"cp{number}") or "cp1252"
        elif word == "f":
            state.font, state.codec = number, self._fonts.get(number, self._codec)
        elif word == "fcharset" and state.place == "not fonttbl":
            self._fonts[state.font] = _CHARSETS.get(number, self._codec)
        elif word == "plain":
            state.hidden, state.codec = frozenset(), self._codec
        elif word == "s":
            state.style = number
            if state.shows:
                self.flow.heading = self._headings.get(number, 0)
        elif state.shows:
            self._layout(word, number)

    def _layout(self, word: str, number: int) -> None:
        if word in _ENDS:
            self.flow.ends_paragraph()
        elif word in ("line", "nestrow"):
            self.flow.words.append("<br>")
        elif word == "outlinelevel":
            self.flow.heading = min(number + 1, 6) if number < 9 else 0
        else:
            self.flow.lays_out(word)

    def _sign(self, sign: str) -> None:
        if sign == "*":
            self._starred = True
        elif sign in "\r\n":
            self._word("par", None)
        elif sign in _SIGNS:
            self._run(_SIGNS[sign])

    def _run(self, text: str) -> None:
        """Say what stands there as it is, less the fallback of a character before it."""
        passed = min(self._left, len(text))
        self._left -= passed
        text = text[passed:]
        if not text.isascii():
            text = text.encode("latin-1", "replace").decode(self._state.codec, "replace")
        self._say(text)

    def _say(self, text: str) -> None:
        state = self._state
        if state.place == "not title":
            self.title += text
        elif state.place == "not stylesheet":
            if found := _HEADING.match(text.strip()):
                self._headings[state.style] = int(found[1])
        elif text and state.shows and not state.hidden:
            self.flow.words.append(escape(text))
