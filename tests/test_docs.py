"""The documentation says what the code has: nothing less, nothing else, no dead links."""

from __future__ import annotations

import ast
import configparser
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from portal.cli import main
from portal.config.reference import with_settings
from portal.config.settings import SETTINGS
from portal.config.sources import SOURCE_KEYS
from portal.model.kinds import checks
from portal.model.kinds import evidence
from portal.model.kinds import glossary
from tests.documentation import DOCS
from tests.documentation import FENCE
from tests.documentation import PAGES
from tests.documentation import ROOT
from tests.documentation import anchors
from tests.documentation import codes
from tests.documentation import links
from tests.documentation import rows
from tests.documentation import section
from tests.tables import each

CONFIGURATION = DOCS / "operators" / "configuration.md"
TROUBLESHOOTING = DOCS / "operators" / "troubleshooting.md"
CONCEPTS = DOCS / "users" / "writing-concepts.md"
ARCHITECTURE = DOCS / "contributors" / "architecture.md"
TERMS = DOCS / "contributors" / "terms.md"
WIRE_CONTRACT = DOCS / "reference" / "wire-contract.md"
DECISIONS = sorted((DOCS / "decisions").glob("0*.md"))


def first_codes(text: str) -> list[str]:
    return [code for row in rows(text) for code in codes(row[0])[:1]]


# --- settings and commands -------------------------------------------------------


def test_the_table_of_settings_is_made_from_their_declarations() -> None:
    page = CONFIGURATION.read_text()

    assert with_settings(page) == page, "run 'make golden'"


def test_every_key_of_a_source_is_described() -> None:
    assert first_codes(section(CONFIGURATION, "A source")) == list(SOURCE_KEYS)


def commands() -> dict[str, click.Command]:
    """Return every command by its name, those of a group with the group's before."""
    assert isinstance(main, click.Group)
    found: dict[str, click.Command] = {}
    for name, command in main.commands.items():
        inner = command.commands if isinstance(command, click.Group) else None
        found |= {f"{name} {one}": inner[one] for one in inner} if inner else {name: command}
    return found


def options() -> Iterator[tuple[str, str]]:
    """Yield every visible option, and the command it is of."""
    for name, command in {"portal": main, **commands()}.items():
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                for text in (*parameter.opts, *parameter.secondary_opts):
                    yield text, name


def test_every_command_is_described() -> None:
    table = rows(section(CONFIGURATION, "Commands and their options"))
    written = [code for row in table for code in codes(row[0]) if "portal " in code]
    documented = [name for code in written for name in commands() if _is_of(code, name)]

    assert sorted(documented) == sorted(commands())
    assert len(documented) == len(written)


def _is_of(code: str, name: str) -> bool:
    """Whether a usage such as ``portal sync [SOURCES]`` is that of a command."""
    words = name.split()
    return code.split()[1 : 1 + len(words)] == words


def test_every_option_is_described_with_its_commands() -> None:
    table = [
        row for row in rows(section(CONFIGURATION, "Commands and their options")) if len(row) > 2
    ]
    documented = {
        (option.split()[0], command)
        for row in table
        for option in codes(row[0])
        for command in commands_of(row[1])
    }

    assert documented - {("--help", name) for name in commands()} == set(options())


def commands_of(text: str) -> list[str]:
    """Return the commands a cell names; ``all but`` takes those it names away."""
    named = codes(text)
    if not text.startswith("all"):
        return named
    return [name for name in commands() if name not in named]


def test_only_settings_there_are_appear_as_variables() -> None:
    known = {setting.variable for setting in SETTINGS.values()}
    known |= {"PORTAL_TEST_POSTGRESQL", "PORTAL_TEST_RECORDINGS", "PORTAL_TEST_KILLS"}
    known |= {"PORTAL_DRIFT_FOLDER"}
    found = {
        name for page in PAGES for name in re.findall(r"PORTAL_[A-Z_]+[A-Z]", page.read_text())
    }

    assert found <= known


# --- rules and fields ------------------------------------------------------------


def rules_in_the_code() -> set[str]:
    """Return the first text given to whatever makes a ``StatusItem``, and every ``rule=``."""
    found = set()
    for text in map(Path.read_text, (ROOT / "portal").rglob("*.py")):
        # Reading a module as a tree takes longer than all else here.
        if not re.search(r"\brule=|\bStatusItem\(|\b_item\(", text):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call):
                found |= set(rules_of(node, called(node.func)))
    return found


def called(function: ast.expr) -> str:
    """Return the name of a function, or of a method of ``self``; empty for any other."""
    if isinstance(function, ast.Name):
        return function.id
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.attr if function.value.id == "self" else ""
    return ""


def rules_of(call: ast.Call, name: str) -> Iterator[str]:
    given = [keyword.value for keyword in call.keywords if keyword.arg == "rule"]
    if name in {"StatusItem", "_item"}:
        given += call.args[:2] if name == "_item" else call.args[:1]
    for node in given:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_every_rule_is_explained() -> None:
    assert set(first_codes(section(TROUBLESHOOTING, "Rules"))) == rules_in_the_code()


@pytest.mark.parametrize(
    ("heading", "schema"),
    [
        ("`spec` of a Concept", glossary._ConceptSpec),
        ("`labels`, by language", glossary._Labels),
        ("`text`, by language", glossary._Texts),
        ("A Glossary", glossary._GlossarySpec),
        ("`evidence`", evidence.RuleMembers),
        ("`checks`", checks.Check),
        ("`expectations`", checks.Expectation),
    ],
)
def test_every_field_of_the_glossary_is_described(heading: str, schema: type) -> None:
    table = [row for row in rows(section(CONCEPTS, heading)) if len(row) > 2]
    fields = schema().fields

    assert {codes(row[0])[0] for row in table} == {
        field.data_key or name for name, field in fields.items()
    }
    assert {codes(row[0])[0] for row in table if row[1] == "required"} == {
        field.data_key or name for name, field in fields.items() if field.required
    }


@each([*glossary.STATUSES, *evidence.STRENGTHS, *evidence.ECOSYSTEMS, *evidence.LANGUAGES])
def test_every_allowed_value_of_a_concept_is_named(value: str) -> None:
    assert f"`{value}`" in CONCEPTS.read_text()


# --- the house -------------------------------------------------------------------


def test_every_room_has_its_line_in_the_architecture() -> None:
    rooms = {
        f"{path.parent.relative_to(ROOT / 'portal').as_posix()}/"
        for path in (ROOT / "portal").rglob("__init__.py")
        if "migrations" not in path.parts and path.parent.name != "portal"
    }

    assert {code for row in rows(section(ARCHITECTURE, "The rooms")) for code in codes(row[0])} == (
        rooms
    )


def test_the_layers_are_drawn_as_the_contract_has_them() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    law = setup["importlinter:contract:road"]["layers"].replace("portal.", "").splitlines()
    drawn = section(ARCHITECTURE, "What may import what").split("```")[1].splitlines()[1:]

    assert [re.split(r" {2,}", line.strip())[0].split(" │ ") for line in drawn if line] == [
        line.split(" | ") for line in law if line
    ]


def places() -> list[str]:
    """Return what the page names of the code: ``a/``, ``a/b.py`` and ``a/b.py:C.d``."""
    named = codes(FENCE.sub("", ARCHITECTURE.read_text()))
    return sorted({code for code in named if re.fullmatch(r"[\w/]+(/|\.py(:[\w.]+)?)", code)})


@each(places())
def test_what_the_architecture_names_is_there(place: str) -> None:
    file, _, name = place.partition(":")
    path = next(root / file for root in (ROOT / "portal", ROOT) if (root / file).exists())

    assert not name or name in defined(path)


def defined(path: Path) -> set[str]:
    """Return the functions and classes of a module, and the methods as ``Class.method``."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, kinds):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{one.name}" for one in node.body if isinstance(one, kinds)}
    return found


@each([row for row in rows(TERMS.read_text()) if len(row) == 3])
def test_a_term_stands_where_the_page_says(row: list[str]) -> None:
    [name] = codes(row[2])
    module, _, member = name.rpartition(".")

    assert row[1]
    assert pkgutil.resolve_name(f"{module}:{member}" if member[0].isupper() else name)


def test_no_term_is_defined_twice() -> None:
    terms = [row[0] for row in rows(TERMS.read_text())]

    assert len(terms) == len(set(terms))


@pytest.mark.parametrize(
    "path",
    [
        path
        for folder in ("portal", "tests")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path.name != Path(__file__).name and WIRE_CONTRACT.name in path.read_text()
    ],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_what_cites_the_wire_contract_names_sections_it_has(path: Path) -> None:
    headings = set(re.findall(r"^#+ (.+)$", WIRE_CONTRACT.read_text(), re.MULTILINE))
    _, *after = path.read_text().split(WIRE_CONTRACT.name)
    cited = [
        set(re.findall(r'"([^"]+)"', text.partition('"""')[0].partition(".")[0])) for text in after
    ]

    assert all(cited)
    assert set().union(*cited) <= headings


def dependencies() -> set[str]:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    lines = [setup["options"]["install_requires"], *setup["options.extras_require"].values()]
    return {
        re.split(r"[\[<>=~! ]", line)[0].lower()
        for line in "\n".join(lines).splitlines()
        if line.strip()
    } - {setup["metadata"]["name"]}


def test_every_dependency_has_its_reason() -> None:
    table = rows((DOCS / "dependencies.md").read_text())

    assert {row[0] for row in table} == dependencies()
    assert all(len(row) == 4 and all(row) for row in table)


def test_every_dependency_has_a_version_that_is_installed() -> None:
    locked = (ROOT / "constraints.txt").read_text()

    assert dependencies() <= set(re.findall(r"^([^=#\s]+)==", locked, re.MULTILINE)), (
        "run 'make constraints'"
    )
    assert "://" not in locked


def test_every_decision_is_listed_and_says_why() -> None:
    listed = (DOCS / "decisions" / "README.md").read_text()

    assert [path.name for path in DECISIONS] == re.findall(r"\((0[^)]+\.md)\)", listed)
    for path in DECISIONS:
        headings = re.findall(r"^## (.+)$", path.read_text(), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences"], path.name


# --- links -----------------------------------------------------------------------


@each(links())
def test_a_relative_link_leads_somewhere(link: tuple[Path, str]) -> None:
    page, target = link
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page

    assert file.is_relative_to(ROOT)
    assert file.exists()
    assert not anchor or anchor in anchors(file)


def test_every_page_can_be_reached_from_the_first() -> None:
    reached = {DOCS / "index.md"}
    while True:
        found = {
            (page.parent / target.partition("#")[0]).resolve()
            for page, target in links()
            if page in reached and target.partition("#")[0].endswith(".md")
        }
        if found <= reached:
            break
        reached |= found

    assert {page for page in PAGES if page.is_relative_to(DOCS)} <= reached


@each(PAGES)
def test_a_page_has_one_title_and_closes_its_blocks(page: Path) -> None:
    text = page.read_text()

    assert text.count("\n```") % 2 == 0
    assert len(re.findall(r"^# ", FENCE.sub("", text), re.MULTILINE)) == 1
