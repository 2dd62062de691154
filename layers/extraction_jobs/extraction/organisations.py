"""What a document says of the organisations that it names: in the block under a name, and by their web domains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from extraction.confidence import MENTION
from extraction.drafts import Draft
from extraction.findings import Leaf, leaf
from extraction.frames import Frame
from extraction.parsed_text import ParsedText
from extraction.prose.bodies import block_details, desk_of, is_domain_of
from extraction.recognise import codes
from extraction.recognise.value import Value

Named = tuple[Leaf, Mapping[str, Leaf]]  # a name, and what stands beside it

_MOST_ADDRESSES = 100  # of mail or web that are compared with names
_MOST_BODIES = 500  # whose blocks are read


def with_blocks(parsed: ParsedText, named: Sequence[Named]) -> list[Named]:
    """Add to each name what stands in the lines under it; what the sentence itself says goes first."""
    seen: set[int] = set()
    result: list[Named] = []
    for found, beside in named:
        slots = beside
        if found[1] not in seen and len(seen) < _MOST_BODIES:
            seen.add(found[1])
            block = block_details(parsed.text, found[1], found[2])
            said = {
                name: place
                for name, place in beside.items()
                if not _is_part_of(place, block.get(name))
            }
            slots = {**{name: leaf(value, MENTION) for name, value in block.items()}, **said}
        result.append((found, slots))
    return result


def _is_part_of(found: Leaf, whole: Value | None) -> bool:
    """Tell the first line of an address from the whole of it."""
    return (
        whole is not None and whole.start <= found[1] and len(str(found[0])) < len(str(whole.value))
    )


def add_contacts(
    parsed: ParsedText, frame: Frame, drafts: Sequence[Draft], mentions: Sequence[Mapping[str, Any]]
) -> None:
    """Give a body the mail and web addresses whose domain is its name."""
    if frame.identity is None or not drafts:
        return
    slots = {slot.path[-1]: slot for slot in frame.slots if len(slot.path) == 1}
    mails = [m["leaf"] for m in mentions if m["what"] == "email"]
    mails = mails[:_MOST_ADDRESSES]
    sites = codes.find_urls(parsed.text, 0, len(parsed.text)) if "website" in slots else []
    sites = sites[:_MOST_ADDRESSES]
    for draft in drafts[:_MOST_BODIES]:
        name = str(draft.value(frame.identity))
        email, website = slots.get("email"), slots.get("website")
        if email is not None and email.index not in draft.slots:
            own = next((m for m in mails if desk_of(name, str(m[0]))), None)
            if own is not None:
                value = Value(own[0], own[1], own[2], 0.9)
                draft.slots[email.index] = [leaf(value, MENTION)]
        if website is not None and website.index not in draft.slots:
            site = next((s for s in sites if is_domain_of(name, str(s.value))), None)
            if site is not None and parsed.text[max(0, site.start - 1) : site.start] != "@":
                draft.slots[website.index] = [leaf(site, MENTION)]
