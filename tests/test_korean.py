"""Korean and English are equal: the same pages with the same parts, in the words of one list."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from portal.ui.texts.table import TEXTS
from tests.documentation import DOCS
from tests.documentation import FENCE
from tests.documentation import codes
from tests.documentation import links
from tests.documentation import rows
from tests.documentation import section
from tests.tables import each

CONFIGURATION = Path("operators", "configuration.md")
WORDS = DOCS / "contributors" / "korean.md"
KOREAN = DOCS / "ko"
TEMPLATES = Path(__file__).parent.parent / "templates"
TRANSLATED = sorted(
    path.relative_to(DOCS)
    for path in [*DOCS.glob("*.md"), *DOCS.glob("users/*.md"), *DOCS.glob("operators/*.md")]
    if path.name != "dependencies.md"  # as all for contributors, in English only
)
#: Pages of measurements: figures in a table are the same in both languages.
FIGURES = [Path("benchmarks.md"), Path("evidence-quality.md"), Path("search-quality.md")]


def outline(page: Path) -> list[str]:
    """Return the headings' levels, the code blocks' languages and the tables' sizes, in order."""
    found: list[str] = []
    for block in re.findall(
        r"^```.*?^```$|^#+ |(?:^\|[^\n]*\n)+", page.read_text(), re.MULTILINE | re.DOTALL
    ):
        first, *rest = block.splitlines()
        if first.startswith("|"):
            found.append(f"table of {len(rest) - 1} rows and {len(row_of(first))} columns")
        else:
            found.append(first.strip())
    return found


def row_of(line: str) -> list[str]:
    return re.split(r"\s*\|\s*", line)[1:-1]


@each(TRANSLATED)
def test_a_page_has_a_korean_page_with_the_same_parts(page: Path) -> None:
    assert outline(KOREAN / page) == outline(DOCS / page)


@each(TRANSLATED)
def test_the_rows_of_a_korean_table_are_of_the_same_things(page: Path) -> None:
    english, korean = (
        [codes(row[0]) for row in rows((folder / page).read_text())] for folder in (DOCS, KOREAN)
    )

    assert korean == english


@each(FIGURES)
def test_tables_have_the_same_figures_in_korean(page: Path) -> None:
    english, korean = (
        [
            sorted(re.findall(r"\d+(?:[.,]\d+)*", " ".join(row[1:])))
            for row in rows((folder / page).read_text())
        ]
        for folder in (DOCS, KOREAN)
    )

    assert korean == english


def test_settings_have_the_same_variables_and_defaults_in_korean() -> None:
    english, korean = (
        [
            [codes(row[0]), codes(row[1]), codes(row[3])]
            for row in rows(page.read_text())
            if len(row) > 4
        ]
        for page in (DOCS / CONFIGURATION, KOREAN / CONFIGURATION)
    )

    assert korean == english


def names_in(page: Path) -> set[str]:
    """Return the names a page has as code: of fields, settings, commands, files."""
    return set(re.findall(r"(?<!`)`([\w.:-]+)`(?!`)", page.read_text(), re.ASCII))


@each(TRANSLATED)
def test_a_korean_page_names_what_the_english_one_names(page: Path) -> None:
    assert names_in(DOCS / page) - names_in(KOREAN / page) == set()


def test_a_korean_page_has_an_english_page() -> None:
    assert {path.relative_to(KOREAN) for path in KOREAN.rglob("*.md")} <= set(TRANSLATED)


@each(sorted(KOREAN.rglob("*.md")))
def test_a_korean_page_leads_to_korean_pages(page: Path) -> None:
    targets = {
        (page.parent / target.partition("#")[0]).resolve() for one, target in links() if one == page
    }
    english = {target for target in targets if (KOREAN / target.relative_to(DOCS)).is_file()}

    assert english <= {DOCS / "index.md", DOCS / page.relative_to(KOREAN)}


@cache
def rejected_words() -> dict[str, tuple[re.Pattern[str], str]]:
    """Return what not to write, with what finds it and the Korean to write for it.

    A word counts where it begins one; what has a hyphen before it counts anywhere.
    """
    return {
        rejected: (
            re.compile(
                re.escape(rejected[1:])
                if rejected.startswith("-")
                else rf"(?<![가-힣]){re.escape(rejected)}"
            ),
            korean,
        )
        for _, korean, cell in (row for row in rows(WORDS.read_text()) if len(row) == 3)
        for rejected in codes(cell)
    }


@cache
def quoted_words() -> list[str]:
    return codes(section(WORDS, "Quoted"))


def rejected_in(text: str) -> dict[str, str]:
    """Return the rejected words of a text, apart from its code and what is quoted."""
    prose = re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))
    for quoted in quoted_words():
        prose = prose.replace(quoted, "")
    return {
        word: korean
        for word, (pattern, korean) in rejected_words().items()
        if pattern.search(prose)
    }


@each(sorted(KOREAN.rglob("*.md")))
def test_a_korean_page_uses_the_words_of_the_list(page: Path) -> None:
    assert rejected_in(page.read_text()) == {}


@each(sorted(TEMPLATES.glob("*/text/ko")))
def test_the_texts_of_a_starter_use_the_words_of_the_list(folder: Path) -> None:
    texts = {path: rejected_in(path.read_text()) for path in folder.rglob("*") if path.is_file()}

    assert {str(path.relative_to(folder)): words for path, words in texts.items() if words} == {}


def test_the_texts_of_the_pages_use_the_words_of_the_list() -> None:
    found = {key: rejected_in(korean) for key, (korean, _) in TEXTS.items()}

    assert {key: words for key, words in found.items() if words} == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("까닭은 플랫폼에 있습니다.", {"까닭": "이유"}),
        ("`까닭`과 실제 사용 용례", {}),
        ("두 용례", {"용례": "사용 사례"}),
        ("`base_url`을 설정하십시오.", {"-십시오": "-하세요"}),
    ],
)
def test_a_rejected_word_is_found_where_it_begins_a_word(text: str, words: dict[str, str]) -> None:
    assert rejected_in(text) == words


def test_no_word_of_the_list_is_rejected_and_right() -> None:
    right = [korean for row in rows(WORDS.read_text()) for korean in re.split(r"[,;] ", row[1])]

    assert not {word for korean in right for word in rejected_in(korean)}
