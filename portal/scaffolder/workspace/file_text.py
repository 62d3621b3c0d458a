"""Decodes the bytes of a file to text for rendering, and encodes it again without loss.

Backstage decodes every file that does not look binary as UTF-8 and replaces invalid bytes;
here a file with invalid bytes is copied unchanged, and the reason is logged.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

_HEAD = 512
#: Byte order marks, and the encodings they stand for.
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_BYTE_ORDER_MARKS = (codecs.BOM_UTF8, *(mark for mark, _ in _MARKS))


@dataclass(frozen=True, slots=True)
class FileText:
    """The text of a file, and its encoding.

    Attributes:
        text: The text; a byte order mark of UTF-8 is its first character.
        codec: ``utf-8``, ``utf-16-le`` or ``utf-16-be``.
        mark: The byte order mark of UTF-16; empty for UTF-8.
    """

    text: str
    codec: str = "utf-8"
    mark: bytes = b""

    def encode(self, text: str) -> bytes:
        """Return another text in the file's encoding."""
        return self.mark + text.encode(self.codec, "replace")


def read_text(data: bytes) -> FileText | None:
    """Return the text of a file; ``None`` when it is no valid UTF-8, or UTF-16 with a mark."""
    mark, codec = next((one for one in _MARKS if data.startswith(one[0])), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(codec)
    except UnicodeDecodeError:
        return None
    return None if mark and "\0" in text else FileText(text, codec, mark)


def why_not_rendered(data: bytes, opening: str) -> str:
    """Return why a file's content is copied unchanged; empty when it can be rendered.

    Args:
        data: The file's content.
        opening: The text that opens an expression. A binary file without it has nothing to
            render, so the reason is empty.
    """
    if is_binary(data):
        return f"it looks binary, although it holds '{opening}'" if _holds(data, opening) else ""
    return "" if read_text(data) else "it is neither UTF-8 nor UTF-16 with a byte order mark"


def _holds(data: bytes, opening: str) -> bool:
    return any(opening.encode(codec) in data for codec in ("ascii", "utf-16-le", "utf-16-be"))


def is_binary(data: bytes) -> bool:
    """Return whether content is binary, judging by its first 512 bytes.

    Rule: npm's ``isbinaryfile``, which Backstage uses: content is binary with a NUL byte, as
    PDF, or when more than 10 % of it are control characters and bytes that are not UTF-8;
    it is text with a byte order mark.
    """
    head = data[:_HEAD]
    if head.startswith(_BYTE_ORDER_MARKS):
        return False
    if b"\0" in head or head.startswith(b"%PDF-"):
        return True
    return _strange(head) * 10 > len(head)


def _strange(head: bytes) -> int:
    """Count the bytes that are neither printable nor part of UTF-8."""
    text = head.decode("utf-8", "surrogateescape")
    # A character that is cut in two by the end of the head does not count.
    tail = text[-3:] if len(head) == _HEAD else ""
    return sum(_is_stray(char) or _is_control(char) for char in text) - sum(map(_is_stray, tail))


def _is_stray(char: str) -> bool:
    return "\udc80" <= char <= "\udcff"


def _is_control(char: str) -> bool:
    return ord(char) < 7 or 14 < ord(char) < 32
