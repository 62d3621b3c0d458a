"""Detects Git LFS pointers: files whose content is on an LFS server, not in the repository.

Rule: the LFS specification, "The Pointer": the first line of a pointer is the version, and
it has fewer than 1,024 bytes. The portal never requests the content from the LFS server.
"""

from __future__ import annotations

_VERSIONS = (
    b"version https://git-lfs.github.com/spec/",
    b"version https://hawser.github.com/spec/",
)
_LARGEST_POINTER = 1_024


def is_pointer(data: bytes) -> bool:
    """Return whether a file's content is a Git LFS pointer."""
    return len(data) < _LARGEST_POINTER and data.startswith(_VERSIONS) and b"\noid " in data
