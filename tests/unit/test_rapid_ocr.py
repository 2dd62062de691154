"""rapidocr as an engine: a page that lies on its side or upside down is turned before it is read.

The engine is a stand-in that does what was seen of the real one, asked not to turn lines by itself: it turns what is
tall to the left, and reads with little confidence what is upside down then.
"""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from extraction import Control, PageImage, ReadPage, SeenWord, StoppedError
from extraction.ocr.page import Rule
from extraction_models import rapid_ocr

WIDTH, HEIGHT = 600, 800
GOOD, POOR = 0.99, 0.7
# On the upright page, in pixels.
LINES = [("Invoice number INV-7", 50, 100, 350, 130), ("Total due 118.50", 50, 200, 300, 230)]
Corners = list[tuple[float, float]]


def page(turned_to_the_right: int) -> PageImage:
    """A page with a mark in its upper left corner, turned so many quarters."""
    paper = Image.new("L", (WIDTH, HEIGHT), 255)
    paper.paste(0, (0, 0, 40, 40))
    lying = paper.rotate(-90 * turned_to_the_right, expand=True)
    out = io.BytesIO()
    lying.save(out, "PNG")
    return PageImage(out.getvalue(), lying.width, lying.height, (Rule(0.1, 0.9, 0.5),))


class StandIn:
    """`poor` says how sure it is of what is upside down; each page that it was given is in `seen`, by its turns."""

    def __init__(self, good: float = GOOD, poor: float = POOR) -> None:
        self.good, self.poor = good, poor
        self.seen: list[int] = []

    def __call__(self, content: bytes, *, use_cls: bool) -> Any:
        assert not use_cls
        with Image.open(io.BytesIO(content)) as lying:
            right, bottom = lying.width - 1, lying.height - 1
            corners = [(0, 0), (right, 0), (right, bottom), (0, bottom)]
            turns = next(n for n, corner in enumerate(corners) if lying.getpixel(corner) == 0)
        self.seen.append(turns)
        boxes = [_box(turns, *sides) for _, *sides in LINES]
        score = self.good if turns in (0, 1) else self.poor
        return SimpleNamespace(
            boxes=boxes, txts=[line[0] for line in LINES], scores=[score] * len(LINES)
        )


def _box(turns: int, left: float, top: float, right: float, bottom: float) -> Corners:
    """A box of the upright page as it lies after turns to the right, from its own upper left corner clockwise."""
    for number in range(turns):
        height = WIDTH if number % 2 else HEIGHT
        left, top, right, bottom = height - bottom, left, height - top, right
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def read(monkeypatch: pytest.MonkeyPatch, engine: StandIn, turns: int) -> ReadPage:
    monkeypatch.setattr(rapid_ocr, "_loaded", lambda: engine)
    return rapid_ocr.RapidOcr().read(page(turns), control=Control())


@pytest.mark.parametrize(("turns", "looks"), [(0, [0]), (1, [1, 0]), (2, [2, 0]), (3, [3, 0])])
def test_a_page_is_read_upright_however_it_lies(
    monkeypatch: pytest.MonkeyPatch, turns: int, looks: list[int]
) -> None:
    engine = StandIn()
    found = read(monkeypatch, engine, turns)
    assert engine.seen == looks
    assert (found.width, found.height) == (WIDTH, HEIGHT)
    assert found.words == read(monkeypatch, StandIn(), 0).words
    assert [word.text for word in found.words][:3] == ["Invoice", "number", "INV-7"]
    assert found.confidence == pytest.approx(GOOD)
    assert found.rules == (() if turns else (Rule(0.1, 0.9, 0.5),)), "those of what lies ran down"


def test_an_upright_page_that_is_hard_to_read_stays_as_it_lies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = StandIn(good=0.5, poor=0.3)
    found = read(monkeypatch, engine, 0)
    assert engine.seen == [0, 2]
    assert found.confidence == pytest.approx(0.5)


def test_nothing_is_read_once_it_is_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rapid_ocr, "_loaded", StandIn)
    with pytest.raises(StoppedError):
        rapid_ocr.RapidOcr().read(page(0), control=Control(should_stop=lambda: True))


def test_a_page_of_tall_words_lies_on_its_side_and_one_of_narrow_letters_does_not() -> None:
    tall = SeenWord("Invoice", 0.1, 0.1, 0.12, 0.4, 0.9, 0)
    wide = SeenWord("Total", 0.1, 0.5, 0.3, 0.52, 0.9, 1)
    short = SeenWord("1", 0.5, 0.5, 0.501, 0.52, 0.9, 2)
    assert ReadPage(600, 800, (tall, wide)).lies_on_its_side
    assert not ReadPage(600, 800, (wide, short, short, short)).lies_on_its_side
