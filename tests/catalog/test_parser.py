"""A blob becomes descriptors; what cannot be read becomes a value, too."""

from __future__ import annotations

from portal.catalog.ingestion.parser import Descriptor
from portal.catalog.ingestion.parser import parse
from portal.model.entity import Position
from portal.model.entity import StatusItem
from portal.scm.snapshot import Blob


def parsed(data: bytes) -> list[Descriptor | StatusItem]:
    return list(parse(Blob("x/a.yaml", data, "id")))


def test_every_document_is_a_descriptor_with_its_line() -> None:
    found = parsed(b"a: 1\n---\n# nothing\n---\nb: 2\n")
    assert [(d.document, d.line) for d in found if isinstance(d, Descriptor)] == [
        ({"a": 1}, 1),
        ({"b": 2}, 4),
    ]


def test_a_descriptor_knows_the_place_of_its_parts() -> None:
    [_, second] = parsed(b"a: 1\n---\nb:\n  c: 2\n")
    assert isinstance(second, Descriptor)
    assert second.position() == Position("x/a.yaml", 2, 1)
    assert second.position(("b", "c")) == Position("x/a.yaml", 4, 3)
    assert str(second.position(("b", "c"))) == "x/a.yaml:4:3"


def test_a_root_that_is_no_object_is_told() -> None:
    kinds = [
        ("x", "string"),
        ("[a]", "array"),
        ("1", "number"),
        ("1.5", "number"),
        ("true", "boolean"),
    ]
    for text, kind in kinds:
        [item] = parsed(text.encode())
        assert isinstance(item, StatusItem)
        assert item.message == f"Expected object at root, got {kind}"
        assert item.hint


def test_a_broken_document_is_told_and_the_others_are_read() -> None:
    first, broken, last = parsed(b"a: 1\n---\nb: 1\nb: 2\n---\nc: 3\n")
    assert isinstance(first, Descriptor)
    assert isinstance(last, Descriptor)
    assert isinstance(broken, StatusItem)
    assert broken.message.startswith("YAML error at x/a.yaml, key 'b' stands twice")
    assert broken.position == Position("x/a.yaml", 4, 1)
    assert broken.rule == "yaml"


def test_an_empty_file_defines_nothing() -> None:
    assert parsed(b"") == parsed(b"# only a comment\n") == []


def test_a_descriptor_in_git_lfs_says_so() -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"
    (item,) = parse(Blob("catalog-info.yaml", pointer, "id"))
    assert isinstance(item, StatusItem)
    assert item.message == "catalog-info.yaml is kept in Git LFS, which is not read"
