"""A snapshot becomes entities: the walk, its limits, and who owns a ref."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from typing import ClassVar

import pytest

from portal.catalog.ingestion import walk
from portal.catalog.ingestion.ingested import Ingested
from portal.catalog.ingestion.ingested import Known
from portal.catalog.ingestion.ingested import KnownFile
from portal.catalog.ingestion.parser import Descriptor
from portal.catalog.ingestion.parser import parse
from portal.catalog.ingestion.processor import ProcessingResult
from portal.catalog.ingestion.processor import process
from portal.catalog.ingestion.targets import Roots
from portal.catalog.ingestion.walk import ingest
from portal.kernel.errors import NotFoundError
from portal.model.entity import StatusItem
from portal.model.refs import LocationRef
from portal.scm.commit import blob_id
from portal.scm.file_names import FileNames
from portal.scm.snapshot import Blob
from portal.scm.snapshot import Entry
from tests.descriptors import descriptor
from tests.descriptors import location
from tests.descriptors import system

URL = LocationRef("url", "https://git.test/o/r/blob/main")
FILE = LocationRef("file", "content")
NOTHING = Known("s")


class Files:
    """A snapshot of texts in memory; a text that begins with ``->`` is a link."""

    commit = "c" * 40

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files
        self.entries = {
            path: Entry(blob_id(text.encode()), len(text), text.startswith("->"))
            for path, text in files.items()
        }
        self.names = FileNames(self.entries)

    def read(self, path: str) -> Blob:
        if path not in self._files:
            raise NotFoundError(f"file {path} does not exist")
        if self.entries[path].is_link:
            raise NotFoundError(f"file {path} is a symbolic link")
        return Blob(path, self._files[path].encode(), self.entries[path].id)

    def glob(self, pattern: str) -> list[str]:
        return self.names.matching(pattern)


def walk_files(
    files: dict[str, str],
    *targets: str,
    address: LocationRef = FILE,
    known: Known = NOTHING,
    allow: frozenset[str] = frozenset(),
) -> Ingested:
    roots = Roots(address, targets or ("root.yaml",), allow)
    return ingest(Files(files), roots, known)


def names(found: Ingested) -> list[str]:
    return [
        r.partition("/")[2] for r in found.entities if not r.partition("/")[2].startswith("gen")
    ]


def messages(found: Ingested) -> list[str]:
    return [item.message for item in found.items]


class TestTargets:
    FILES: ClassVar = {
        "root.yaml": "",
        "a/one.yaml": system("one"),
        "a/two.yaml": system("two"),
        "a/b/three.yaml": system("three"),
        "content/four.yaml": system("four"),
    }

    @pytest.mark.parametrize(
        ("target", "expected"),
        [
            ("./a/one.yaml", ["one"]),
            ("a/one.yaml", ["one"]),
            ("/a/one.yaml", ["one"]),
            ("./a/../a/one.yaml", ["one"]),
            ("./a/*.yaml", ["one", "two"]),
            ("./**/*.yaml", ["three", "one", "two", "four"]),
            ("content/four.yaml", ["four"]),
        ],
    )
    @pytest.mark.parametrize("address", [FILE, URL, LocationRef("file", ".")])
    def test_a_target_leads_to_files(
        self, address: LocationRef, target: str, expected: list[str]
    ) -> None:
        files = {**self.FILES, "root.yaml": location("root", target)}
        found = walk_files(files, address=address)
        assert found.items == ()
        assert sorted(names(found)) == sorted(["root", *expected])

    def test_a_target_is_relative_to_the_file_it_stands_in(self) -> None:
        files = {
            "root.yaml": location("root", "./sub/catalog.yaml"),
            "sub/catalog.yaml": location("sub", "./inner.yaml"),
            "sub/inner.yaml": system("right"),
            "inner.yaml": system("wrong"),
        }
        for address in (FILE, URL, LocationRef("file", "."), LocationRef("file", "sub")):
            assert names(walk_files(files, address=address)) == ["root", "sub", "right"]

    def test_an_absolute_address_of_the_repository_is_its_own(self) -> None:
        target = "https://git.test/o/r/blob/main/a/one.yaml"
        files = {**self.FILES, "root.yaml": location("root", target)}
        assert names(walk_files(files, address=URL)) == ["root", "one"]

    @pytest.mark.parametrize(
        ("target", "message"),
        [
            ("../x.yaml", "'../x.yaml' points outside of the repository"),
            ("a/../../x.yaml", "points outside of the repository"),
            ("/../x.yaml", "points outside of the repository"),
            ("https://git.test/o/other/blob/main/a.yaml", "it is not in this repository"),
            ("https://git.test/o/r/blob/main/../../x.yaml", "points outside of the repository"),
            ("http://169.254.169.254/", "it is not in this repository"),
            ("file:///etc/passwd", "it is not in this repository"),
            ("/etc/passwd", "does not exist"),
            ("%2e%2e/x.yaml", "no matching files found"),
            ("a/[z-a].yaml", "no matching files found"),
            ("a", "no matching files found"),
            ("a/", "no matching files found"),
        ],
    )
    def test_a_target_outside_is_refused(self, target: str, message: str) -> None:
        address = FILE if target == "/etc/passwd" else URL
        [item] = walk_files({"root.yaml": location("root", target)}, address=address).items
        assert message in item.message
        assert item.rule == "target"
        assert item.position is not None
        assert (item.position.path, item.position.line) == ("root.yaml", 2)

    def test_a_missing_target_is_told_unless_it_is_optional(self) -> None:
        [item] = walk_files({"root.yaml": location("root", "./none.yaml")}).items
        assert item.message == "file content/none.yaml does not exist"
        assert item.error == "NotFoundError"
        assert item.json_path == ("spec", "targets", 0)
        [item] = walk_files({"root.yaml": location("root", "./none.yaml")}, address=URL).items
        assert item.message == (
            "Unable to read url, no matching files found for "
            "https://git.test/o/r/blob/main/none.yaml"
        )
        found = walk_files({"root.yaml": location("root", "./none.yaml", presence="optional")})
        assert found.items == ()

    def test_a_configured_target_that_is_missing_is_told(self) -> None:
        [item] = walk_files({}, "none.yaml").items
        assert item.message == "file content/none.yaml does not exist"

    def test_target_goes_before_targets(self) -> None:
        text = location("root", "./a/two.yaml", target="./a/one.yaml")
        assert names(walk_files({**self.FILES, "root.yaml": text})) == ["root", "one", "two"]

    def test_locations_may_go_round_in_a_circle(self) -> None:
        files = {"a.yaml": location("a", "./b.yaml"), "b.yaml": location("b", "./a.yaml")}
        found = walk_files(files, "a.yaml")
        assert found.items == ()
        assert names(found) == ["a", "b"]
        assert ("location:default/a", "location:default/b") in found.parents

    def test_locations_are_nested_only_so_deep(self) -> None:
        files = {f"l{i}.yaml": location(f"l{i}", f"./l{i + 1}.yaml") for i in range(30)}
        found = walk_files(files, "l0.yaml")
        assert messages(found) == ["./l17.yaml: Locations are nested more than 16 deep"]
        assert len(names(found)) == 17

    def test_a_file_with_two_parents_is_read_once(self) -> None:
        files = {
            "root.yaml": location("x", "./a.yaml", "./a.yaml", "./*.yaml")
            + location("y", "./a.yaml"),
            "a.yaml": system("a"),
        }
        found = walk_files(files)
        assert found.items == ()
        assert {parent for ref, parent in found.parents if ref == "system:default/a"} == {
            "location:default/x",
            "location:default/y",
        }

    def test_too_many_files_are_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(walk, "_MAX_FILES", 3)
        found = walk_files({f"{i}.yaml": system(f"s{i}") for i in range(5)}, "*.yaml")
        assert len(names(found)) == 3
        assert "more than 3 descriptor files" in messages(found)[0]

    def test_too_many_ways_are_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(walk, "_MAX_STEPS", 10)
        locations = "".join(location(f"l{i}", "./*.yaml") for i in range(10))
        found = walk_files({"root.yaml": locations, "a.yaml": system("a"), "b.yaml": system("b")})
        assert any("ways to a descriptor file" in message for message in messages(found))

    def test_too_many_globs_are_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(walk, "_MAX_COMPARISONS", 10)
        targets = [f"./x{i}*.yaml" for i in range(10)]
        found = walk_files({"root.yaml": location("r", *targets, presence="optional")})
        assert found.items == () or "too many globs" in messages(found)[0]
        found = walk_files(
            {"root.yaml": location("r", *targets), **{f"f{i}": "" for i in range(5)}}
        )
        assert any("too many globs" in message for message in messages(found))

    def test_a_link_is_told_and_not_read(self) -> None:
        [item] = walk_files({"root.yaml": "-> /etc/passwd"}).items
        assert item.message == "file root.yaml is a symbolic link"
        assert item.hint == "Only regular files are read."

    def test_a_location_that_defines_itself_again_is_ignored(self) -> None:
        files = {"root.yaml": location("root", "./a.yaml"), "a.yaml": location("root", "./b.yaml")}
        found = walk_files(files)
        assert found.items == ()
        assert names(found) == ["root"]

    def test_kinds_that_are_not_allowed_are_told(self) -> None:
        files = {
            "root.yaml": location("root") + system("a") + descriptor("User", "u", {"memberOf": []})
        }
        found = walk_files(files, allow=frozenset({"location", "system"}))
        assert names(found) == ["root", "a"]
        [item] = found.items
        assert item.error == "NotAllowedError"
        assert item.message == (
            "Entity user:default/u at file:content/root.yaml, originated at "
            "file:content/root.yaml, is not of an allowed kind for that location"
        )


def known_of(found: Ingested, **changes: Any) -> Known:
    """Return what a catalog holds after a first run."""
    owners = {ref: ("s", defined.path) for ref, defined in found.entities.items()}
    locations = {
        ref: defined.entity
        for ref, defined in found.entities.items()
        if defined.entity and defined.entity["kind"] == "Location"
    }
    return Known("s", **{"files": found.files, "owners": owners, "locations": locations, **changes})


class TestSecondRun:
    FILES: ClassVar = {
        "root.yaml": location("root", "./*.yaml"),
        "a.yaml": system("a", note={"$text": "./note.txt"}),
        "b.yaml": system("b"),
        "note.txt": "one",
    }

    def parsed(self, files: dict[str, str], known: Known) -> list[str]:
        seen: list[str] = []

        def counting(blob: Blob) -> Iterator[Descriptor | StatusItem]:
            seen.append(blob.path)
            return parse(blob)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(walk, "parse", counting)
            found = walk_files(files, known=known)
        assert sorted(names(found)) == ["a", "b", "root"]
        return seen

    def test_what_is_unchanged_is_not_parsed(self) -> None:
        known = known_of(walk_files(self.FILES))
        assert self.parsed(self.FILES, known) == []
        assert self.parsed({**self.FILES, "b.yaml": system("b", x=1)}, known) == ["b.yaml"]

    def test_a_changed_placeholder_target_is(self) -> None:
        known = known_of(walk_files(self.FILES))
        assert self.parsed({**self.FILES, "note.txt": "two"}, known) == ["a.yaml"]

    def test_a_target_of_a_placeholder_that_becomes_a_link_is_not_taken_for_unchanged(self) -> None:
        known = known_of(walk_files(self.FILES))
        found = walk_files({**self.FILES, "note.txt": "-> one"}, known=known)
        assert ["symbolic link" in message for message in messages(found)] == [True]

    def test_a_file_with_errors_is_parsed_again(self) -> None:
        files = {**self.FILES, "b.yaml": system("b") + "x: ["}
        assert self.parsed(files, known_of(walk_files(files))) == ["b.yaml"]

    def test_a_file_another_root_leads_to_is(self) -> None:
        known = known_of(walk_files(self.FILES))
        moved = {"x.yaml": self.FILES["root.yaml"], **self.FILES}
        del moved["root.yaml"]
        found = walk_files(moved, "x.yaml", known=known)
        defined = found.entities["system:default/b"]
        assert defined.entity is not None

    def test_the_parents_are_the_same_as_the_first_time(self) -> None:
        first = walk_files(self.FILES)
        assert walk_files(self.FILES, known=known_of(first)).parents == first.parents

    def test_below_a_broken_location_everything_stays(self) -> None:
        known = known_of(walk_files(self.FILES))
        for broken in ("x: [", location("root").replace('"targets": []', '"targets": 1')):
            found = walk_files({**self.FILES, "root.yaml": broken}, known=known)
            assert sorted(names(found)) == ["a", "b"]
            assert ("system:default/a", "location:default/root") in found.parents
            assert "root.yaml" in found.kept_paths or "location:default/root" in found.kept_refs

    def test_what_cannot_be_foreseen_costs_one_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def failing(descriptor: Descriptor, *rest: Any) -> ProcessingResult:
            if descriptor.blob.path == "a.yaml":
                raise RuntimeError("secret")
            return process(descriptor, *rest)

        monkeypatch.setattr(walk, "process", failing)
        found = walk_files(self.FILES)
        assert names(found) == ["root", "b"]
        assert messages(found) == ["the file cannot be processed (RuntimeError)"]


class TestOwners:
    def test_a_ref_of_another_source_is_not_taken(self) -> None:
        known = Known("s", owners={"system:default/a": ("other", "x.yaml")})
        found = walk_files({"root.yaml": system("a")}, known=known)
        assert names(found) == []
        assert messages(found) == [
            "system:default/a is already defined at x.yaml of source other, which keeps it"
        ]

    def test_letter_case_makes_no_second_entity(self) -> None:
        found = walk_files({"root.yaml": system("Aa") + system("aA")})
        assert list(found.entities)[-1] == "system:default/aa"
        assert len(found.items) == 2

    def test_a_known_file_that_is_unchanged_keeps_its_ref(self) -> None:
        files = {"a.yaml": system("x", v=1), "b.yaml": system("x", v=2)}
        owners = {"system:default/x": ("s", "b.yaml")}
        blob = blob_id(files["b.yaml"].encode())
        known = Known(
            "s",
            {"b.yaml": KnownFile(blob, {}, ("system:default/x",), "file:content/*.yaml")},
            owners,
        )
        found = walk_files(files, "*.yaml", known=known)
        assert found.entities["system:default/x"].path == "b.yaml"
        assert found.entities["system:default/x"].entity is None
