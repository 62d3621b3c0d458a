"""The main menu: one row for each room of pages that has an entry."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the main menu.

    Attributes:
        section: What pages set as ``section``; its text is ``nav.<section>``.
        path: The address of its first page.
    """

    section: str
    path: str


#: In the order they are shown.
MENU = (
    Entry("glossary", "/"),
    Entry("catalog", "/catalog"),
    Entry("coverage", "/coverage"),
    Entry("create", "/create"),
    Entry("tasks", "/tasks"),
    Entry("docs", "/docs"),
    Entry("api", "/api/docs"),
)
