"""A commit that edits a few files leads to the same catalog as a run over the whole source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from portal.catalog import tables as t
from portal.catalog.processing import edits
from portal.catalog.processing import known_files
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.descriptors import component

Files = dict[str, str]

_ROOT = """
apiVersion: backstage.io/v1alpha1
kind: Location
metadata: {name: all}
spec: {targets: ["./*/info.yaml"]}
"""
_API = """
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: texts}
spec: {type: openapi, lifecycle: production, owner: team, definition: {$text: ./api.txt}}
"""
_BEFORE: Files = {
    "catalog-info.yaml": _ROOT,
    "many/info.yaml": component("a") + component("b", owner="x") + component("c"),
    "one/info.yaml": component("d"),
    "api/info.yaml": _API,
    "api/api.txt": "first",
    "README.md": "nothing",
}
_BROKEN = "kind: Component\nmetadata: [\n"
#: What a commit writes (``None`` deletes), and whether only that is looked at.
_COMMITS: dict[str, tuple[Mapping[str, str | None], bool]] = {
    "an entity changes": ({"one/info.yaml": component("d", lifecycle="x")}, True),
    "one of many changes": (
        {"many/info.yaml": component("a") + component("b", owner="y") + component("c")},
        True,
    ),
    "entities move": (
        {"many/info.yaml": "\n\n" + component("c") + component("b", owner="x") + component("a")},
        True,
    ),
    "two files": (
        {"one/info.yaml": component("d", owner="z"), "api/info.yaml": _API.replace("team", "z")},
        True,
    ),
    "no descriptor": ({"README.md": "something"}, True),
    "a relation comes": (
        {"one/info.yaml": component("d", dependsOn=["component:a"])},
        True,
    ),
    "an entity comes": ({"one/info.yaml": component("d") + component("e")}, False),
    "an entity goes": ({"many/info.yaml": component("a") + component("c")}, False),
    "a name changes": ({"one/info.yaml": component("f")}, False),
    "a conflict comes": ({"one/info.yaml": component("a")}, False),
    "a file breaks": ({"one/info.yaml": _BROKEN}, False),
    "a file comes": ({"two/info.yaml": component("g")}, False),
    "a file goes": ({"one/info.yaml": None}, False),
    "a text changes": ({"api/api.txt": "second"}, False),
    "a text goes": ({"api/api.txt": None}, False),
    "a Location changes": ({"catalog-info.yaml": _ROOT.replace("*/", "one/")}, False),
}


def catalog_of(portal: Portal) -> dict[str, Any]:
    """Return what a catalog holds, without what differs between any two."""
    place = portal.repository.path.as_posix()
    with portal.services.database.connect() as connection:
        entities = connection.execute(sa.select(t.entities)).all()
        refs = {row.id: row.ref for row in entities}
        found: dict[str, Any] = {row.ref: entity_of(row, place) for row in entities}
        found["rows"] = {
            (refs[row.entity_id], row.key, row.value and row.value.replace(place, ""))
            for row in connection.execute(sa.select(t.search))
            if row.key != "metadata.uid"
        }
        for table in (t.files, t.parents, t.relations):
            rows = connection.execute(sa.select(table))
            found[table.name] = {json.dumps(list(row)).replace(place, "") for row in rows}
        logged = sa.select(t.changes.c.ref, t.changes.c.operation, t.changes.c.diff)
        found["changes"] = sorted(map(tuple, connection.execute(logged)))
        wrong = sa.select(t.problems.c.path, t.problems.c.rule, t.problems.c.message)
        found["problems"] = {str(row).replace(place, "") for row in connection.execute(wrong)}
    return found


def entity_of(row: Any, place: str) -> tuple[Any, ...]:
    """Return an entity's row without what is random, and the hashes of where it is."""
    final = json.loads(row.final)
    del final["metadata"]["uid"], final["metadata"]["etag"]
    return (row.path, row.line, row.items, json.dumps(final).replace(place, ""))


@pytest.mark.parametrize("name", _COMMITS)
def test_what_is_edited_becomes_what_a_whole_run_makes_of_it(
    make_portal: MakePortal, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, is_local = _COMMITS[name]
    whole_runs: list[str] = []
    load_known = known_files.load_known

    def load(connection: sa.Connection, source: str) -> Any:
        whole_runs.append(source)
        return load_known(connection, source)

    by_edits, by_whole = make_portal(_BEFORE), make_portal(_BEFORE)
    monkeypatch.setattr(known_files, "load_known", load)
    by_edits.repository.commit(commit)
    by_edits.sync()
    assert bool(whole_runs) is not is_local
    monkeypatch.setattr(edits, "MOST_EDITED", -1)
    by_whole.repository.commit(commit)
    by_whole.sync()
    assert whole_runs
    assert catalog_of(by_edits) == catalog_of(by_whole)
