"""What pydantic finds wrong with a field, as the rule that the caller is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_BOUNDS = {
    "too_long": ("max_length", "most"),
    "string_too_long": ("max_length", "most"),
    "too_short": ("min_length", "least"),
    "string_too_short": ("min_length", "least"),
}
_PLAIN = {"missing": "must be given", "extra_forbidden": "is not a field of this request"}
_SHOULD = re.compile(r"^(Input|String|Value|List|Dictionary|UUID|Datetime) should ")


def rule_of(error: Mapping[str, Any]) -> str:
    """Returns the rule that an error of pydantic's `errors()` is about, as what follows the field's name.

    A text with a check of its own is to pydantic a value with items: here its length is in characters.
    """
    kind, context = str(error["type"]), error.get("ctx") or {}
    if kind in _BOUNDS:
        name, side = _BOUNDS[kind]
        count = context[name]
        text = kind.startswith("string") or context.get("field_type") == "Value"
        verb, unit = ("be", "character") if text else ("have", "item")
        return f"must {verb} at {side} {count} {unit}{'' if count == 1 else 's'}"
    if kind in _PLAIN:
        return _PLAIN[kind]
    return _SHOULD.sub("must ", str(error["msg"]).removeprefix("Value error, "))
