"""An entity's data, the relations of all and its status become one text."""

from __future__ import annotations

from portal.catalog.processing.stitcher import stitch

DOCUMENT = {"kind": "System", "metadata": {"name": "x"}, "spec": {"owner": "o"}}


def test_relations_are_always_there_and_only_type_and_target() -> None:
    assert stitch(DOCUMENT, "u", (), [])["relations"] == []
    found = stitch(DOCUMENT, "u", [("ownedBy", "group:default/o")], [])["relations"]
    assert found == [{"type": "ownedBy", "targetRef": "group:default/o"}]


def test_status_is_there_only_when_something_is_wrong() -> None:
    assert "status" not in stitch(DOCUMENT, "u", (), [])
    assert stitch(DOCUMENT, "u", (), [{"level": "error"}])["status"] == {
        "items": [{"level": "error"}]
    }


def test_the_etag_changes_with_all_but_the_uid() -> None:
    def etag(*arguments: object) -> str:
        found: str = stitch(*arguments)["metadata"]["etag"]  # type: ignore[arg-type]
        return found

    base = etag(DOCUMENT, "u", (), [])
    assert etag(DOCUMENT, "other", (), []) == base
    assert etag(DOCUMENT, "u", [("a", "b")], []) != base
    assert etag(DOCUMENT, "u", (), [{"x": 1}]) != base
    assert etag({**DOCUMENT, "spec": {}}, "u", (), []) != base


def test_an_etag_of_the_author_is_kept_and_a_uid_is_not() -> None:
    own = {"name": "x", "etag": "mine", "uid": "forged"}
    document = {**DOCUMENT, "metadata": own}
    metadata = stitch(document, "u", (), [])["metadata"]
    assert (metadata["etag"], metadata["uid"]) == ("mine", "u")
    assert own["uid"] == "forged"
