"""A folder of a repository becomes a site: navigation, links and addresses as in MkDocs."""

from __future__ import annotations

import pytest

from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.techdocs.sites.building import build_site
from portal.techdocs.sites.generated import GeneratedTree
from portal.techdocs.sites.linking import resolve_link
from portal.techdocs.sites.site import NavItem
from portal.techdocs.sites.site import Site

VIEW = "https://github.com/acme/shop/blob/main"


def site(files: dict[str, str], home: str = "", view: str = "") -> Site:
    tree = GeneratedTree({path: text.encode() for path, text in files.items()}, "c" * 40)
    return build_site(home, tree, "Shop", view)


def outline(items: tuple[NavItem, ...]) -> list[object]:
    """Return titles, with a list for each section."""
    return [[one.title, *outline(one.children)] if one.children else one.title for one in items]


FILES = {
    "docs/index.md": "# Welcome",
    "docs/zoo.md": "no heading",
    "docs/about-us.md": "---\ntitle: About\n---\n",
    "docs/guides/start.md": "Start\n=====\n",
    "docs/guides/deep/x.md": "```\n# not this\n```\n# This",
    "docs/images/a.png": "png",
    "README.md": "# Read me",
    "src/a.py": "code",
}


def test_without_a_list_pages_come_by_name_and_then_folders() -> None:
    found = site(FILES)

    assert outline(found.nav) == [
        "Welcome",
        "About",
        "Zoo",
        ["Guides", "Start", ["Deep", "This"]],
    ]
    assert [one.path for one in found.reading_order()] == [
        "index.md",
        "about-us.md",
        "zoo.md",
        "guides/start.md",
        "guides/deep/x.md",
    ]


def test_mkdocs_yml_names_title_folder_and_navigation() -> None:
    configuration = """
site_name: The Shop
site_description: All about it
docs_dir: pages
plugins: [search, {hooks: !!python/object/apply:os.system ["touch /tmp/x"]}]
theme: {name: material, custom_dir: overrides}
markdown_extensions:
  - pymdownx.emoji: {emoji_index: !!python/name:material.extensions.emoji.twemoji }
extra: {x: !ENV [SECRET, none]}
nav:
  - index.md
  - Guides:
      - First steps: guides/start.md
      - Elsewhere: https://example.org/x
  - All: guides/
"""
    files = {path.replace("docs/", "pages/"): text for path, text in FILES.items()}
    found = site(files | {"mkdocs.yml": configuration})

    assert (found.title, found.description, found.root) == ("The Shop", "All about it", "pages")
    assert outline(found.nav) == [
        "Welcome",
        ["Guides", "First steps", "Elsewhere"],
        ["All", "Start", ["Deep", "This"]],
    ]
    assert found.nav[1].children[1].url == "https://example.org/x"
    assert found.problems == ()


def test_what_the_navigation_names_and_is_not_there_is_a_problem_with_its_line() -> None:
    found = site(FILES | {"mkdocs.yml": "nav:\n  - index.md\n  - gone.md\n"})

    assert outline(found.nav) == ["Welcome"]
    [problem] = found.problems
    assert (problem.path, problem.line) == ("mkdocs.yml", 3)
    assert "gone.md" in problem.message


def test_a_broken_mkdocs_yml_is_a_problem_and_stops_nothing() -> None:
    found = site(FILES | {"mkdocs.yml": "nav: [unclosed\n"})

    assert found.nav
    assert found.problems[0].path == "mkdocs.yml"


def test_awesome_pages_order_titles_and_hidden_folders() -> None:
    extra = {
        "docs/.pages": "nav:\n  - zoo.md\n  - ...\n  - guides\n",
        "docs/guides/.pages": "title: All guides\n",
        "docs/secret/a.md": "# A",
        "docs/secret/.pages": "hide: true\n",
    }

    assert outline(site(FILES | extra).nav) == [
        "Zoo",
        "Welcome",
        "About",
        ["All guides", "Start", ["Deep", "This"]],
    ]


def test_a_folder_of_its_own_in_a_repository_of_many() -> None:
    files = {"services/pay/docs/index.md": "# Pay", "services/pay/mkdocs.yml": "site_name: Pay"}

    assert site(files, "services/pay").root == "services/pay/docs"


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ({"README.md": ""}, NotFoundError),
        ({"docs/a.txt": ""}, NotFoundError),
        ({"mkdocs.yml": "docs_dir: ../other", "docs/index.md": ""}, InputError),
        ({"mkdocs.yml": "docs_dir: none", "docs/index.md": ""}, NotFoundError),
    ],
)
def test_without_pages_there_is_no_site(files: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error):
        site(files)


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("", "index.md"),
        ("index.html", "index.md"),
        ("guides/start/", "guides/start.md"),
        ("guides/start", "guides/start.md"),
        ("guides/start/index.html", "guides/start.md"),
        ("guides/", ""),
        ("../README", ""),
        ("guides/../../README.md", ""),
    ],
)
def test_an_address_leads_to_a_page(address: str, path: str) -> None:
    assert site(FILES).page_at(address) == path


@pytest.mark.parametrize(
    ("link", "written"),
    [
        ("../index.md", "techdocs-page:index.md"),
        ("../index.md#a-b", "techdocs-page:index.md#a-b"),
        ("deep/x.md", "techdocs-page:guides/deep/x.md"),
        ("../images/a.png", "techdocs-file:images/a.png"),
        ("../../images/a.png", "techdocs-file:images/a.png"),  # as the page's address has it
        ("/zoo.md", "techdocs-page:zoo.md"),
        ("../zoo/", "techdocs-page:zoo.md"),
        ("#here", "#here"),
        ("https://example.org/a.md", "https://example.org/a.md"),
        ("//example.org/a.md", "//example.org/a.md"),
        ("mailto:a@example.org", "mailto:a@example.org"),
        ("/catalog/default/component/shop", "/catalog/default/component/shop"),
        ("../../src/a.py", f"{VIEW}/src/a.py"),
        ("../../README.md", f"{VIEW}/README.md"),
        ("../../src", f"{VIEW}/src"),
    ],
)
def test_a_link_of_a_page_is_resolved(link: str, written: str) -> None:
    found = resolve_link(link, "guides/start.md", site(FILES, view=VIEW))

    assert (found.written, found.reason) == (written, "")


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("gone.md", "there is no such file"),
        ("../../../../etc/passwd", "it leads outside of the repository"),
        ("../../src/a.py", "it leads outside of the documentation"),
    ],
)
def test_a_broken_link_says_why(link: str, reason: str) -> None:
    assert resolve_link(link, "guides/start.md", site(FILES)).reason == reason


@pytest.mark.parametrize(
    ("configuration", "view", "edit"),
    [
        ("", VIEW, "https://github.com/acme/shop/edit/main/docs/"),
        ("", "https://gitlab.com/a/b/-/blob/main", "https://gitlab.com/a/b/-/edit/main/docs/"),
        (
            "repo_url: https://h.example/a/b\nedit_uri: edit/dev/docs/",
            "",
            "https://h.example/a/b/edit/dev/docs/",
        ),
        ("edit_uri: javascript://x", "", ""),
        ("repo_url: javascript:alert(1)\nedit_uri: x/", "", ""),
        ("", "", ""),
    ],
)
def test_where_pages_are_edited(configuration: str, view: str, edit: str) -> None:
    assert site(FILES | {"mkdocs.yml": configuration}, view=view).edit_root == edit
