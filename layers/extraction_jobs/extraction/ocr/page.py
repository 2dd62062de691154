"""A page on its way through OCR: its image, the words that were seen on it, and who reads it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from extraction.model import Control

MOST_IMAGE_BYTES = 5_000_000  # what Textract takes inline
MOST_IMAGE_SIDE = 4_000  # pixels
# The mean of a page's words, by their letters. Below it a person should look at the page.
READABLE_CONFIDENCE = 0.8
_SHORT = 2  # letters
_MOST = 0.5


class SeenWord(NamedTuple):
    """A word that OCR saw.

    `left`, `top`, `right` and `bottom` are shares (0..1) of the upright page's width and height, from its top left
    corner. `confidence` is 0..1. `line` is the number of the line that the engine found the word in: words of one line
    have a space between them.
    """

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float
    line: int


class Rule(NamedTuple):
    """A horizontal line that is drawn on a page, or the upper edge of something dark; shares as in SeenWord."""

    left: float
    right: float
    base: float


@dataclass(frozen=True, slots=True)
class PageImage:
    """A page as a picture: grey, upright, a PNG or a JPEG of at most MOST_IMAGE_BYTES.

    `width` and `height` are pixels, at most MOST_IMAGE_SIDE each. `rules` are no words, and no engine tells them.
    `blank` says that next to nothing on it is dark: the back of a sheet that is printed on one side.
    """

    content: bytes
    width: int
    height: int
    rules: tuple[Rule, ...] = ()
    blank: bool = False

    def with_words(self, words: Iterable[SeenWord], turns: int = 0) -> ReadPage:
        """Return the page as it was read, after it was turned so many quarters: without `rules` then, if any."""
        width, height = (self.height, self.width) if turns % 2 else (self.width, self.height)
        return ReadPage(width, height, tuple(words), () if turns else self.rules, self.blank)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON that `from_json` turns back into an equal image."""
        return asdict(self) | {"content": base64.b64encode(self.content).decode("ascii")}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> PageImage:
        """Return what `to_json` was made of."""
        rules = tuple(Rule(*rule) for rule in value["rules"])
        return cls(**{**value, "content": base64.b64decode(value["content"]), "rules": rules})


@dataclass(frozen=True, slots=True)
class ReadPage:
    """What OCR made of a page.

    `width` and `height` are those of its image when it is upright, in pixels; `rules` and `blank` are the image's.
    """

    width: int
    height: int
    words: tuple[SeenWord, ...]
    rules: tuple[Rule, ...] = ()
    blank: bool = False

    @property
    def confidence(self) -> float:
        """The mean of the words' confidence, by their letters; 0 without words."""
        return self._mean(lambda word: word.confidence)

    @property
    def lies_on_its_side(self) -> bool:
        """Whether most of its words, by their letters, are taller than they are wide. A short one may well be."""

        def is_tall(word: SeenWord) -> bool:
            across, down = word.right - word.left, word.bottom - word.top
            return len(word.text) > _SHORT and down * self.height > across * self.width

        return self._mean(is_tall) > _MOST

    def _mean(self, value: Callable[[SeenWord], float]) -> float:
        letters = sum(len(word.text) for word in self.words)
        total = sum(value(word) * len(word.text) for word in self.words)
        return total / letters if letters else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON that `from_json` turns back into an equal page: a checkpoint."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ReadPage:
        """Return what `to_json` was made of."""
        words = tuple(SeenWord(*word) for word in value["words"])
        rules = tuple(Rule(*rule) for rule in value["rules"])
        return cls(**{**value, "words": words, "rules": rules})


@dataclass(frozen=True, slots=True)
class ScannedPage:
    """A page of a document that only OCR can read.

    Attributes:
        document: the SHA-256, in hex, of the file that the page is in.
        number: of the page, from 1.
        place, count: this is page `place`, from 1, of `count` such pages of the file.
        image: makes its picture, in a process of its own. Raises as `read_document`.
    """

    document: str
    number: int
    place: int
    count: int
    image: Callable[[], PageImage]


# Called for each such page, in order. Keeps what it returns: the same page may be asked for by the next attempt.
PageReader = Callable[[ScannedPage], ReadPage]


class Engine(Protocol):
    """What sees words in an image."""

    def read(self, image: PageImage, *, control: Control) -> ReadPage:
        """Return the page with its words, line by line.

        Raises:
            StoppedError: as soon as `control.should_stop()` is true.
            RetryableError: the job may go on later from this page.
            MisconfiguredError: no page of any document would succeed.
            PermanentError: this page cannot be read; others may.
        """
        ...
