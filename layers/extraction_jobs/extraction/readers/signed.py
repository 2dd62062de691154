"""Signed content (CMS, RFC 5652): the document inside a signature, as S/MIME and `.p7m` files carry it.

Nothing is verified: what was signed is read, as it would be without the signature. BER is read as far as it takes to
find the content, its indefinite lengths and its strings in pieces included.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

SIGNED = "1.2.840.113549.1.7.2"
ENVELOPED = "1.2.840.113549.1.7.3"
_KINDS = {
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02": SIGNED,
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03": ENVELOPED,
}
_SEQUENCE = b"\x30"
_OCTETS = 0x04
_OCTETS_IN_PIECES = 0x24
_DEEPEST = 30
_MOST_ELEMENTS = 500_000


class _Element(NamedTuple):
    tag: int
    start: int  # of its content
    end: int
    after: int  # where the next element begins


def opened(content: bytes) -> tuple[str | None, bytes | None]:
    """Return whether this is SIGNED, ENVELOPED or neither (None), and what was signed, None if it is not in there."""
    kind = None
    if content[:1] != _SEQUENCE:
        return None, None
    reader = _Reader(content)
    with suppress(ValueError, StopIteration):  # broken, or without content
        parts = reader.inside(reader.element(0, len(content), 0))
        name = next(parts)
        kind = _KINDS.get(content[name.start : name.end])
        if kind == SIGNED:
            _, _, encapsulated, *_ = reader.inside(next(reader.inside(next(parts))))
            _, explicit = reader.inside(encapsulated)
            return kind, b"".join(reader.octets(next(reader.inside(explicit)), 0))
    return kind, None


class _Reader:
    """Finds elements. Each method raises ValueError where the content is none of them."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._left = _MOST_ELEMENTS

    def inside(self, element: _Element) -> Iterator[_Element]:
        """Yield the elements that an element is made of."""
        at = element.start
        while at < element.end:
            inner = self.element(at, element.end, 0)
            yield inner
            at = inner.after

    def element(self, at: int, limit: int, depth: int) -> _Element:
        """Return the element that begins at a place and ends before the limit."""
        content = self._content
        self._left -= 1
        if at + 2 > limit or depth > _DEEPEST or content[at] & 0x1F == 0x1F or self._left < 0:
            raise ValueError
        tag, size, start = content[at], content[at + 1], at + 2
        if size == 0x80:
            end = start
            while content[end : end + 2] != b"\0\0":
                end = self.element(end, limit, depth + 1).after
            return _Element(tag, start, end, end + 2)
        if size > 0x80:
            start += size - 0x80
            size = int.from_bytes(content[at + 2 : start], "big")
        if start + size > limit:
            raise ValueError
        return _Element(tag, start, start + size, start + size)

    def octets(self, element: _Element, depth: int) -> Iterator[bytes]:
        """Yield the pieces of a string."""
        if element.tag == _OCTETS:
            yield self._content[element.start : element.end]
        elif element.tag == _OCTETS_IN_PIECES and depth < _DEEPEST:
            for piece in self.inside(element):
                yield from self.octets(piece, depth + 1)
        else:
            raise ValueError
