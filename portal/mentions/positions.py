"""Offsets in a text, in the units of the caller's language.

The names are those of the Language Server Protocol's ``PositionEncodingKind``.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping

#: How many bytes a unit has, and the codec that makes them; ``utf-16`` is what JavaScript,
#: Java and C# count in, ``utf-32`` what Python counts in, ``utf-8`` what Go and Rust count in.
_UNITS: Mapping[str, tuple[int, str]] = {
    "utf-16": (2, "utf-16-le"),
    "utf-32": (4, "utf-32-le"),
    "utf-8": (1, "utf-8"),
}
ENCODINGS = tuple(_UNITS)


def converted(text: str, offsets: Iterable[int], encoding: str) -> dict[int, int]:
    """Return offsets in characters as offsets in the units of an encoding.

    Args:
        text: The text; it is gone through once.
        offsets: Offsets in characters (Unicode code points).
        encoding: One of ``ENCODINGS``.
    """
    size, codec = _UNITS[encoding]
    found, at, units = {}, 0, 0
    for offset in sorted(set(offsets)):
        units += len(text[at:offset].encode(codec, "surrogatepass")) // size
        found[offset] = units
        at = offset
    return found
