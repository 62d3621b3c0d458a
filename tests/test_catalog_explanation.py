"""What owners are told: why an entity is as it is, how it was, where it went."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.model.refs import EntityRef
from portal.model.refs import parse_ref

HEAD = "apiVersion: backstage.io/v1alpha1\nkind: Component\n"
SPEC = "spec: {type: t, lifecycle: l, owner: o}\n"


def component(name: str, more: str = "", spec: str = SPEC) -> str:
    """Return a descriptor."""
    return f"{HEAD}metadata: {{name: {name}{more}}}\n{spec}"


@pytest.fixture
def portal(make_portal: Callable[..., Any]) -> Any:
    """Return a portal with one component."""
    return make_portal({"catalog-info.yaml": component("web", ", title: One")})


WEB = EntityRef("component", "default", "web")


def explain(portal: Any, ref: str = "component:default/web") -> Any:
    """Return the explanation of an entity."""
    return portal.services.explanations.entity(parse_ref(ref))


class TestAnEntity:
    def test_it_is_told_from_which_file_and_commit_it_comes(self, portal: Any) -> None:
        found = explain(portal)
        head = portal.repository.git("rev-parse", "HEAD").strip()
        assert found["exists"]
        assert (found["file"], found["line"]) == ("catalog-info.yaml", 1)
        assert (found["source"]["source"], found["source"]["commit"]) == ("content", head)
        assert found["source"]["state"] == "current"
        assert found["problems"] == []
        assert [change["operation"] for change in found["lastChanges"]] == ["added"]
        assert found["now"] == f"nothing: the catalog is at the source's newest commit {head[:12]}"

    def test_what_a_refresh_would_do_is_asked_of_the_remote(self, portal: Any) -> None:
        old = portal.repository.git("rev-parse", "HEAD").strip()
        new = portal.repository.commit({"catalog-info.yaml": component("web", ", title: Two")})
        now = explain(portal)["now"]
        assert now == f"commit {new[:12]} would be read; the catalog is at {old[:12]}"

    def test_what_is_wrong_with_it_is_told_with_its_place(self, portal: Any) -> None:
        new = portal.repository.commit({"catalog-info.yaml": component("web", spec="spec: {}\n")})
        portal.sync()
        problem = explain(portal)["problems"][0]
        assert (problem["file"], problem["line"], problem["rule"]) == (
            "catalog-info.yaml",
            4,
            "schema",
        )
        assert problem["since"]["commit"] == new

    def test_it_is_told_of_what_never_came_to_be(self, portal: Any) -> None:
        text = component("web") + "---\n" + component("bad", spec="spec: {}\n")
        portal.repository.commit({"catalog-info.yaml": text})
        portal.sync()
        found = explain(portal, "component:default/bad")
        assert not found["exists"]
        assert found["file"] is None
        assert found["problems"][0]["entityRef"] == "component:default/bad"

    def test_what_is_gone_is_explained_by_its_last_changes(self, portal: Any) -> None:
        portal.repository.commit({"catalog-info.yaml": component("other")})
        portal.sync(confirm=portal.repository.git("rev-parse", "HEAD").strip())
        found = explain(portal)
        assert not found["exists"]
        assert [c["operation"] for c in found["lastChanges"]] == ["removed", "added"]

    def test_nothing_is_known_of_what_never_was(self, portal: Any) -> None:
        with pytest.raises(NotFoundError, match="Nothing is known of component:default/never"):
            explain(portal, "component:default/never")

    def test_a_held_commit_is_told(self, make_portal: Callable[..., Any]) -> None:
        text = "---\n".join(component(name) for name in ("web", "b", "c", "d"))
        portal = make_portal({"catalog-info.yaml": text})
        new = portal.repository.commit({"catalog-info.yaml": component("web")})
        portal.sync()
        found = explain(portal)
        assert found["source"]["state"] == "held"
        assert found["source"]["held"] == {"commit": new, "removals": 3}
        assert found["now"] == f"nothing: commit {new[:12]} is held until it is confirmed"

    def test_a_source_that_fails_is_told_with_since_when(self, portal: Any) -> None:
        portal.repository.path.rename(portal.repository.path.with_name("away"))
        portal.sync()
        found = explain(portal)
        assert found["source"]["state"] == "failing"
        assert found["source"]["error"]["since"]
        assert found["now"].startswith("nothing: the source cannot be read (")


class TestASource:
    def test_it_tells_how_it_is_doing(self, portal: Any) -> None:
        found = portal.services.explanations.source("content")
        assert found["state"] == "current"
        assert found["entities"] == 2
        next_check = dt.datetime.fromisoformat(found["nextCheckAt"])
        checked = dt.datetime.fromisoformat(found["checkedAt"])
        assert (next_check - checked).total_seconds() == 60
        assert [s["source"] for s in portal.services.explanations.sources()] == ["content"]

    def test_it_must_be_there(self, portal: Any) -> None:
        with pytest.raises(NotFoundError, match="There is no source 'x', or it was never read"):
            portal.services.explanations.source("x")

    def test_a_location_that_was_not_read_yet_says_so(self, portal: Any) -> None:
        found = portal.services.explanations.location("location-1")
        assert (found["state"], found["checkedAt"], found["entities"]) == ("unread", None, 0)


class TestThen:
    def test_an_entity_is_given_as_it_was_at_a_commit(self, portal: Any) -> None:
        first = portal.repository.git("rev-parse", "HEAD").strip()
        second = portal.repository.commit({"catalog-info.yaml": component("web", ", title: Two")})
        portal.sync()
        portal.repository.commit({"catalog-info.yaml": component("web", ", title: Three")})
        portal.sync()
        at = portal.services.explanations.at
        titles = [at(WEB, commit)["metadata"]["title"] for commit in (first, second[:7], second)]
        assert titles == ["One", "Two", "Two"]

    def test_an_entity_is_given_as_it_was_at_a_time(self, portal: Any) -> None:
        then = dt.datetime.now(dt.UTC).isoformat()
        portal.repository.commit({"catalog-info.yaml": component("web", ", title: Two")})
        portal.sync()
        found = portal.services.explanations.at
        assert found(WEB, then)["metadata"]["title"] == "One"
        assert found(WEB, "2999-01-01")["metadata"]["title"] == "Two"
        with pytest.raises(NotFoundError, match="There was no component:default/web at 2001-01-01"):
            found(WEB, "2001-01-01")

    def test_what_is_gone_is_given_as_it_was(self, portal: Any) -> None:
        first = portal.repository.git("rev-parse", "HEAD").strip()
        gone = portal.repository.commit({"catalog-info.yaml": component("other")})
        portal.sync(confirm=gone)
        assert portal.services.explanations.at(WEB, first)["metadata"]["title"] == "One"
        with pytest.raises(NotFoundError, match="There was no"):
            portal.services.explanations.at(WEB, gone)

    @pytest.mark.parametrize("at", ["yesterday", "", "%", "123456", "9" * 99])
    def test_what_is_neither_a_time_nor_a_commit_is_refused(self, portal: Any, at: str) -> None:
        with pytest.raises(InputError, match="is neither a time"):
            portal.services.explanations.at(WEB, at)

    def test_a_commit_that_was_never_read(self, portal: Any) -> None:
        with pytest.raises(NotFoundError, match="No commit abcdef0 was ever read"):
            portal.services.explanations.at(WEB, "abcdef0")


class TestMoved:
    @pytest.mark.parametrize(
        "formerly",
        ["component:default/old", "Old", "default/old", "component:default/a, component:OLD"],
    )
    def test_the_name_an_entity_had_leads_to_it(self, portal: Any, formerly: str) -> None:
        annotation = f", annotations: {{portal/formerly: '{formerly}'}}"
        portal.repository.commit({"catalog-info.yaml": component("New", annotation)})
        portal.sync(confirm=portal.repository.git("rev-parse", "HEAD").strip())
        moved = portal.services.explanations.moved_to
        assert str(moved(EntityRef("Component", "default", "OLD"))) == "component:default/new"
        assert moved(EntityRef("component", "default", "other")) is None

    def test_what_is_no_ref_leads_nowhere(self, portal: Any) -> None:
        annotation = ", annotations: {portal/formerly: ', :, /, a:'}"
        portal.repository.commit({"catalog-info.yaml": component("web", annotation)})
        portal.sync()
        assert portal.services.explanations.moved_to(EntityRef("a", "b", "c")) is None
