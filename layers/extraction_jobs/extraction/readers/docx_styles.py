"""What the styles of a DOCX say: their names, and which of them hide or strike out text."""

from __future__ import annotations

from xml.etree import ElementTree as ET

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
OFF = frozenset(("0", "false", "off", "none"))


class Styles:
    """Which styles hide or strike out text."""

    def __init__(self, styles: ET.Element | None) -> None:
        self._by_id: dict[str, ET.Element] = {}
        for style in styles.iter(f"{W}style") if styles is not None else ():
            self._by_id.setdefault(style.get(f"{W}styleId") or "", style)

    def unseen(self, properties: ET.Element | None, paragraph: str | None) -> bool:
        """Tell whether a run with these properties in a paragraph of this style is hidden or struck out."""
        character = value_of(properties, "rStyle")
        for name in ("vanish", "strike", "dstrike"):
            said = switch_of(properties, name)
            for style in (character, paragraph):
                if said is None:
                    said = self._of_style(style, name)
            if said:
                return True
        return False

    def _of_style(self, style_id: str | None, name: str) -> bool | None:
        seen: set[str] = set()
        while style_id and style_id not in seen:
            seen.add(style_id)
            style = self._by_id.get(style_id)
            if style is None:
                return None
            said = switch_of(style.find(f"{W}rPr"), name)
            if said is not None:
                return said
            style_id = value_of(style, "basedOn")
        return None

    def name(self, style_id: str | None) -> str:
        """Return what a style is called, an empty text if that is not said."""
        return value_of(self._by_id.get(style_id or ""), "name") or ""

    def numbering(self, style_id: str | None) -> ET.Element | None:
        """Return what a style says of numbering, None if nothing."""
        style = self._by_id.get(style_id or "")
        return style.find(f"{W}pPr/{W}numPr") if style is not None else None


def value_of(parent: ET.Element | None, name: str) -> str | None:
    """Return the value of a property, None if it has none."""
    child = parent.find(W + name) if parent is not None else None
    return None if child is None else child.get(f"{W}val")


def switch_of(properties: ET.Element | None, name: str) -> bool | None:
    """Return whether a property is on, None if nothing is said of it."""
    child = properties.find(W + name) if properties is not None else None
    return None if child is None else child.get(f"{W}val", "1").casefold() not in OFF
