"""The documentation says what the code has: nothing less, nothing else, no dead links."""

from __future__ import annotations

import ast
import configparser
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from portal.cli import main
from portal.kernel import config
from portal.model.kinds import glossary

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
CONFIGURATION = DOCS / "operators" / "configuration.md"
TROUBLESHOOTING = DOCS / "operators" / "troubleshooting.md"
CONCEPTS = DOCS / "users" / "writing-concepts.md"
ARCHITECTURE = DOCS / "contributors" / "architecture.md"
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted(path for path in DOCS.rglob("*.md") if "glossary" not in path.parts),
]
DECISIONS = sorted((DOCS / "decisions").glob("0*.md"))
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


def first_codes(text: str) -> list[str]:
    return [code for row in rows(text) for code in codes(row[0])[:1]]


# --- settings and commands -------------------------------------------------------


def test_every_setting_is_described_in_the_order_of_the_table() -> None:
    documented = first_codes(section(CONFIGURATION, "Settings"))

    assert documented == [setting.name for setting in config.SETTINGS]


@pytest.mark.parametrize("setting", config.SETTINGS, ids=lambda setting: setting.name)
def test_a_setting_has_its_variable_and_its_default(setting: config.Setting) -> None:
    [row] = [
        row for row in rows(section(CONFIGURATION, "Settings")) if row[0] == f"`{setting.name}`"
    ]

    assert row[1] == f"`PORTAL_{setting.name.upper()}`"
    assert row[2] == written(setting.default)


def written(default: object) -> str:
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, (tuple, list)):
        default = ", ".join(map(str, default))
    if default in ("", {}, None):
        return "empty"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def test_every_key_of_a_source_is_described() -> None:
    assert first_codes(section(CONFIGURATION, "A source")) == list(config._SOURCE_KEYS)


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
    known = {f"PORTAL_{setting.name.upper()}" for setting in config.SETTINGS}
    known.add("PORTAL_TEST_POSTGRESQL")
    found = {
        name for page in PAGES for name in re.findall(r"PORTAL_[A-Z_]+[A-Z]", page.read_text())
    }

    assert found <= known


# --- rules and fields ------------------------------------------------------------


def rules_in_the_code() -> set[str]:
    """Return the first text given to whatever makes a ``StatusItem``, and every ``rule=``."""
    found = set()
    for path in (ROOT / "portal").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                found |= set(rules_of(node, node.func.id))
    return found


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
        ("`evidence`", glossary._EvidenceRule),
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


@pytest.mark.parametrize(
    "value",
    [*glossary.STATUSES, *glossary.STRENGTHS, *glossary.ECOSYSTEMS, *glossary.LANGUAGES],
)
def test_every_allowed_value_of_a_concept_is_named(value: str) -> None:
    assert f"`{value}`" in CONCEPTS.read_text()


# --- the house -------------------------------------------------------------------


def test_every_module_has_its_line_in_the_architecture() -> None:
    modules = {
        path.relative_to(ROOT / "portal").as_posix()
        for path in (ROOT / "portal").rglob("*.py")
        if path.name != "__init__.py" and not {"migrations", "bundled"} & set(path.parts)
    }
    modules.add("__main__.py")
    named = {
        code
        for row in rows(section(ARCHITECTURE, "Module by module"))
        for code in codes(row[0])
        if code.endswith(".py")
    }

    assert named == modules


def test_every_dependency_has_its_reason() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    lines = [setup["options"]["install_requires"], *setup["options.extras_require"].values()]
    wanted = {
        re.split(r"[\[<>=~! ]", line)[0].lower()
        for line in "\n".join(lines).splitlines()
        if line.strip()
    } - {setup["metadata"]["name"]}
    table = rows((DOCS / "dependencies.md").read_text())

    assert {row[0] for row in table} == wanted
    assert all(len(row) == 4 and all(row) for row in table)


def test_every_decision_is_listed_and_says_why() -> None:
    listed = (DOCS / "decisions" / "README.md").read_text()

    assert [path.name for path in DECISIONS] == re.findall(r"\((0[^)]+\.md)\)", listed)
    for path in DECISIONS:
        headings = re.findall(r"^## (.+)$", path.read_text(), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences"], path.name


# --- links -----------------------------------------------------------------------


def links() -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", page.read_text())):
            if not re.match(r"[a-z]+:", target):
                yield page, target


def anchors(page: Path) -> set[str]:
    """Return what a heading is linked by, as forges make it."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    ("page", "target"),
    [pytest.param(*link, id=f"{link[0].relative_to(ROOT)}:{link[1]}") for link in links()],
)
def test_a_relative_link_leads_somewhere(page: Path, target: str) -> None:
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_has_one_title_and_closes_its_blocks(page: Path) -> None:
    text = page.read_text()

    assert text.count("\n```") % 2 == 0
    assert len(re.findall(r"^# ", FENCE.sub("", text), re.MULTILINE)) == 1
