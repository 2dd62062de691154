"""What everyone should be able to read of a page, and pictures of it for docs/admin."""

from __future__ import annotations

import io
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Locator, Page

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "admin"
_COLOURS = 128
_SHOW = "e => e.scrollIntoView({block: e.matches('h2') ? 'start' : 'center'})"
# Colours are those of a desktop on a phone, and all else is in the dark what it is in the light.
_RULES: dict[str, dict[str, Any]] = {
    "phone": {"rules": {"color-contrast": {"enabled": False}}},
    "dark": {"runOnly": ["color-contrast"]},
    "light": {},
}
# Of what axe finds no fault with it would tell each element, which takes longer than to look.
_AXE = """async rules =>
  (await axe.run({...rules, resultTypes: ["violations"]})).violations
    .filter(each => ["serious", "critical"].includes(each.impact))
    .map(each => [each.id, each.nodes.map(node => node.html)])"""
_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

Look = tuple[int, int, Literal["light", "dark"]]
LOOKS: dict[str, Look] = {
    "phone": (390, 844, "light"),
    "dark": (1200, 900, "dark"),
    "light": (1200, 900, "light"),
}


def look_at(
    page: Page,
    name: str,
    *,
    at: Locator | None = None,
    picture: bool = True,
    looks: Collection[str] = tuple(LOOKS),
) -> None:
    """By axe nothing serious, and nothing to be scrolled sideways. UPDATE=1 takes the pictures of that name.

    `at` is what a picture begins with, a heading, or has in its middle.
    """
    for look in looks:
        width, height, scheme = LOOKS[look]
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        if at is not None:
            at.evaluate(_SHOW)
        if not page.evaluate("'axe' in window"):
            page.evaluate(Axe().axe_script)
        assert page.evaluate(_AXE, _RULES[look]) == [], (name, look)
        assert page.evaluate(_WIDE) <= 0, f"{name} is too wide: {look}"
        if picture and os.environ.get("UPDATE"):
            with Image.open(io.BytesIO(page.screenshot())) as taken:
                small = taken.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
                small.save(PICTURES / f"{name}-{look}.png", optimize=True)
