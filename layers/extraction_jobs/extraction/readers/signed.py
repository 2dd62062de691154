"""Signed content (CMS, RFC 5652): the document inside a signature, as S/MIME and `.p7m` files carry it.

Nothing is verified: what was signed is read, as it would be without the signature. BER is read as far as it takes to
find the content, its indefinite lengths and its strings in pieces included.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

SIGNED = "1.2.840.113549.1.7.2"
ENVELOPED = "1.2.840.113549.1.7.3"
_KINDS = {
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02": SIGNED,
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03": ENVELOPED,
}
_SEQUENCE = b"\x30"
_OBJECT = 0x06
_OCTETS = 0x04
_OCTETS_IN_PIECES = 0x24
_DEEPEST = 30
_MOST_ELEMENTS = 500_000


class _BrokenError(Exception):
    pass


class _Element(NamedTuple):
    tag: int
    start: int  # of its content
    end: int
    after: int  # where the next element begins


class _Reader:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self._left = _MOST_ELEMENTS

    def opened(self) -> tuple[str | None, _Element | None]:
        """Return which kind of content this is, None if of no known one, and the element that holds it."""
        if self.content[:1] != _SEQUENCE:
            return None, None
        parts = list(islice(self.inside(self.element(0, len(self.content), 0)), 2))
        if not parts or parts[0].tag != _OBJECT:
            return None, None
        kind = _KINDS.get(self.content[parts[0].start : parts[0].end])
        return kind, parts[1] if len(parts) > 1 else None

    def inside(self, element: _Element) -> Iterator[_Element]:
        """Yield the elements that an element is made of."""
        at = element.start
        while at < element.end:
            inner = self.element(at, element.end, 0)
            yield inner
            at = inner.after

    def element(self, at: int, limit: int, depth: int) -> _Element:
        """Return the element that begins at a place. Raises _BrokenError if it does not end before the limit."""
        content = self.content
        self._left -= 1
        if at + 2 > limit or depth > _DEEPEST or content[at] & 0x1F == 0x1F or self._left < 0:
            raise _BrokenError
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
            raise _BrokenError
        return _Element(tag, start, start + size, start + size)

    def octets(self, element: _Element, depth: int = 0) -> Iterator[bytes]:
        """Yield the pieces of a string. Raises _BrokenError if the element is none."""
        if element.tag == _OCTETS:
            yield self.content[element.start : element.end]
        elif element.tag == _OCTETS_IN_PIECES and depth < _DEEPEST:
            for piece in self.inside(element):
                yield from self.octets(piece, depth + 1)
        else:
            raise _BrokenError


def kind_of(content: bytes) -> str | None:
    """Return SIGNED or ENVELOPED, None if the content is neither."""
    try:
        return _Reader(content).opened()[0]
    except _BrokenError:
        return None


def signed_content(content: bytes) -> bytes | None:
    """Return what was signed, None if this is not signed or carries no content."""
    reader = _Reader(content)
    try:
        kind, holder = reader.opened()
        if kind != SIGNED or holder is None:
            return None
        signed = next(reader.inside(holder))
        _, _, encapsulated, *_ = reader.inside(signed)
        _, explicit = reader.inside(encapsulated)
        return b"".join(reader.octets(next(reader.inside(explicit))))
    except (_BrokenError, StopIteration, ValueError):
        return None
