"""Every room is small, and its map, the docstring of its package, is the law.

A map stands below a line that ends with ``::``. ``a, b -> c -> d`` says that c may import
a and b, and d all three; a line that begins with ``->`` continues the one before, and what
stands in parentheses is a comment.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp

from tests.tables import each

PORTAL = Path(__file__).parent.parent / "portal"
#: One module for each part of a language, and one for each family of actions.
LARGE_ROOMS = {"scaffolder/expressions", "scaffolder/actions"}
MOST_MODULES = 12
MOST_LINES = 400
MOST_FUNCTION_LINES = 40
ROOMS = sorted(
    path.parent for path in PORTAL.rglob("__init__.py") if "migrations" not in path.parts
)
#: Migrations are records of what was done: nobody shortens them afterwards.
MODULES = sorted(
    path for path in PORTAL.rglob("*.py") if not {"bundled", "migrations"} & set(path.parts)
)
BLOCK = re.compile(r"::\n\n((?: {4}.*\n|\n)+)")

Arrow = tuple[list[str], list[str]]


def name_of(path: Path) -> str:
    return path.relative_to(PORTAL).as_posix()


def contents(room: Path) -> set[str]:
    """Return the modules and the rooms in a room."""
    modules = {path.stem for path in room.glob("*.py")} - {"__init__"}
    return modules | {path.parent.name for path in room.glob("*/__init__.py")}


# --- size ------------------------------------------------------------------------


@each(ROOMS, name_of)
def test_a_room_has_a_dozen_modules_at_most(room: Path) -> None:
    modules = [path for path in room.glob("*.py") if path.name != "__init__.py"]

    assert len(modules) <= MOST_MODULES or name_of(room) in LARGE_ROOMS


def test_no_module_is_long() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in MODULES}

    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def functions() -> Iterator[tuple[str, int]]:
    """Yield every function and how many lines it has, its docstring left out."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                documented = len((ast.get_docstring(node, clean=False) or "").splitlines())
                length = (node.end_lineno or node.lineno) - node.lineno + 1 - documented
                yield f"{name_of(path)}:{node.name}", length


def test_no_function_is_long() -> None:
    assert {name: length for name, length in functions() if length > MOST_FUNCTION_LINES} == {}


# --- maps ------------------------------------------------------------------------


def arrows(room: Path) -> list[Arrow]:
    """Return the arrows of a room's map; a name that stands alone has none to its right."""
    found: list[Arrow] = []
    last: list[str] = []
    for line in map_lines(room):
        chain = [re.findall(r"\w+", group) for group in line.split("->")]
        if not chain[0]:
            chain[0] = last
        found += zip(chain, [*chain[1:], []], strict=True)
        last = chain[-1]
    return found


def map_lines(room: Path) -> list[str]:
    text = ast.get_docstring(ast.parse((room / "__init__.py").read_text())) or ""
    drawn = "".join(BLOCK.findall(f"{text}\n"))
    return [line for line in re.sub(r"\([^)]*\)", "", drawn).splitlines() if line.strip()]


@cache
def imports() -> dict[str, dict[str, set[str]]]:
    """Return, for every package, which of its parts import which others of them."""
    graph = grimp.build_graph("portal", cache_dir=None)
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            above, here, there = parted(importer.split("."), imported.split("."))
            if here and there:
                found[".".join(above)][here[0]].add(there[0])
    return found


def parted(one: list[str], other: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Return what two names have in common, and the rest of each."""
    at = next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    return one[:at], one[at:], other[at:]


def reachable(steps: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return what each name leads to, over any number of steps."""
    found = {name: set(names) for name, names in steps.items()}
    for via in list(found):
        for name in [name for name, names in found.items() if via in names]:
            found[name] |= found[via]
    return found


def of_room(room: Path) -> dict[str, set[str]]:
    return imports()[".".join(("portal", *room.relative_to(PORTAL).parts))]


@each(ROOMS, name_of)
def test_a_map_names_what_is_in_the_room(room: Path) -> None:
    named = {name for left, right in arrows(room) for name in (*left, *right)}

    assert named == contents(room)


@each(ROOMS, name_of)
def test_nothing_is_imported_that_the_map_does_not_let_flow(room: Path) -> None:
    before: dict[str, set[str]] = defaultdict(set)
    for left, right in arrows(room):
        for name in right:
            before[name] |= set(left)
    allowed = reachable(before)
    assert not [name for name, names in allowed.items() if name in names], "the map has a circle"

    found = {name: names - allowed.get(name, set()) for name, names in of_room(room).items()}
    assert {name: names for name, names in found.items() if names} == {}


@each(ROOMS, name_of)
def test_a_map_draws_no_arrow_that_nothing_follows(room: Path) -> None:
    reached = reachable(of_room(room))
    idle = [
        (left, right)
        for left, right in arrows(room)
        if right
        and not (
            all(reached.get(name, set()) & set(left) for name in right)
            and all(any(name in reached.get(one, set()) for one in right) for name in left)
        )
    ]

    assert idle == []
