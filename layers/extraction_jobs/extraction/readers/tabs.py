"""Tabs in what is read by way of HTML, which would make them spaces: they set columns apart."""

from __future__ import annotations

import re

TAB = "\ue000"  # stands for a tab until the text is written
_TABS = re.compile(f" *{TAB}[ {TAB}]*")
_COLUMN = "   "


def in_columns(text: str) -> str:
    """Return a line or cell with its tabs."""
    return _TABS.sub(_COLUMN, text.strip(TAB + " "))
