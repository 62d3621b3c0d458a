"""Every sentence of the glossary's source stands in the descriptors, unchanged."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from portal.catalog.ingestion.checker import check
from portal.glossary.integrity import check_glossary
from portal.kernel import yaml12
from portal.scm.worktree import WorkingTree

ROOT = Path(__file__).parents[2]
SOURCE = (ROOT / "docs/glossary/source.ko.md").read_text(encoding="utf-8")
NAMES = (
    "mlops",
    "feature-store",
    "concept-drift",
    "circuit-breaker",
    "idempotency",
    "apache-kafka",
    "etl",
    "data-warehouse",
    "platform-engineering",
    "backstage",
    "tech-lead",
)
SECTIONS = {
    "1줄 요약": "summary",
    "3줄 요약": "overview",
    "심층 설명": "explanation",
    "Vibe Coder에게 왜 중요한가?": "relevance",
    "실제 사용 용례": "useCases",
}


@dataclass(frozen=True)
class Section:
    """A section of the source: what stands beside its heading, and the lines below."""

    heading: str
    lines: tuple[str, ...]


def source_concepts() -> list[tuple[str, list[Section]]]:
    """Return the concepts of the source; fails on a line that is in no section."""
    found = []
    for part in re.split(r"^## \d+\. ", SOURCE, flags=re.MULTILINE)[1:]:
        title, *lines = part.splitlines()
        sections: list[tuple[str, list[str]]] = []
        for line in lines:
            heading = re.fullmatch(r"-   \*\*(.+?)\*\*:?\s*(.*)", line)
            if heading:
                first = [heading[2]] if heading[2] else []
                sections.append((heading[1].rstrip(":"), first))
            elif line.strip() and line.strip() != "---":
                assert line.startswith("    "), f"a line outside of all sections: {line}"
                assert sections, f"a line before all sections: {line}"
                sections[-1][1].append(line.strip())
        found.append((title, [Section(name, tuple(text)) for name, text in sections]))
    return found


def concept(name: str) -> dict[str, Any]:
    path = ROOT / "catalog" / name / "catalog-info.yaml"
    value: dict[str, Any] = yaml12.read_one(path.read_bytes())
    return value


CONCEPTS = source_concepts()


def test_the_source_has_eleven_concepts_of_five_sections() -> None:
    assert len(CONCEPTS) == len(NAMES) == 11
    for _, sections in CONCEPTS:
        assert [section.heading for section in sections] == list(SECTIONS)
        assert all(section.lines for section in sections)


@pytest.mark.parametrize("index", range(11), ids=NAMES)
class TestConcept:
    def test_summary_overview_explanation_and_relevance_are_the_source_word_for_word(
        self, index: int
    ) -> None:
        text = concept(NAMES[index])["spec"]["text"]["ko"]
        for section in CONCEPTS[index][1]:
            field = SECTIONS[section.heading]
            if field != "useCases":
                assert text[field].splitlines() == [strip(line) for line in section.lines]

    def test_both_use_cases_are_the_source_word_for_word(self, index: int) -> None:
        written = concept(NAMES[index])["spec"]["text"]["ko"]["useCases"]
        lines = CONCEPTS[index][1][-1].lines
        found = [re.fullmatch(r"\d+\.\s+\*\*(.+?)\*\*: (.+)", line) for line in lines]
        assert len(found) == 2
        assert [(case["title"], case["description"]) for case in written] == [
            (match[1], match[2]) for match in found if match
        ]

    def test_nothing_of_the_source_is_unaccounted_for(self, index: int) -> None:
        text = concept(NAMES[index])["spec"]["text"]["ko"]
        ours = "\n".join(
            [text[field] for field in ("summary", "overview", "explanation", "relevance")]
            + [part for case in text["useCases"] for part in (case["title"], case["description"])]
        )
        theirs = "\n".join(line for section in CONCEPTS[index][1] for line in section.lines)
        theirs = re.sub(r"^\d+\.\s+\*\*(.+?)\*\*: ", r"\1\n", theirs, flags=re.MULTILINE)
        assert words(theirs) == words(ours)

    def test_the_title_of_the_source_is_among_its_labels(self, index: int) -> None:
        title = CONCEPTS[index][0]
        korean, _, english = title.removesuffix(")").partition(" (")
        spec = concept(NAMES[index])["spec"]
        labels = {
            label.casefold()
            for language in spec["labels"].values()
            for value in language.values()
            for label in ([value] if isinstance(value, str) else value)
        }
        for part in filter(None, (korean, english)):
            for label in part.split(", ") if part not in labels else [part]:
                assert label.casefold() in labels or part.casefold() in labels

    def test_english_has_every_section_in_the_same_depth(self, index: int) -> None:
        texts = concept(NAMES[index])["spec"]["text"]
        korean, english = texts["ko"], texts["en"]
        assert korean.keys() == english.keys()
        assert len(korean["overview"].splitlines()) == len(english["overview"].splitlines())
        assert len(korean["useCases"]) == len(english["useCases"])
        for field in ("summary", "overview", "explanation", "relevance"):
            assert len(english[field]) >= len(korean[field])
            assert not re.search("[가-힣]", english[field])

    def test_it_stands_in_the_order_of_the_source(self, index: int) -> None:
        assert concept(NAMES[index])["spec"]["order"] == index + 1
        assert concept(NAMES[index])["metadata"]["description"] == strip(
            CONCEPTS[index][1][0].lines[0]
        )


def strip(line: str) -> str:
    """Return a line without the list marker some lines of the source begin with."""
    return re.sub(r"^(\d+\.|-)\s+", "", line)


def words(text: str) -> list[str]:
    return sorted(re.sub(r"^(\d+\.|-)\s+", "", text, flags=re.MULTILINE).split())


def test_the_introduction_is_the_glossarys() -> None:
    glossary = concept("education-lv3")["spec"]
    head = SOURCE.partition("## 1. ")[0]
    title, subtitle = re.findall(r"^#+ (.+)$", head, re.MULTILINE)
    assert glossary["title"]["ko"] == title
    assert glossary["subtitle"]["ko"] == subtitle
    paragraph = head.partition(subtitle)[2].strip("\n- ")
    assert glossary["introduction"]["ko"] == paragraph
    assert f"**작성자**: {glossary['author']}" in head
    assert f"**생성일**: {glossary['created']}" in head


def test_the_repositorys_own_descriptors_have_no_error() -> None:
    report = check(WorkingTree(ROOT), (), check_glossary)
    assert [str(item) for item in report.items if item.level == "error"] == []
    assert report.entities >= 13
