"""A run brings the catalog to a commit: on SQLite and on PostgreSQL, all of it or nothing."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from portal.catalog import tables as t
from portal.catalog.ingestion import walk
from portal.catalog.ingestion.parser import Descriptor
from portal.catalog.ingestion.parser import parse
from portal.catalog.processing import history
from portal.catalog.processing import problems
from portal.catalog.processing import source_states
from portal.catalog.processing import store
from portal.catalog.processing.engine import Engine
from portal.catalog.processing.run_report import RunReport
from portal.catalog.sources.opening import open_location
from portal.config.settings import Config
from portal.config.sources import Source
from portal.glossary.integrity import KINDS
from portal.glossary.integrity import check_glossary
from portal.kernel.database import open_database
from portal.model.entity import StatusItem
from portal.roles.access import remote_access
from portal.scm.mirror import Mirror
from portal.scm.snapshot import Blob
from tests.conftest import MakeRepository
from tests.descriptors import component
from tests.descriptors import location
from tests.http_server import http_server


def ref(name: str) -> str:
    return f"component:default/{name}"


@dataclass
class Catalog:
    """An engine, its database and its sources."""

    url: str
    folder: Path
    make: Any
    removal_share: float = 1.0
    repositories: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    stitched: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.database = open_database(self.url)

    def engine(self) -> Engine:
        return Engine(
            self.database,
            self.removal_share,
            check_glossary,
            KINDS,
            self.stitched.append,
        )

    def add(self, files: dict[str, Any], name: str = "content", **options: Any) -> Any:
        repository = self.make(files, name)
        self.repositories[name] = repository
        source = Source(name, str(repository.path), **{"targets": ("*.yaml",), **options})
        self.sources[name] = source
        return repository

    def sync(self, name: str = "content", confirm: str = "", **config: Any) -> RunReport:
        settings = Config(data_dir=self.folder / "data", git_timeout=20, **config)
        where = open_location(self.sources[name], remote_access(settings, {}))
        return self.engine().refresh(where, confirm)

    def commit(self, files: dict[str, Any], name: str = "content", **options: Any) -> RunReport:
        self.repositories[name].commit(files, **options)
        return self.sync(name)

    def entities(self) -> dict[str, Any]:
        with self.database.connect() as connection:
            rows = connection.execute(sa.select(t.entities.c.ref, t.entities.c.final))
            return {row.ref: json.loads(row.final) for row in rows}

    def names(self) -> set[str]:
        return {r.partition("/")[2] for r in self.entities() if r.startswith("component:")}

    def state(self, name: str = "content") -> source_states.SourceState:
        with self.database.connect() as connection:
            return source_states.load_source(connection, name)

    def generation(self) -> int:
        with self.database.connect() as connection:
            return store.generation(connection)

    def log(self, entity: str) -> list[dict[str, Any]]:
        with self.database.connect() as connection:
            return history.load(connection, entity)

    def problems(self) -> list[dict[str, Any]]:
        with self.database.connect() as connection:
            return [dict(row) for row in problems.load_problems(connection)]

    def dump(self) -> dict[str, list[Any]]:
        """Return every row of every table, but for when a source was looked at."""
        found = {}
        with self.database.connect() as connection:
            for name, table in t.METADATA.tables.items():
                columns = [c for c in table.columns if c.name != "checked_at"]
                found[name] = sorted(map(repr, connection.execute(sa.select(*columns))))
        return found


@pytest.fixture
def catalog(
    database_url: str, tmp_path: Path, make_repository: MakeRepository
) -> Iterator[Catalog]:
    made = Catalog(database_url, tmp_path, make_repository)
    yield made
    made.database.dispose()


def status(entity: dict[str, Any]) -> list[str]:
    return [item["message"] for item in entity.get("status", {}).get("items", [])]


class TestChanges:
    def test_a_first_run_adds_everything(self, catalog: Catalog) -> None:
        repository = catalog.add({"a.yaml": component("a"), "b.yaml": component("b")})
        report = catalog.sync()
        assert (report.outcome, report.generation) == ("changed", 1)
        assert report.commit == repository.git("rev-parse", "HEAD").strip()
        assert {ref("a"), ref("b")} < set(report.added)
        assert catalog.names() == {"a", "b"}
        assert catalog.stitched == [1]

    def test_an_added_entity_is_logged_with_commit_and_author(self, catalog: Catalog) -> None:
        catalog.add({"a.yaml": component("a")})
        catalog.sync()
        report = catalog.commit({"b.yaml": component("b")}, message="Add b")
        assert report.added == (ref("b"),)
        [entry] = catalog.log(ref("b"))
        assert entry["operation"] == "added"
        assert entry["path"] == "b.yaml"
        assert entry["generation"] == report.generation == 2
        assert entry["commit"] == {
            "id": report.commit,
            "author": "Ada Author",
            "subject": "Add b",
            "time": "2025-01-01T00:01:00+00:00",
        }

    def test_a_changed_entity_keeps_its_uid_and_is_logged_with_its_difference(
        self, catalog: Catalog
    ) -> None:
        catalog.add({"a.yaml": component("a"), "b.yaml": component("b")})
        catalog.sync()
        before = catalog.entities()
        report = catalog.commit({"a.yaml": component("a", lifecycle="deprecated", tier=1)})
        after = catalog.entities()
        assert (report.added, report.changed, report.removed) == ((), (ref("a"),), ())
        assert before[ref("a")]["metadata"]["uid"] == after[ref("a")]["metadata"]["uid"]
        assert before[ref("a")]["metadata"]["etag"] != after[ref("a")]["metadata"]["etag"]
        assert before[ref("b")] == after[ref("b")]
        assert catalog.log(ref("a"))[0]["diff"] == [
            {
                "op": "replace",
                "path": "/spec/lifecycle",
                "from": "production",
                "to": "deprecated",
            },
            {"op": "add", "path": "/spec/tier", "to": 1},
        ]

    def test_members_are_in_the_order_of_the_file(self, catalog: Catalog) -> None:
        """A form shows its fields in that order."""
        catalog.add({"a.yaml": component("a", tier=1, area="x")})
        catalog.sync()
        written = ["type", "lifecycle", "owner", "tier", "area"]
        assert list(catalog.entities()[ref("a")]["spec"]) == written
        before = catalog.entities()[ref("a")]["metadata"]["etag"]
        report = catalog.commit({"a.yaml": component("a", area="x", tier=1)})
        assert report.changed == (ref("a"),)
        after = catalog.entities()[ref("a")]
        assert list(after["spec"])[-2:] == ["area", "tier"]
        assert after["metadata"]["etag"] != before

    def test_a_removed_entity_leaves_a_tombstone(self, catalog: Catalog) -> None:
        catalog.add({"a.yaml": component("a"), "b.yaml": component("b")})
        catalog.sync()
        report = catalog.commit({"b.yaml": None}, message="Remove b")
        assert report.removed == (ref("b"),)
        assert catalog.names() == {"a"}
        newest = catalog.log(ref("b"))[0]
        assert newest["operation"] == "removed"
        assert newest["tombstone"]["metadata"]["name"] == "b"
        assert newest["commit"]["id"] == report.commit
        assert newest["commit"]["subject"] == "Remove b"

    def test_a_rename_is_a_removal_and_an_addition(self, catalog: Catalog) -> None:
        catalog.add({"a.yaml": component("a")})
        catalog.sync()
        report = catalog.commit({"a.yaml": component("z")})
        assert (report.added, report.removed) == ((ref("z"),), (ref("a"),))

    def test_an_entity_that_moves_to_another_file_is_the_same(self, catalog: Catalog) -> None:
        catalog.add({"a.yaml": component("a")})
        catalog.sync()
        uid = catalog.entities()[ref("a")]["metadata"]["uid"]
        report = catalog.commit({"a.yaml": None, "b.yaml": component("a")})
        assert (report.changed, report.removed) == ((ref("a"),), ())
        assert catalog.entities()[ref("a")]["metadata"]["uid"] == uid

    def test_an_entity_that_comes_back_is_a_new_one(self, catalog: Catalog) -> None:
        catalog.add({"a.yaml": component("a"), "b.yaml": component("b")})
        catalog.sync()
        uid = catalog.entities()[ref("b")]["metadata"]["uid"]
        catalog.commit({"b.yaml": None})
        catalog.commit({"b.yaml": component("b")})
        assert catalog.entities()[ref("b")]["metadata"]["uid"] != uid
        operations = [entry["operation"] for entry in catalog.log(ref("b"))]
        assert operations == ["added", "removed", "added"]

    def test_generations_count_the_runs_that_changed_something(self, catalog: Catalog) -> None:
        catalog.add({"a.yaml": component("a")})
        assert catalog.generation() == 0
        numbers = [catalog.sync().generation]
        numbers.append(catalog.commit({"README.md": "x"}).generation)
        numbers.append(catalog.commit({"a.yaml": component("a", tier=1)}).generation)
        assert numbers == [1, 1, 2]
        assert catalog.stitched == [1, 2]

    @pytest.mark.parametrize("tag", [[], ["tag"]])
    def test_a_second_run_writes_nothing(self, catalog: Catalog, tag: list[str]) -> None:
        repository = catalog.add({"a.yaml": component("a"), "broken.yaml": "a: ["})
        if tag:
            repository.git("tag", "-a", "-m", "x", "v1")
            catalog.sources["content"] = replace(catalog.sources["content"], ref="v1")
        catalog.sync()
        before = catalog.dump()
        report = catalog.sync()
        assert report.outcome == "unchanged"
        assert catalog.dump() == before

    def test_a_commit_without_descriptors_moves_only_the_source(self, catalog: Catalog) -> None:
        catalog.add({"a.yaml": component("a")})
        catalog.sync()
        before = catalog.dump()
        assert catalog.commit({"README.md": "x"}).outcome == "unchanged"
        after = catalog.dump()
        del before["sources"], after["sources"]
        assert after == before

    def test_unchanged_files_are_not_parsed_again(
        self, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        parsed: list[str] = []

        def counting(blob: Blob) -> Iterator[Descriptor | StatusItem]:
            parsed.append(blob.path)
            return parse(blob)

        monkeypatch.setattr(walk, "parse", counting)
        catalog.add({"a.yaml": component("a"), "b.yaml": component("b"), "bad.yaml": "["})
        catalog.sync()
        assert parsed == ["a.yaml", "b.yaml", "bad.yaml"]
        parsed.clear()
        catalog.commit({"b.yaml": component("b", tier=1)})
        assert parsed == ["b.yaml", "bad.yaml"]

    def test_a_change_of_what_is_read_processes_everything_again(self, catalog: Catalog) -> None:
        catalog.add({"a.yaml": component("a"), "b.yaml": component("b")})
        catalog.sync()
        catalog.sources["content"] = replace(catalog.sources["content"], targets=("a.yaml",))
        assert ref("b") in catalog.sync().removed
        catalog.sources["content"] = replace(
            catalog.sources["content"], targets=("*.yaml",), allow=("Location",)
        )
        report = catalog.sync()
        assert ref("a") in catalog.entities()
        assert {item.rule for item in report.items} == {"allow"}


class TestGuard:
    @pytest.fixture
    def eleven(self, catalog: Catalog) -> Catalog:
        catalog.removal_share = 0.2
        catalog.add({f"c{i}.yaml": component(f"c{i}") for i in range(11)})
        catalog.sync()
        return catalog

    def test_nine_of_eleven_are_held_and_named(self, eleven: Catalog) -> None:
        before = eleven.entities()
        report = eleven.commit({f"c{i}.yaml": None for i in range(9)})
        assert report.outcome == "held"
        assert set(report.removed) == {ref(f"c{i}") for i in range(9)}
        assert eleven.entities() == before
        state = eleven.state()
        assert (state.held_commit, state.held_removals) == (report.commit, 9)
        assert state.commit_id != report.commit
        assert eleven.generation() == 1

    def test_it_stays_held(self, eleven: Catalog) -> None:
        eleven.commit({f"c{i}.yaml": None for i in range(9)})
        assert eleven.sync().outcome == "held"
        assert eleven.commit({"README.md": "x"}).outcome == "held"

    def test_a_confirmation_of_the_commit_accepts_it(self, eleven: Catalog) -> None:
        held = eleven.commit({f"c{i}.yaml": None for i in range(9)})
        assert eleven.sync(confirm="0" * 12).outcome == "held"
        report = eleven.sync(confirm=held.commit[:12])
        assert report.outcome == "changed"
        assert eleven.names() == {"c9", "c10"}
        assert eleven.state().held_commit == ""

    def test_a_later_restore_releases_it(self, eleven: Catalog) -> None:
        eleven.commit({f"c{i}.yaml": None for i in range(9)})
        eleven.repositories["content"].git("reset", "-q", "--hard", "HEAD~1")
        assert eleven.sync().outcome == "unchanged"
        assert eleven.state().held_commit == ""
        assert len(eleven.names()) == 11

    def test_a_single_removal_is_never_held(self, eleven: Catalog) -> None:
        eleven.removal_share = 0
        assert eleven.commit({"c0.yaml": None}).removed == (ref("c0"),)

    def test_a_small_share_is_not_held(self, eleven: Catalog) -> None:
        assert eleven.commit({"c0.yaml": None, "c1.yaml": None}).outcome == "changed"

    def test_an_emptied_repository_is_held(self, eleven: Catalog) -> None:
        report = eleven.commit({f"c{i}.yaml": None for i in range(11)} | {"x": "x"})
        assert report.outcome == "held"
        assert len(eleven.names()) == 11


BROKEN = [
    ("a: 1\n  b: [\n", "yaml", 2),
    (component("b").replace("Component", "Widget"), "kind", 2),
    (component("b").replace("production", ""), "schema", 2),
    ('{"apiVersion": "v1", "kind": "Component"}', "envelope", 1),
    (component("has space"), "policy", 2),
    ("- a\n- b\n", "yaml", 1),
    ("[" * 60_000, "yaml", 1),
    ("a0: &a0 {k: v}\n" + "".join(
        f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}\n" for i in range(1, 9)
    ), "yaml", 5),
    ("a: !!python/object/apply:os.system ['touch pwned']\n", "yaml", 1),
    (b"\xff\xfe\x00a", "yaml", 1),
    (component("b", owner="a:"), "reference", 2),
    (component("b", owner="g" * 3_000), "reference", 2),
    (component("b", x={"$text": "/etc/passwd"}), "placeholder", 2),
    (component("b", x={"$json": "./deep.json"}), "placeholder", 2),
    (component("b", x={"$json": "./half.json"}), "placeholder", 2),
    (component("b", x={"$text": "./nul.txt"}), "placeholder", 2),
]  # fmt: skip


class TestBroken:
    def test_a_broken_file_is_told_with_its_place_and_nothing_else_suffers(
        self, catalog: Catalog
    ) -> None:
        files = {
            "a.yaml": component("a"),
            "c.yaml": component("c"),
            "deep.json": "[" * 100_000,
            "half.json": '{"a": "\\ud800"}',
            "nul.txt": "a\0b",
        }
        broken = {f"b{number}.yaml": case for number, case in enumerate(BROKEN)}
        catalog.add(files | {path: content for path, (content, _, _) in broken.items()})
        report = catalog.sync()
        assert catalog.names() == {"a", "c"}
        places = {item.position: item.rule for item in report.items if item.position}
        told = {(place.path, place.line, rule) for place, rule in places.items()}
        assert told == {(path, line, rule) for path, (_, rule, line) in broken.items()}
        assert len(report.items) == len(broken)
        assert all(place.column >= 1 for place in places)
        problems = catalog.problems()
        assert {(one["path"], one["line"], one["rule"]) for one in problems} == told
        assert {one["commit_id"] for one in problems} == {report.commit}

    def test_a_link_to_a_file_of_the_host_is_told_and_not_read(self, catalog: Catalog) -> None:
        repository = catalog.add({"a.yaml": component("a")})
        (repository.path / "b.yaml").symlink_to("/etc/passwd")
        report = catalog.commit({})
        [item] = report.items
        assert item.message == "file b.yaml is a symbolic link"
        assert "root:" not in repr(catalog.dump())

    def test_a_broken_file_keeps_the_last_good_state_and_says_so(self, catalog: Catalog) -> None:
        catalog.add({"a.yaml": component("a"), "b.yaml": component("b")})
        catalog.sync()
        good = catalog.entities()[ref("a")]
        report = catalog.commit({"a.yaml": component("a").replace("production", "")})
        bad = catalog.entities()[ref("a")]
        assert report.removed == ()
        assert bad["spec"] == good["spec"]
        assert bad["metadata"]["uid"] == good["metadata"]["uid"]
        [item] = bad["status"]["items"]
        assert item["type"] == "backstage.io/catalog-processing"
        assert item["level"] == "error"
        assert "/spec/lifecycle must NOT have fewer than 1 characters" in item["message"]
        assert item["error"]["name"] == "InputError"
        assert item["error"]["cause"]["name"] == "TypeError"
        mended = catalog.commit({"a.yaml": component("a")})
        assert mended.outcome == "changed"
        assert catalog.entities()[ref("a")] == good
        assert catalog.problems() == []

    def test_a_file_that_is_no_yaml_speaks_for_all_it_defined(self, catalog: Catalog) -> None:
        catalog.add({"a.yaml": component("a") + component("b")})
        catalog.sync()
        catalog.commit({"a.yaml": "---\nx: [\n"})
        assert {name: len(status(catalog.entities()[ref(name)])) for name in "ab"} == {
            "a": 1,
            "b": 1,
        }
        assert catalog.commit({"a.yaml": component("a") + component("b")}).items == ()
        assert not status(catalog.entities()[ref("a")])

    def test_what_is_gone_from_a_file_is_gone_though_another_document_is_wrong(
        self, catalog: Catalog
    ) -> None:
        catalog.add({"a.yaml": component("a") + component("b") + component("c")})
        catalog.sync()
        wrong = component("a").replace("production", "")
        report = catalog.commit({"a.yaml": wrong + component("b")})
        assert report.removed == (ref("c"),)
        assert catalog.names() == {"a", "b"}

    def test_what_a_broken_location_led_to_stays_and_goes_on(self, catalog: Catalog) -> None:
        files = {
            "root.yaml": location("root", "./x/*.yaml") + component("r"),
            "x/a.yaml": component("a"),
            "x/b.yaml": location("deep", "./y/c.yaml"),
            "x/y/c.yaml": component("c"),
        }
        catalog.add(files, targets=("root.yaml",))
        catalog.sync()
        for broken in ("x: [", files["root.yaml"].replace("targets", "target")):
            report = catalog.commit({"root.yaml": broken, "x/a.yaml": component("a", tier=broken)})
            assert report.removed == ()
            assert catalog.names() == {"r", "a", "c"}
            assert ref("a") in report.changed
        assert catalog.commit({"root.yaml": files["root.yaml"]}).removed == ()

    def test_a_moved_document_is_pointed_at_where_it_is(self, catalog: Catalog) -> None:
        concept = json.dumps(
            {
                "apiVersion": "glossary/v1",
                "kind": "Concept",
                "metadata": {"name": "c"},
                "spec": {
                    "type": "x",
                    "status": "draft",
                    "owner": "o",
                    "glossary": "g",
                    "labels": {"ko": {"preferred": "c"}},
                    "text": {
                        "ko": {
                            "summary": "s",
                            "overview": "o",
                            "explanation": "e",
                            "relevance": "r",
                            "useCases": [],
                        }
                    },
                },
            },
            indent=1,
        )
        catalog.add({"c.yaml": concept})
        [item] = catalog.sync().items
        assert item.rule == "unknown-glossary"
        assert item.position is not None
        line = item.position.line
        [item] = catalog.commit({"c.yaml": "# more\n\n# text\n" + concept}).items
        assert item.position is not None
        assert item.position.line == line + 3

    def test_a_problem_that_stays_keeps_since_when_it_is_there(self, catalog: Catalog) -> None:
        catalog.add({"a.yaml": "x: ["})
        first = catalog.sync().commit
        since = catalog.problems()[0]["since"]
        catalog.commit({"b.yaml": component("b")})
        [problem] = catalog.problems()
        assert (problem["commit_id"], problem["since"]) == (first, since)

    def test_ten_thousand_mistakes_are_told_shortly(self, catalog: Catalog) -> None:
        tags = ", ".join(["UPPER"] * 10_000)
        text = f"apiVersion: v1\nkind: Component\nmetadata: {{name: a, tags: [{tags}]}}\n"
        catalog.add({"a.yaml": text})
        assert 0 < len(catalog.sync().items) <= 10

    def test_a_very_long_path_is_told(self, catalog: Catalog) -> None:
        path = "/".join(["f" * 200] * 12) + "/a.yaml"
        catalog.add({path: component("a"), "b.yaml": component("b")}, targets=("**/*.yaml",))
        [item] = catalog.sync().items
        assert "its path has more than 1,000 bytes" in item.message
        assert catalog.names() == {"b"}

    def test_a_path_that_is_no_utf8_is_left_out_and_told(self, catalog: Catalog) -> None:
        repository = catalog.add({"b.yaml": component("b")})
        with open(os.fsencode(repository.path) + b"/caf\xe9.yaml", "w") as file:  # noqa: PTH123
            file.write(component("a"))
        [item] = catalog.commit({}).items
        assert item.message == "file caf\\xe9.yaml is left out: its name is not UTF-8: rename it"
        assert catalog.names() == {"b"}


class TestConflicts:
    def test_of_two_files_the_first_keeps_the_ref(self, catalog: Catalog) -> None:
        catalog.add({"a.yaml": component("x", tier=1), "b.yaml": component("x", tier=2)})
        report = catalog.sync()
        assert catalog.entities()[ref("x")]["spec"]["tier"] == 1
        assert {(i.level, i.position and i.position.path) for i in report.items} == {
            ("error", "b.yaml"),
            ("warning", "a.yaml"),
        }
        assert status(catalog.entities()[ref("x")]) == []

    def test_the_owner_stays_the_owner_when_another_comes_first(self, catalog: Catalog) -> None:
        catalog.add({"b.yaml": component("x", tier=2)})
        catalog.sync()
        catalog.commit({"a.yaml": component("x", tier=1)})
        assert catalog.entities()[ref("x")]["spec"]["tier"] == 2
        catalog.commit({"b.yaml": component("x", tier=3)})
        assert catalog.entities()[ref("x")]["spec"]["tier"] == 3

    def test_the_owner_stays_the_owner_while_its_file_is_broken(self, catalog: Catalog) -> None:
        catalog.add({"a.yaml": component("x", tier=1), "b.yaml": component("x", tier=2)})
        catalog.sync()
        for broken in ("x: [", component("x").replace("production", "")):
            catalog.commit({"a.yaml": broken})
            assert catalog.entities()[ref("x")]["spec"]["tier"] == 1
        catalog.commit({"a.yaml": component("x", tier=1)})
        assert catalog.entities()[ref("x")]["spec"]["tier"] == 1

    def test_the_heir_takes_over_when_the_owner_goes(self, catalog: Catalog) -> None:
        catalog.add({"a.yaml": component("x", tier=1), "b.yaml": component("x", tier=2)})
        catalog.sync()
        report = catalog.commit({"a.yaml": None})
        assert report.changed == (ref("x"),)
        assert report.items == ()
        assert catalog.entities()[ref("x")]["spec"]["tier"] == 2

    def test_twice_in_one_file(self, catalog: Catalog) -> None:
        catalog.add({"a.yaml": component("x", tier=1) + component("x", tier=2)})
        report = catalog.sync()
        assert catalog.entities()[ref("x")]["spec"]["tier"] == 1
        assert [i.position.line for i in report.items if i.position] == [1, 3]

    def test_of_two_sources_the_first_keeps_it_and_the_second_inherits(
        self, catalog: Catalog
    ) -> None:
        catalog.add({"a.yaml": component("x", tier=1), "o.yaml": component("o")}, "one")
        catalog.add({"a.yaml": component("x", tier=2)}, "two")
        catalog.sync("one")
        [item] = catalog.sync("two").items
        assert "is already defined at a.yaml of source one, which keeps it" in item.message
        assert catalog.sync("two").outcome == "unchanged"
        catalog.commit({"a.yaml": None}, "one")
        assert ref("x") not in catalog.entities()
        report = catalog.sync("two")
        assert report.added == (ref("x"),)
        assert report.items == ()
        assert catalog.entities()[ref("x")]["spec"]["tier"] == 2


class TestRelations:
    def relations(self, catalog: Catalog, name: str) -> list[tuple[str, str]]:
        return [(r["type"], r["targetRef"]) for r in catalog.entities()[ref(name)]["relations"]]

    def test_both_sides_show_a_relation(self, catalog: Catalog) -> None:
        catalog.add({"a.yaml": component("a", dependsOn=[ref("b")]), "b.yaml": component("b")})
        catalog.sync()
        assert ("dependsOn", ref("b")) in self.relations(catalog, "a")
        assert ("dependencyOf", ref("a")) in self.relations(catalog, "b")

    def test_one_that_comes_later_is_met_by_its_relations(self, catalog: Catalog) -> None:
        catalog.add({"a.yaml": component("a", dependsOn=[ref("b")])})
        catalog.sync()
        assert ("dependsOn", ref("b")) in self.relations(catalog, "a")
        catalog.commit({"b.yaml": component("b")})
        assert ("dependencyOf", ref("a")) in self.relations(catalog, "b")

    def test_a_removed_emitter_takes_its_relations_along(self, catalog: Catalog) -> None:
        catalog.add({"a.yaml": component("a", dependsOn=[ref("b")]), "b.yaml": component("b")})
        catalog.sync()
        catalog.commit({"a.yaml": None})
        assert self.relations(catalog, "b") == [("ownedBy", "group:default/team")]

    def test_a_withdrawn_relation_goes_on_both_sides(self, catalog: Catalog) -> None:
        catalog.add({"a.yaml": component("a", dependsOn=[ref("b")]), "b.yaml": component("b")})
        catalog.sync()
        catalog.commit({"a.yaml": component("a")})
        assert self.relations(catalog, "b") == [("ownedBy", "group:default/team")]

    def test_what_both_sides_say_counts_once_and_stays_while_one_says_it(
        self, catalog: Catalog
    ) -> None:
        one, two = component("a", dependsOn=[ref("b")]), component("b", dependencyOf=[ref("a")])
        catalog.add({"a.yaml": one, "b.yaml": two})
        catalog.sync()
        assert self.relations(catalog, "b").count(("dependencyOf", ref("a"))) == 1
        catalog.commit({"a.yaml": component("a")})
        assert ("dependencyOf", ref("a")) in self.relations(catalog, "b")
        assert ("dependsOn", ref("b")) in self.relations(catalog, "a")

    def test_relations_cross_sources(self, catalog: Catalog) -> None:
        catalog.add({"a.yaml": component("a", dependsOn=[ref("b")])}, "one")
        catalog.add({"b.yaml": component("b")}, "two")
        catalog.sync("two")
        catalog.sync("one")
        assert ("dependencyOf", ref("a")) in self.relations(catalog, "b")


class _Redirecting(BaseHTTPRequestHandler):
    def log_message(self, *_args: Any) -> None: ...

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", "http://127.0.0.1:9/")
        self.end_headers()


class TestFailures:
    @pytest.fixture
    def served(self, catalog: Catalog) -> Catalog:
        catalog.add({"a.yaml": component("a")})
        catalog.sync()
        return catalog

    def failing(self, catalog: Catalog, url: str, **config: Any) -> RunReport:
        good = catalog.sources["content"]
        before = catalog.dump()
        catalog.sources["content"] = replace(good, url=url, location="file:content")
        report = catalog.sync(**config)
        after = catalog.dump()
        for dump in (before, after):
            del dump["sources"]
        assert after == before
        assert report.outcome == "failed"
        state = catalog.state()
        assert state.error == report.error
        assert state.failing_since
        assert state.commit_id
        assert catalog.sync(**config).outcome == "failed"
        assert catalog.state().failing_since == state.failing_since
        catalog.sources["content"] = good
        assert catalog.sync().outcome == "unchanged"
        assert (catalog.state().error, catalog.state().failing_since) == ("", "")
        return report

    def test_one_that_refuses(self, served: Catalog) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        assert "refuses" in self.failing(served, f"http://127.0.0.1:{port}/x").error

    def test_one_that_hangs(self, served: Catalog) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
            good = served.sources["content"]
            served.sources["content"] = replace(good, url=url)
            where = open_location(
                served.sources["content"], remote_access(Config(data_dir=served.folder / "d"))
            )
            assert isinstance(where.mirror, Mirror)
            quick = replace(where.mirror._git, timeout=0.5)
            where.mirror._git = quick
            report = served.engine().refresh(where)
        assert "did not finish" in report.error
        assert served.names() == {"a"}

    def test_one_that_redirects(self, served: Catalog) -> None:
        with http_server(_Redirecting) as port:
            report = self.failing(served, f"http://127.0.0.1:{port}/x")
        assert "redirects" in report.error

    def test_one_that_vanished(self, served: Catalog) -> None:
        missing = str(served.folder / "missing")
        assert "not a git repository" in self.failing(served, missing).error

    class Interference:
        """So many runs of another process, each in the middle of this one's."""

        def __init__(self, catalog: Catalog, times: int) -> None:
            self.catalog, self.times, self.count = catalog, times, 0

        def __call__(self, stage: str, _done: int, _total: int) -> None:
            if stage == "look" and self.count < self.times:
                self.count += 1
                added = {"b.yaml": component(f"b{self.count}")}
                self.catalog.repositories["content"].commit(added)
            elif stage == "fetch":
                self.catalog.sync()

    @pytest.mark.parametrize("times", [1, 4])
    def test_one_that_another_process_writes_first(self, served: Catalog, times: int) -> None:
        """What another one wrote meanwhile may be newer than what was fetched."""
        where = open_location(
            served.sources["content"], remote_access(Config(data_dir=served.folder / "d"))
        )
        report = served.engine().refresh(where, progress=self.Interference(served, times))
        assert report.outcome == "unchanged"
        assert served.names() == {"a", f"b{times}"}

    def test_one_that_another_process_always_writes_first(self, served: Catalog) -> None:
        where = open_location(
            served.sources["content"], remote_access(Config(data_dir=served.folder / "d"))
        )
        report = served.engine().refresh(where, progress=self.Interference(served, 100))
        assert report.outcome == "failed"
        assert report.error == (
            "another process wrote this source first, 5 times in a row; the next run tries again"
        )
        assert (served.state().error, served.names()) == (report.error, {"a", "b5"})

    def test_one_whose_branch_is_gone(self, served: Catalog) -> None:
        served.sources["content"] = replace(served.sources["content"], ref="gone")
        report = served.sync()
        assert (report.outcome, report.error) == ("failed", "it has no branch or tag 'gone'")
        assert served.names() == {"a"}


PROGRAM = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from portal.catalog.processing import engine as e, run as r
    from portal.catalog.sources.opening import open_location
    from portal.config.settings import Config
    from portal.config.sources import Source
    from portal.kernel.database import open_database
    from portal.roles.access import remote_access
    url, folder, repository, mode = sys.argv[1:]
    if mode == "stuck":
        real = r.Run._stitch
        def stuck(self, *args):
            real(self, *args)
            print("writing", flush=True)
            time.sleep(60)
        r.Run._stitch = stuck
    source = Source("content", repository, targets=("*.yaml",))
    config = Config(data_dir=Path(folder) / "data")
    engine = e.Engine(open_database(url), 1.0)
    for _ in range(1 if mode == "stuck" else 8):
        print(engine.refresh(open_location(source, remote_access(config, {}))).outcome, flush=True)
    """
)


@pytest.mark.slow
class TestProcesses:
    def start(self, catalog: Catalog, mode: str) -> subprocess.Popen[str]:
        repository = catalog.repositories["content"]
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, catalog.url, catalog.folder, repository.path, mode],
            stdout=subprocess.PIPE,
            text=True,
        )

    def test_a_sync_that_is_killed_leaves_the_old_state_and_the_next_one_does_it(
        self, catalog: Catalog
    ) -> None:
        repository = catalog.add({"a.yaml": component("a"), "b.yaml": component("b")})
        catalog.sync()
        before = catalog.dump()
        repository.commit({"a.yaml": component("a", tier=1), "b.yaml": None})
        process = self.start(catalog, "stuck")
        assert process.stdout
        assert process.stdout.readline() == "writing\n"
        assert catalog.dump() == before  # a reader meanwhile sees the old state
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert catalog.dump() == before
        report = catalog.sync()
        assert (report.changed, report.removed) == ((ref("a"),), (ref("b"),))
        assert report.generation == 2

    def test_two_writers_at_once_stay_consistent(self, catalog: Catalog) -> None:
        repository = catalog.add({f"c{i}.yaml": component(f"c{i}") for i in range(5)})
        processes = [self.start(catalog, "sync") for _ in range(2)]
        for number in range(6):
            repository.commit({f"c{number % 5}.yaml": component(f"c{number % 5}", tier=number)})
            time.sleep(0.05)
        outcomes = []
        for process in processes:
            output, _ = process.communicate(timeout=60)
            assert process.returncode == 0
            outcomes += output.split()
        assert set(outcomes) <= {"changed", "unchanged"}
        catalog.sync()
        assert catalog.state().commit_id == repository.git("rev-parse", "HEAD").strip()
        assert catalog.entities()[ref("c0")]["spec"]["tier"] == 5
        with catalog.database.connect() as connection:
            rows = connection.execute(sa.select(t.runs.c.generation).order_by(t.runs.c.id))
            generations = [row.generation for row in rows]
        assert generations == list(range(1, len(generations) + 1))

    def test_a_reader_sees_one_generation_and_never_a_mixture(self, catalog: Catalog) -> None:
        names = [f"c{i}" for i in range(20)]

        def every(tier: int) -> dict[str, Any]:
            return {f"{name}.yaml": component(name, tier=tier) for name in names}

        repository = catalog.add(every(0))
        catalog.sync()
        repository.commit(every(1))
        seen: set[tuple[int, ...]] = set()
        process = self.start(catalog, "sync")
        while process.poll() is None:
            entities = catalog.entities()
            seen.add(tuple({entities[ref(name)]["spec"]["tier"] for name in names}))
        assert process.stdout
        process.stdout.close()
        assert seen <= {(0,), (1,)}
        assert (1,) in seen or catalog.entities()[ref("c0")]["spec"]["tier"] == 1
