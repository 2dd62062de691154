"""From bytes to characters: byte order marks, declared and guessed encodings.

A label is taken as browsers and mail programs take it (the Encoding Standard's table, by `webencodings`): what says
`iso-8859-1` is Windows-1252, `gb2312` is GB 18030, `shift_jis` is Windows-31J. A text that is nearly in an encoding is
read in it, with U+FFFD for what is not; it is never read in another one for a few broken bytes.
"""

from __future__ import annotations

import codecs
import re

from extraction.errors import PermanentError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LABEL = rb"(?:charset|encoding)\s{0,5}=\s{0,5}[\"']?([A-Za-z0-9_.:-]{1,40})"
_DECLARED = re.compile(_LABEL, re.IGNORECASE)
_DECLARED_IN_A_TAG = re.compile(rb"<(?:meta|\?xml)\b[^>]{0,500}?" + _LABEL, re.IGNORECASE)
_HEAD = 4096  # bytes
_MEDIA_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([^\s\"';]{1,40})", re.IGNORECASE)
_CONTROLS = bytes(set(range(32)) - {9, 10, 11, 12, 13, 27})
_SAMPLE = 65_536
_BROKEN_SHARE = 50  # one broken character in so many leaves the rest readable
# Encodings that Python knows but that decode bytes to something other than text, or that a
# sender could use to make few bytes into many characters.
_TEXT_CODECS = re.compile(
    r"^(?:utf|iso8859|iso2022|cp\d|mac|koi8|gb|big5|euc|shift|latin|ascii|hz|johab|tis|kz|ptcp)",
)
# Encodings of seven bits: what they hold looks like ASCII, so they are tried before UTF-8.
_SHIFTED = re.compile(r"iso2022|hz$|utf-?7$")
_WIDE = re.compile(r"utf-?(?:16|32)")
_JIS_SHIFT = re.compile(rb"\x1b(\$[@B]|\([BIJ])([^\x1b]*)")
_WHATWG = "extraction.whatwg"


def decode(content: bytes, charset: str = "") -> str:
    """Decode bytes to text; `charset` is what whoever sent them says. Raises PermanentError if they are not text."""
    if not content.strip(b"\x00\t\n\r "):
        raise PermanentError("The document is empty.")
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, errors="replace")
    said, in_content = codec_of(charset), _declared(_DECLARED_IN_A_TAG, content)
    if said is not None and _WIDE.match(said):
        return content.decode(said, errors="replace")
    if (shifted := _shifted(content, said or in_content)) is not None:
        return shifted
    sample = content[:_SAMPLE]
    if wide := _wide_encoding(sample):
        return content.decode(wide, errors="replace")
    if len(sample) - len(sample.translate(None, _CONTROLS)) > len(sample) // 100 + 1:
        raise PermanentError("The document is not text: it has too many control characters.")
    return _of_bytes(content, (said, in_content, _declared(_DECLARED, content)))


def _of_bytes(content: bytes, codecs_said: tuple[str | None, ...]) -> str:
    """Decode what has a byte or more for each character: as UTF-8 if it nearly is, else as it is said to be."""
    repaired = content.decode("utf-8", errors="replace")
    broken = repaired.count("\ufffd")
    if not broken or sum(c > "\x7f" for c in repaired) > 3 * broken:
        return repaired
    for codec in codecs_said:
        if codec is not None and not codec.startswith("utf"):
            text = _decoded(content, codec)
            if _is_sound(text):
                return text
    return _decoded(content, "cp1252")


def is_plain(content: bytes) -> bool:
    """Tell bytes that are all characters of a text, by how they begin; the last one may be cut."""
    sample = content[:_HEAD]
    broken = sample.decode(errors="replace").count("\ufffd")
    return broken <= 1 and not any(map(_CONTROLS.__contains__, sample))


def decode_as(content: bytes, label: str) -> str | None:
    """Decode bytes in an encoding with this label, U+FFFD for what is not in it; None if no encoding has it."""
    codec = codec_of(label)
    return None if codec is None else _decoded(content, codec)


def charset_of(media_type: str | None) -> str:
    """Return the charset that a media type names, or an empty string."""
    found = _MEDIA_CHARSET.search(media_type or "")
    return found[1] if found else ""


def codec_of(label: str) -> str | None:
    """Return the name of Python's codec for a label, None if there is none or it is not of text."""
    label = label.strip(" \t\r\n\"'").casefold()
    if not label.isascii() or not label:
        return None
    import webencodings

    found = webencodings.lookup(label)
    if found is not None and found.name not in ("replacement", "x-user-defined"):
        name = str(found.codec_info.name)
        return "gb18030" if name == "gbk" else name
    for known in (label, label.removeprefix("x-")):
        try:
            name = codecs.lookup(known).name
        except (LookupError, ValueError):
            continue
        if _TEXT_CODECS.match(name.replace("-", "").replace("_", "")):
            return name
    return None


def _declared(pattern: re.Pattern[bytes], content: bytes) -> str | None:
    found = pattern.search(content[:_HEAD])
    return codec_of(found[1].decode("ascii")) if found else None


def _shifted(content: bytes, codec: str | None) -> str | None:
    """Decode what an encoding of seven bits holds; None if it is in none."""
    if not content.isascii():
        return None
    if b"\x1b$)C" in content[:_SAMPLE]:
        codec = "iso2022_kr"
    elif b"\x1b$B" in content or b"\x1b$@" in content:
        codec = "iso2022_jp"
    if codec is None or not _SHIFTED.match(codec):
        return None
    text = _decoded(content, codec)
    return text if _is_sound(text) else None


def _decoded(content: bytes, codec: str) -> str:
    if codec.startswith("iso2022_jp"):
        content, codec = _euc(content), "euc_jp"
    if codec == "euc_jp":
        try:
            return content.decode("euc_jp")
        except UnicodeDecodeError:
            codec = "euc_jis_2004"  # with the characters that vendors added
    if codec == "hz" or codec.startswith(("iso2022", "utf")):
        return content.decode(codec, errors="replace")
    return content.decode(codec, errors=_WHATWG)


def _is_sound(text: str) -> bool:
    return text.count("\ufffd") <= 1 + len(text) // _BROKEN_SHARE


def _euc(content: bytes) -> bytes:
    """Return ISO-2022-JP as EUC-JP: Python's codecs of the former know fewer characters than mail programs send."""

    def in_euc(shifted: re.Match[bytes]) -> bytes:
        kind, piece = shifted.groups()
        if kind.startswith(b"$"):
            return bytes(byte | 0x80 if 0x21 <= byte <= 0x7E else byte for byte in piece)
        if kind == b"(I":
            return b"".join(b"\x8e%c" % (byte | 0x80) for byte in piece if byte > 0x20)
        return bytes(piece)

    return _JIS_SHIFT.sub(in_euc, content)


def _wide_encoding(sample: bytes) -> str | None:
    """Tell UTF-16 without a mark by where the zero bytes of plain letters are."""
    if len(sample) < 8:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    for name, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros > half * 0.6 and others < half * 0.05:
            return name
    return None


def _as_browsers_do(error: UnicodeError) -> tuple[str, int]:
    """Replace what a codec of Python's does not know: a control character, the euro sign of GBK, or U+FFFD."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    byte = error.object[error.start]
    if error.encoding == "charmap" and 0x80 <= byte <= 0x9F:
        return chr(byte), error.start + 1
    if error.encoding == "gb18030" and byte == 0x80:
        return "€", error.start + 1
    return "\ufffd", max(error.end, error.start + 1)


codecs.register_error(_WHATWG, _as_browsers_do)
