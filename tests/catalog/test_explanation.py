"""What owners are told: why an entity is as it is, how it was, where it went."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.model.refs import EntityRef
from portal.model.refs import parse_ref
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.descriptors import COMPONENT
from tests.descriptors import component
from tests.descriptors import descriptor


def web(**metadata: Any) -> str:
    """Return the component that most tests ask for."""
    return descriptor("Component", "web", COMPONENT, **metadata)


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    """Return a portal with one component."""
    return make_portal({"catalog-info.yaml": web(title="One")})


WEB = EntityRef("component", "default", "web")


def explain(portal: Portal, ref: str = "component:default/web") -> Any:
    """Return the explanation of an entity."""
    return portal.services.explanations.entity(parse_ref(ref))


class TestAnEntity:
    def test_it_is_told_from_which_file_and_commit_it_comes(self, portal: Portal) -> None:
        found = explain(portal)
        head = portal.repository.git("rev-parse", "HEAD").strip()
        assert found["exists"]
        assert (found["file"], found["line"]) == ("catalog-info.yaml", 1)
        assert (found["source"]["source"], found["source"]["commit"]) == ("content", head)
        assert found["source"]["state"] == "current"
        assert found["problems"] == []
        assert [change["operation"] for change in found["lastChanges"]] == ["added"]
        assert found["now"] == f"nothing: the catalog is at the source's newest commit {head[:12]}"

    def test_what_a_refresh_would_do_is_asked_of_the_remote(self, portal: Portal) -> None:
        old = portal.repository.git("rev-parse", "HEAD").strip()
        new = portal.repository.commit({"catalog-info.yaml": web(title="Two")})
        now = explain(portal)["now"]
        assert now == f"commit {new[:12]} would be read; the catalog is at {old[:12]}"

    def test_what_is_wrong_with_it_is_told_with_its_place(self, portal: Portal) -> None:
        new = portal.repository.commit({"catalog-info.yaml": descriptor("Component", "web", {})})
        portal.sync()
        problem = explain(portal)["problems"][0]
        assert (problem["file"], problem["line"], problem["rule"]) == (
            "catalog-info.yaml",
            2,
            "schema",
        )
        assert problem["since"]["commit"] == new

    def test_it_is_told_of_what_never_came_to_be(self, portal: Portal) -> None:
        text = component("web") + descriptor("Component", "bad", {})
        portal.repository.commit({"catalog-info.yaml": text})
        portal.sync()
        found = explain(portal, "component:default/bad")
        assert not found["exists"]
        assert found["file"] is None
        assert found["problems"][0]["entityRef"] == "component:default/bad"

    def test_what_is_gone_is_explained_by_its_last_changes(self, portal: Portal) -> None:
        portal.repository.commit({"catalog-info.yaml": component("other")})
        portal.sync(confirm=portal.repository.git("rev-parse", "HEAD").strip())
        found = explain(portal)
        assert not found["exists"]
        assert [c["operation"] for c in found["lastChanges"]] == ["removed", "added"]

    def test_nothing_is_known_of_what_never_was(self, portal: Portal) -> None:
        with pytest.raises(NotFoundError, match="Nothing is known of component:default/never"):
            explain(portal, "component:default/never")

    def test_a_held_commit_is_told(self, make_portal: MakePortal) -> None:
        text = "".join(component(name) for name in ("web", "b", "c", "d"))
        portal = make_portal({"catalog-info.yaml": text})
        new = portal.repository.commit({"catalog-info.yaml": component("web")})
        portal.sync()
        found = explain(portal)
        assert found["source"]["state"] == "held"
        assert found["source"]["held"] == {"commit": new, "removals": 3}
        assert found["now"] == f"nothing: commit {new[:12]} is held until it is confirmed"

    def test_a_source_that_fails_is_told_with_since_when(self, portal: Portal) -> None:
        portal.repository.path.rename(portal.repository.path.with_name("away"))
        portal.sync()
        found = explain(portal)
        assert found["source"]["state"] == "failing"
        assert found["source"]["error"]["since"]
        assert found["now"].startswith("nothing: the source cannot be read (")


class TestASource:
    def test_it_tells_how_it_is_doing(self, portal: Portal) -> None:
        found = portal.services.explanations.source("content")
        assert found["state"] == "current"
        assert found["entities"] == 2
        next_check = dt.datetime.fromisoformat(found["nextCheckAt"])
        checked = dt.datetime.fromisoformat(found["checkedAt"])
        assert (next_check - checked).total_seconds() == 60
        assert [s["source"] for s in portal.services.explanations.sources()] == ["content"]

    def test_it_must_be_there(self, portal: Portal) -> None:
        with pytest.raises(NotFoundError, match="There is no source 'x', or it was never read"):
            portal.services.explanations.source("x")

    def test_a_location_that_was_not_read_yet_says_so(self, portal: Portal) -> None:
        found = portal.services.explanations.location("location-1")
        assert (found["state"], found["checkedAt"], found["entities"]) == ("unread", None, 0)


class TestThen:
    def test_an_entity_is_given_as_it_was_at_a_commit(self, portal: Portal) -> None:
        first = portal.repository.git("rev-parse", "HEAD").strip()
        second = portal.repository.commit({"catalog-info.yaml": web(title="Two")})
        portal.sync()
        portal.repository.commit({"catalog-info.yaml": web(title="Three")})
        portal.sync()
        at = portal.services.explanations.at
        titles = [at(WEB, commit)["metadata"]["title"] for commit in (first, second[:7], second)]
        assert titles == ["One", "Two", "Two"]

    def test_an_entity_is_given_as_it_was_at_a_time(self, portal: Portal) -> None:
        then = dt.datetime.now(dt.UTC).isoformat()
        portal.repository.commit({"catalog-info.yaml": web(title="Two")})
        portal.sync()
        found = portal.services.explanations.at
        assert found(WEB, then)["metadata"]["title"] == "One"
        assert found(WEB, "2999-01-01")["metadata"]["title"] == "Two"
        with pytest.raises(NotFoundError, match="There was no component:default/web at 2001-01-01"):
            found(WEB, "2001-01-01")

    def test_what_is_gone_is_given_as_it_was(self, portal: Portal) -> None:
        first = portal.repository.git("rev-parse", "HEAD").strip()
        gone = portal.repository.commit({"catalog-info.yaml": component("other")})
        portal.sync(confirm=gone)
        assert portal.services.explanations.at(WEB, first)["metadata"]["title"] == "One"
        with pytest.raises(NotFoundError, match="There was no"):
            portal.services.explanations.at(WEB, gone)

    @pytest.mark.parametrize("at", ["yesterday", "", "%", "123456", "9" * 99])
    def test_what_is_neither_a_time_nor_a_commit_is_refused(self, portal: Portal, at: str) -> None:
        with pytest.raises(InputError, match="is neither a time"):
            portal.services.explanations.at(WEB, at)

    def test_a_commit_that_was_never_read(self, portal: Portal) -> None:
        with pytest.raises(NotFoundError, match="No commit abcdef0 was ever read"):
            portal.services.explanations.at(WEB, "abcdef0")


class TestMoved:
    @pytest.mark.parametrize(
        "formerly",
        ["component:default/old", "Old", "default/old", "component:default/a, component:OLD"],
    )
    def test_the_name_an_entity_had_leads_to_it(self, portal: Portal, formerly: str) -> None:
        annotations = {"portal/formerly": formerly}
        new = descriptor("Component", "New", COMPONENT, annotations=annotations)
        portal.repository.commit({"catalog-info.yaml": new})
        portal.sync(confirm=portal.repository.git("rev-parse", "HEAD").strip())
        moved = portal.services.explanations.moved_to
        assert str(moved(EntityRef("Component", "default", "OLD"))) == "component:default/new"
        assert moved(EntityRef("component", "default", "other")) is None

    def test_what_is_no_ref_leads_nowhere(self, portal: Portal) -> None:
        annotated = web(annotations={"portal/formerly": ", :, /, a:"})
        portal.repository.commit({"catalog-info.yaml": annotated})
        portal.sync()
        assert portal.services.explanations.moved_to(EntityRef("a", "b", "c")) is None
