"""What the controls of a form show: what was typed, chosen, or ticked."""

from __future__ import annotations

from selectolax.lexbor import LexborNode

CONTROLS = frozenset(("input", "textarea", "select"))
# Inputs that show no text, or only what pressing them does.
_WITHOUT_VALUE = frozenset("hidden password submit button reset image file range color".split())
_LONGEST_LABEL = 200  # characters
_TICKED = frozenset(("checkbox", "radio"))


def value_of(control: LexborNode) -> str:
    """Return what a control shows, an empty text if that is nothing; a box is `[x]` or `[_]`."""
    attributes = control.attributes
    if control.tag == "textarea":
        return (control.text() or "").strip()
    if control.tag == "select":
        return ", ".join(filter(None, map(_option, _chosen(control))))
    kind = (attributes.get("type") or "text").strip().casefold()
    if kind in _TICKED:
        return "[x]" if "checked" in attributes else "[_]"
    return "" if kind in _WITHOUT_VALUE else (attributes.get("value") or "").strip()


def labels_of(body: LexborNode) -> dict[str, str]:
    """Return the texts of a page's labels by the `id` of their controls."""
    return {
        of: " ".join(label.text()[:_LONGEST_LABEL].split()).rstrip(":").rstrip()
        for label in body.css("label[for]")
        if (of := label.attributes.get("for"))
    }


def label_of(control: LexborNode, labels: dict[str, str]) -> str:
    """Return how a control is labelled elsewhere than beside it, an empty text if it is not."""
    attributes = control.attributes
    named = labels.get(attributes.get("id") or "") or attributes.get("aria-label") or ""
    return " ".join(named.split())


def _chosen(select: LexborNode) -> list[LexborNode]:
    options = select.css("option")
    chosen = [option for option in options if "selected" in option.attributes]
    if chosen or "multiple" in select.attributes:
        return chosen
    return options[:1] if (select.attributes.get("size") or "1") == "1" else []


def _option(option: LexborNode) -> str:
    """Return an option's words; one without a value only asks to choose."""
    if option.attributes.get("value", " ") in ("", None):
        return ""
    return " ".join((option.text() or option.attributes.get("label") or "").split())
