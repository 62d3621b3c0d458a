"""Reads the pages of the documentation: sections, tables, code, links and anchors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted(path for path in DOCS.rglob("*.md") if "glossary" not in path.parts),
]
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def section(page: Path, heading: str) -> str:
    """Return what stands below a heading of the second level."""
    _, _, rest = page.read_text().partition(f"\n## {heading}\n")
    assert rest, f"{page.name} has no section '{heading}'"
    return rest.partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of every table row, without its heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [re.split(r"\s*\|\s*", line)[1:-1] for line in lines]
    heads = [at - 1 for at, row in enumerate(cells) if set("".join(row)) <= set("-| ")]
    return [row for at, row in enumerate(cells) if at not in heads and at - 1 not in heads]


def codes(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def links() -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", page.read_text())):
            if not re.match(r"[a-z]+:", target):
                yield page, target


def anchors(page: Path) -> set[str]:
    """Return what a heading is linked by, as forges make it."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
