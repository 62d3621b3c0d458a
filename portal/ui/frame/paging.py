"""Pages of lists."""

from __future__ import annotations


def page_count(total: int, size: int) -> int:
    """Return the number of pages, at least one."""
    return max(1, -(-total // size))
