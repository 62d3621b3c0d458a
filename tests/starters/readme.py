"""What the README of every starter has, in one order, and what it says of the first call."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

#: The level-2 headings, in their order, by the language of the text.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "Two commands",
        "The two use cases",
        "What to look at, in this order",
        "Settings",
        "The real engines",
        "Limits",
    ),
    "ko": (
        "명령 두 개",
        "두 가지 사용 사례",
        "읽는 순서",
        "설정",
        "실제 엔진으로",
        "한계",
    ),
}
#: The first row of the table of settings.
SETTINGS_ROW = {"en": "| Name | Now | Meaning |", "ko": "| 이름 | 지금 | 뜻 |"}
#: A measured size may be off by this share of it.
TOLERANCE = 0.25
#: What a first call puts into a project.
_INSTALLED = (".venv", "node_modules")
_MEGABYTES = {"en": re.compile(r"\babout (\d+) MB\b"), "ko": re.compile(r"약 (\d+) MB")}
_MINUTES = {
    "en": re.compile(r"\btakes about (?:a minute|\d+ minutes)\b"),
    "ko": re.compile(r"\d+분쯤 걸립니다"),
}
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


def headings(text: str) -> tuple[str, ...]:
    """Return the level-2 headings of a text in Markdown."""
    return tuple(_HEADING.findall(_FENCE.sub("", text)))


def section(text: str, heading: str) -> str:
    """Return what stands below a level-2 heading, empty when there is none."""
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True)).get(heading, "")


def stated_megabytes(text: str, language: str) -> int | None:
    """Return how many MB the README says the first call installs, if it says so once."""
    found = _MEGABYTES[language].findall(_first(text, language))
    return int(found[0]) if len(found) == 1 else None


def states_minutes(text: str, language: str) -> bool:
    """Return whether the README says how long the first call takes."""
    return bool(_MINUTES[language].search(_first(text, language)))


def _first(text: str, language: str) -> str:
    """Return the section of the two commands, its lines joined."""
    return " ".join(section(text, HEADINGS[language][0]).split())


def measured_megabytes(project: Path) -> int:
    """Return how much of the disk is taken by what was installed, in MB (2 ** 20 bytes)."""
    seen: dict[tuple[int, int], int] = {}
    for name in _INSTALLED:
        for folder, folders, files in os.walk(project / name):
            for path in (Path(folder, one) for one in (*folders, *files)):
                found = path.lstat()
                seen[found.st_dev, found.st_ino] = found.st_blocks * 512
    return round(sum(seen.values()) / 2**20)


def is_near(stated: int, measured: int) -> bool:
    """Return whether a stated size is as good as the measured one."""
    return abs(stated - measured) <= TOLERANCE * measured
