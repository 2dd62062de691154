"""What everyone should be able to read of a page, and pictures of it for docs/admin."""

from __future__ import annotations

import io
import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "admin"
_COLOURS = 128
_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def look_at(page: Page, name: str, *, picture: bool = True) -> None:
    """By axe nothing serious, and nothing to be scrolled sideways. UPDATE=1 takes the picture of that name."""
    found = Axe().run(page).response["violations"]
    serious = [
        (each["id"], [node["html"] for node in each["nodes"]])
        for each in found
        if each["impact"] in {"serious", "critical"}
    ]
    assert serious == [], name
    assert page.evaluate(_WIDE) <= 0, f"{name} is too wide"
    if picture and os.environ.get("UPDATE"):
        with Image.open(io.BytesIO(page.screenshot())) as taken:
            small = taken.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
            small.save(PICTURES / f"{name}.png", optimize=True)
