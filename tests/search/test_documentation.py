"""Documentation pages, from real commits to sections that search finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from portal.scm.snapshot import FileTree
from portal.search.documents import IndexableDocument
from portal.search.indexing import page_index
from portal.search.indexing.documentation import DocumentationPage
from portal.search.indexing.documentation import documents
from portal.search.indexing.page_states import key_of
from portal.search.indexing.sections import Section
from portal.search.indexing.sections import sections
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.search_engines import NAMES

# --- Markdown to sections ----------------------------------------------------------


def test_a_page_is_cut_at_its_headings_without_marks_and_html() -> None:
    page = """\
---
title: from the front matter
---
Before all.

# The Guide, v2.0!

Text *with* [a link](http://example.org/x) and `code`<b> bold</b>.
Next line.

## 설치하기

- 첫째
- **둘째**

```python
# no heading
run()
```

<div>hidden</div>

| a | b |
|---|---|
| 1 | 2 |
"""
    assert list(sections(page)) == [
        Section("The Guide, v2.0!", "", "Before all. Text with a link and code bold. Next line."),
        Section("설치하기", "_1", "첫째 둘째 # no heading run() a b 1 2"),
    ]


@pytest.mark.parametrize(
    ("headings", "anchors"),
    [
        (["# Top", "## Set up", "## Set up", "### Set up"], ["", "set-up", "set-up_1", "set-up_2"]),
        (["# 안내", "## 설치", "## 실행"], ["", "_2", "_3"]),
        (["## First", "# Later top"], ["first", ""]),
        (["# One", "# Two"], ["", "two"]),
        (
            ["## Own {#my-own}", "## My own", "## Own {: .note #my-own2 }"],
            ["my-own", "my-own_1", "my-own2"],
        ),
        (["## Café `naïve` — x_y!", "## ![badge](b.png) Status"], ["cafe-naive-x_y", "status"]),
        (["Setext\n------"], ["setext"]),
    ],
)
def test_anchors_are_those_mkdocs_makes(headings: list[str], anchors: list[str]) -> None:
    assert [one.anchor for one in sections("\n\n".join(headings))] == anchors


def test_a_page_without_headings_is_one_section() -> None:
    assert list(sections("Only text.\n\nMore.")) == [Section("", "", "Only text. More.")]
    assert list(sections("Text.\n\n## Part\n\nOf it.\n\n# Late")) == [
        Section("", "", "Text."),
        Section("Part", "part", "Of it."),
        Section("Late", "late", ""),
    ]
    assert list(sections("")) == list(sections("<!-- nothing -->")) == []


@pytest.mark.slow
def test_a_hostile_page_takes_no_time_and_no_stack() -> None:
    for page in ("> " * 50_000, "[" * 100_000, "*a" * 50_000, "- " * 20_000 + "x", "`" * 100_000):
        assert len(list(sections(page))) <= 1


# --- from a repository ---------------------------------------------------------------

DESCRIPTOR = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: Docs-Site
  title: The Site
  tags: [java]
  annotations: {backstage.io/techdocs-ref: "dir:."}
spec: {type: website, lifecycle: experimental, owner: group:default/writers}
"""
PAGES = {
    "mkdocs.yml": "site_name: Site\nplugins: [techdocs-core]\n",
    "docs/index.md": "# Welcome\n\nThe quokka handbook.\n\n## Install\n\nUnpack the wombat.\n",
    "docs/guides/start.md": "# 시작하기\n\n## 멱등성 설정\n\n재시도를 켠다.\n",
    "docs/notes.txt": "# Not a page",
    "README.md": "# Outside of the folder\n",
}


@pytest.fixture(params=NAMES)
def portal(request: pytest.FixtureRequest, make_portal: MakePortal) -> Portal:
    """A portal with one documented component."""
    return make_portal({"catalog-info.yaml": DESCRIPTOR, **PAGES}, search_engine=request.param)


def found(portal: Portal, term: str = "", **query: str) -> list[str]:
    parameters = {"term": term, "types": "techdocs", "pageLimit": "100", **query}
    answer = portal.get("/api/search/query", query_string=parameters)
    assert answer["numberOfResults"] == len(answer["results"])
    return [one["document"]["location"] for one in answer["results"]]


SITE = "/docs/default/component/docs-site/"
ALL = [
    f"{SITE}#install",
    SITE,
    f"{SITE}guides/start/#_2",
    f"{SITE}guides/start/",
]


def test_a_section_has_the_shape_of_backstages_documentation(portal: Portal) -> None:
    query = {"term": "wombat", "types[0]": "techdocs"}
    (result,) = portal.get("/api/search/query", query_string=query)["results"]
    assert result["type"] == "techdocs"
    assert result["document"] == {
        "title": "Install",
        "text": "Unpack the wombat.",
        "path": "#install",
        "location": f"{SITE}#install",
        "kind": "component",
        "namespace": "default",
        "name": "docs-site",
        "entityTitle": "The Site",
        "componentType": "website",
        "type": "website",
        "lifecycle": "experimental",
        "owner": "writers",
    }


def test_sections_are_found_by_heading_and_text_in_both_languages(portal: Portal) -> None:
    assert sorted(found(portal)) == sorted(ALL)
    assert found(portal, "quokka") == [SITE]
    assert found(portal, "멱등성을 설정") == [f"{SITE}guides/start/#_2"]
    assert found(portal, "시작하기") == [f"{SITE}guides/start/"]
    assert found(portal, "install", **{"filters[name]": "docs-site"}) == [f"{SITE}#install"]
    assert found(portal, "install", **{"filters[name]": "other"}) == []
    assert len(found(portal, **{"filters[tag]": "java"})) == len(ALL)


def test_a_commit_that_touches_only_a_page_is_searchable(portal: Portal) -> None:
    before = portal.services.catalog.generation()
    found(portal, "platypus")
    portal.repository.commit({"docs/index.md": "# Welcome\n\nThe platypus handbook.\n"})
    portal.sync()
    assert portal.services.catalog.generation() == before, "no entity changed"
    assert found(portal, "platypus") == [SITE]
    assert found(portal, "quokka") == []
    assert found(portal, "wombat") == [], "a section that is gone is gone"
    assert len(found(portal)) == 3


def test_only_changed_pages_are_read(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def watch(page: DocumentationPage, tree: FileTree) -> Iterator[IndexableDocument]:
        read.append(page.path)
        return documents(page, tree)

    monkeypatch.setattr(page_index, "documents", watch)
    portal.repository.commit({"docs/guides/start.md": "# Start\n", "other.txt": "x"})
    portal.sync()
    assert read == ["docs/guides/start.md"]
    portal.sync()
    portal.repository.commit({"other.txt": "y"})
    portal.sync()
    assert read == ["docs/guides/start.md"]


def test_pages_come_move_and_go_with_files_and_entities(portal: Portal) -> None:
    portal.repository.commit(
        {
            "docs/guides/start.md": None,
            "docs/guides/index.md": "# Guides\n",
            "docs/한 글.md": "# 새\n",
        }
    )
    portal.sync()
    assert found(portal, "guides") == [f"{SITE}guides/"]
    assert found(portal, "새") == [f"{SITE}%ED%95%9C%20%EA%B8%80/"]
    assert found(portal, "시작하기") == []
    portal.repository.commit({"catalog-info.yaml": DESCRIPTOR.replace("The Site", "A Place")})
    portal.sync()
    query = {"term": "wombat", "types": "techdocs"}
    (result,) = portal.get("/api/search/query", query_string=query)["results"]
    assert result["document"]["entityTitle"] == "A Place"
    plain = DESCRIPTOR.replace('{backstage.io/techdocs-ref: "dir:."}', "{}")
    portal.repository.commit({"catalog-info.yaml": plain})
    portal.sync()
    assert found(portal) == []


def test_pages_are_there_in_an_index_that_is_built_anew(portal: Portal) -> None:
    files = {"whoosh": "state.json", "sqlite": "sqlite.json"}
    if state := files.get(portal.config.search_engine):
        (portal.config.data_dir / "index" / state).unlink()
    else:
        with portal.services.database.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA portal_search CASCADE")
    portal.sync()
    assert sorted(found(portal)) == sorted(ALL)
    portal.repository.commit({"docs/index.md": "# Welcome\n"})
    portal.sync()
    assert len(found(portal)) == 3


def test_what_is_not_certain_is_written_again(portal: Portal) -> None:
    states, key = portal.services.page_states, key_of("content")
    text = states.load(key)
    assert text
    portal.repository.commit({"docs/index.md": "# Hello\n\nThe numbat handbook.\n"})
    portal.sync()
    # As after a death between the index and the note of it: what was noted is older.
    states.save(key, text.replace(b'"commit": "', b'"commit": "", "was": "'))
    portal.repository.commit({"docs/index.md": "# Hello\n\nThe bilby handbook.\n"})
    portal.sync()
    assert found(portal, "bilby") == [SITE]
    assert found(portal, "numbat") == []
    states.save(key, b"{broken")
    portal.sync()
    assert len(found(portal)) == 3


def test_a_forgotten_source_takes_its_pages_along(make_portal: MakePortal) -> None:
    from dataclasses import replace

    from portal.config.sources import Source
    from portal.roles.services import Services

    other = DESCRIPTOR.replace("Docs-Site", "other").replace("techdocs-ref", "none")
    sources = [
        (Source("first", ""), {"catalog-info.yaml": DESCRIPTOR, **PAGES}),
        (Source("second", ""), {"catalog-info.yaml": other, **PAGES}),
    ]
    portal = make_portal(sources=sources)
    assert len(found(portal)) == len(ALL)
    config = replace(portal.config, sources=portal.config.sources[1:])
    list(Services(config).source_sync.sync(confirm="first"))
    assert found(portal) == []


@pytest.mark.parametrize(
    ("place", "files", "locations"),
    [
        ("dir:handbook", {"handbook/docs/a.md": "# A"}, ["a/"]),
        (
            "dir:./handbook",
            {"handbook/mkdocs.yml": "docs_dir: text", "handbook/text/a.md": "# A"},
            ["a/"],
        ),
        ("dir:.", {"mkdocs.yml": "docs_dir: ../..", "docs/a.md": "# A"}, []),
        ("dir:../..", {"docs/a.md": "# A"}, []),
        ("dir:.", {"mkdocs.yml": "a: !!python/name:x.y\nb: [", "docs/a.md": "# A"}, ["a/"]),
        ("dir:.", {}, []),
        ("url:https://example.org/x", {"docs/a.md": "# A"}, []),
        ("dir:.", {"docs/a.md": b"# A\n\n\xff\xfe bytes"}, ["a/"]),
    ],
)
def test_where_pages_are_is_what_the_entity_and_mkdocs_say(
    make_portal: MakePortal, place: str, files: dict[str, Any], locations: list[str]
) -> None:
    descriptor = DESCRIPTOR.replace('"dir:."', f'"{place}"')
    portal = make_portal({"catalog-info.yaml": descriptor, **files})
    assert found(portal) == [f"{SITE}{one}" for one in locations]


def test_links_are_not_followed(make_portal: MakePortal) -> None:
    portal = make_portal({"catalog-info.yaml": DESCRIPTOR, "docs/a.md": "# A"})
    (portal.repository.path / "docs" / "passwd.md").symlink_to("/etc/passwd")
    portal.repository.commit()
    portal.sync()
    assert found(portal) == [f"{SITE}a/"]


def test_a_portal_without_documentation_answers_with_nothing(
    make_portal: MakePortal,
) -> None:
    portal = make_portal({"catalog-info.yaml": DESCRIPTOR.replace("techdocs-ref", "none")})
    assert found(portal, "anything") == []
    assert portal.get("/api/search/suggest?term=any&types=techdocs") == {"suggestions": []}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize(("front", "closing"), [("title: Front\ntags: [a]\n", "---"), ("", "...")])
def test_front_matter_is_no_section_whatever_ends_its_lines(
    end: str, mark: str, front: str, closing: str
) -> None:
    text = f"{mark}---\n{front}{closing}\n\n# Stoat\n\nBody\n".replace("\n", end)
    assert list(sections(text)) == [Section("Stoat", "", "Body")]
