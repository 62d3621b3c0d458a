"""What is broken in documentation is a problem of its entity, with file and line."""

from __future__ import annotations

from typing import Any

from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.descriptors import COMPONENT
from tests.descriptors import descriptor

DOCUMENTED = {"backstage.io/techdocs-ref": "dir:."}
CONTENT: dict[str, str | bytes | None] = {
    "catalog-info.yaml": descriptor("Component", "shop", COMPONENT, annotations=DOCUMENTED),
    "mkdocs.yml": "nav:\n  - index.md\n  - gone.md\n",
    "docs/index.md": "# Welcome\n\n[a](none.md) [b](other.md#there) [c](other.md#not-there)\n"
    "![d](none.png)\n\n[e](#welcome) [f](https://example.org/none.md)\n",
    "docs/other.md": '## There\n\n--8<-- "none.md"\n\n[한](#한글-제목)\n\n## 한글 제목\n',
    "docs/lfs.md": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
}


def found(portal: Portal) -> list[tuple[Any, ...]]:
    rows = portal.services.source_status.problems()
    rows = [row for row in rows if row["rule"] == "documentation-page"]
    return sorted((row["path"], row["line"], row["message"], row["ref"]) for row in rows)


def test_what_leads_nowhere_is_found_with_its_line(make_portal: MakePortal) -> None:
    portal = make_portal(CONTENT)
    ref = "component:default/shop"

    assert found(portal) == [
        ("docs/index.md", 3, "the link 'none.md' is broken: there is no such file", ref),
        (
            "docs/index.md",
            3,
            "the link 'other.md#not-there' is broken: there is no such heading",
            ref,
        ),
        ("docs/index.md", 4, "the link 'none.png' is broken: there is no such file", ref),
        ("docs/lfs.md", 0, "the page is kept in Git LFS, which is not read", ref),
        ("docs/other.md", 3, "the snippet 'none.md' does not exist", ref),
        ("mkdocs.yml", 3, "the navigation names 'gone.md', which does not exist", ref),
    ]


def test_what_is_corrected_is_no_problem_any_more(make_portal: MakePortal) -> None:
    portal = make_portal(CONTENT)
    before = found(portal)
    portal.repository.commit({"docs/none.md": "# Here", "docs/none.png": b"x"})
    portal.sync()
    after = found(portal)

    assert len(before) == 6
    assert len(after) == 3
    portal.repository.commit({"other.txt": "no page changed"})
    portal.sync()
    assert found(portal) == after


def test_problems_stay_while_the_descriptor_changes(make_portal: MakePortal) -> None:
    portal = make_portal(CONTENT)
    changed = descriptor("Component", "shop", COMPONENT, annotations=DOCUMENTED, title="Shop")
    portal.repository.commit({"catalog-info.yaml": changed})
    portal.sync()

    assert len(found(portal)) == 6


def test_documentation_never_makes_an_entity_faulty(make_portal: MakePortal) -> None:
    portal = make_portal(CONTENT)

    assert "status" not in portal.get("/api/catalog/entities/by-name/component/default/shop")
