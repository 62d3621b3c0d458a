"""The catalog as its doors see it: kept answers, history and requests to refresh."""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Hashable
from typing import Any

import pytest
import sqlalchemy as sa

from portal.catalog import tables as t
from portal.catalog.reading.entities_catalog import EntitiesCatalog
from portal.catalog.reading.queries import EntitiesRequest
from portal.catalog.reading.queries import QueryRequest
from portal.kernel.cache import GenerationCache
from portal.kernel.errors import NotFoundError
from portal.model.refs import EntityRef
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.descriptors import component

_FILE = "catalog-info.yaml"
_ENTITY = dict.fromkeys(
    ("uid", "ref", "kind", "source", "path", "document", "document_hash", "items", "etag"), "x"
) | {"id": 1, "line": 1, "final": "{}"}
_REF = EntityRef("component", "default", "a")


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    """Return a portal with two components."""
    return make_portal({_FILE: component("a", owner="팀") + component("b")})


def statements(portal: Portal) -> list[str]:
    """Return a list that every SQL statement from now on is added to."""
    seen: list[str] = []

    @sa.event.listens_for(portal.services.database, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    return seen


def test_an_answer_is_made_once_for_each_generation(portal: Portal) -> None:
    catalog = portal.services.catalog
    first = catalog.by_query("key", QueryRequest(), ())
    seen = statements(portal)
    assert catalog.by_query("key", QueryRequest(), ()) == first
    counts_commits = portal.services.database.dialect.name == "sqlite"
    assert len([text for text in seen if text.startswith("SELECT")]) == (not counts_commits)
    portal.repository.commit({_FILE: component("a", lifecycle="experimental") + component("b")})
    portal.sync()
    assert catalog.by_query("key", QueryRequest(), ()) != first


def test_an_answer_is_of_one_moment(database: sa.Engine) -> None:
    """What is committed before its first look at the tables is in it whole."""
    seen: list[Hashable] = []
    with database.begin() as writer:
        writer.execute(sa.insert(t.state).values(id=1, generation=1))

    class Cache(GenerationCache):
        """A cache that lets a writer in before the answer is made."""

        def get(self, generation: Hashable, key: Hashable, make: Callable[[], bytes]) -> bytes:
            for _ in range(1 - len(seen)):
                with database.begin() as writer:
                    writer.execute(sa.update(t.state).values(generation=2))
                    writer.execute(sa.insert(t.entities).values(_ENTITY))
            seen.append(generation)
            return super().get(generation, key, make)

    catalog = EntitiesCatalog(database, Cache(0))
    body, _after = catalog.entities("key", EntitiesRequest(), ())
    assert seen == [("", 1), ("", 2)]
    assert body == f"[{_ENTITY['final']}]".encode()


def test_an_answer_from_memory_is_of_the_generation_it_is_kept_under(database: sa.Engine) -> None:
    """Memory has that generation still while another one is committed."""
    with database.begin() as writer:
        writer.execute(sa.insert(t.state).values(id=1, generation=1))
    kept: list[tuple[Hashable, Hashable, bytes]] = []

    class Cache(GenerationCache):
        """A cache that lets a writer in before the second answer is made."""

        def get(self, generation: Hashable, key: Hashable, make: Callable[[], bytes]) -> bytes:
            if len(kept) == 1:
                with database.begin() as writer:
                    writer.execute(sa.update(t.state).values(generation=2))
                    writer.execute(sa.insert(t.entities).values({**_ENTITY, "generation": 2}))
            answer = make()
            kept.append((generation, key, answer))
            return answer

    catalog = EntitiesCatalog(database, Cache(0))
    for key in ("first", "second", "third"):
        catalog.entities(key, EntitiesRequest(), ())
    whole = f"\n[{_ENTITY['final']}]".encode()
    assert [(generation, answer) for generation, _key, answer in kept] == [
        (("", 1), b"\n[]"),
        (("", 1), b"\n[]"),
        (("", 2), whole),
    ]


def test_answers_of_different_questions_are_kept_apart(portal: Portal) -> None:
    catalog = portal.services.catalog
    assert (
        catalog.by_query("key", QueryRequest(limit=0), ())
        != catalog.entities("key", EntitiesRequest(), ())[0]
    )


def test_a_list_holds_the_texts_as_they_are_stored(portal: Portal) -> None:
    body, after = portal.services.catalog.entities("key", EntitiesRequest(limit=1), ())
    text = portal.services.catalog.by_name(_REF)
    assert body == b"[" + text + b"]"
    assert json.loads(text)["spec"]["owner"] == "팀"
    assert after


def test_the_history_of_an_entity_outlives_it(portal: Portal) -> None:
    portal.repository.commit({_FILE: component("b")}, "Take a away")
    portal.sync()
    catalog = portal.services.catalog
    with pytest.raises(NotFoundError):
        catalog.by_name(_REF)
    entries = catalog.history(_REF)["items"]
    assert [entry["operation"] for entry in entries] == ["removed", "added"]


def test_an_entity_that_never_was_has_no_history(portal: Portal) -> None:
    for name in ("nope", "\0"):
        with pytest.raises(NotFoundError):
            portal.services.catalog.history(EntityRef("component", "default", name))


def test_a_refresh_is_asked_for_once_for_each_source(portal: Portal) -> None:
    woken: list[bool] = []
    portal.services.on_refresh = lambda: woken.append(True)
    queue = portal.services.refresh_queue
    for text in ("component:default/a", "Component:Default/B"):
        queue.ask(text)
    assert woken == [True, True]
    assert [*queue.take()] == ["content"]
    assert [*queue.take()] == []


def test_nobody_can_refresh_what_is_not_there(portal: Portal) -> None:
    for text in ("component:default/nope", "no ref", ""):
        with pytest.raises(NotFoundError):
            portal.services.refresh_queue.ask(text)


def test_documents_leave_out_what_is_missing(portal: Portal) -> None:
    reader = portal.services.entity_reader
    found = reader.documents(["component:default/b", "nope", "component:default/a"])
    assert [entity["metadata"]["name"] for entity in found] == ["b", "a"]
    named = [entity["metadata"]["name"] for entity in reader.all_documents({"Component"})]
    assert named == ["a", "b"]
    assert portal.services.source_status.count() == 3
