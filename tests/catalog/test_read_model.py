"""The read model follows a catalog: what it answers is what a new one would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from portal.catalog import tables as t
from portal.catalog.read_model import state as states
from portal.catalog.read_model.entity_texts import EntityTexts
from portal.catalog.read_model.model import ReadModel
from portal.catalog.read_model.rows import REFS
from portal.catalog.read_model.view import View
from portal.catalog.row_conditions import HasRow
from portal.catalog.row_conditions import Holds
from portal.catalog.row_conditions import OneOf
from portal.catalog.row_sql import among
from portal.catalog.row_sql import sql_of
from portal.permission.conditions import Condition
from portal.permission.conditions import read_condition
from portal.permission.permissions import ENTITY
from tests.catalog.final_entities import put
from tests.catalog.final_entities import remove

Entity = dict[str, Any]
_KEYS = ("metadata.name", "spec.type", "spec.tags", "relations.partof", "metadata.uid", "nope")


@pytest.fixture
def connection(shared_database: sa.Engine) -> Iterator[sa.Connection]:
    """Return a connection whose changes are forgotten."""
    with shared_database.connect() as opened:
        yield opened


def entity(number: int, spec: Any, age: int) -> Entity:
    """Return a final entity; of another age it has another uid, as one that was made again."""
    meta = {"name": f"n{number:02}", "namespace": "default", "uid": f"{number * 7 % 31:02}-{age}"}
    targets = [f"component:default/N{other:02}" for other in spec.pop("partOf", [])]
    relations = [{"type": "partOf", "targetRef": target} for target in targets]
    return {"kind": "Component", "metadata": meta, "spec": spec, "relations": relations}


def set_generation(connection: sa.Connection, generation: int, catalog: str = "c") -> None:
    """Say which state of which catalog this is."""
    connection.execute(sa.delete(t.state))
    row = {"id": 1, "generation": generation, "catalog_id": catalog}
    connection.execute(sa.insert(t.state).values(row))


_ALL_REFS = [f"component:default/n{number:02}" for number in range(8)]


def seen_by(view: View) -> dict[str, Any]:
    """Return whatever can be asked of a view."""
    ids = view.ids()
    answers: dict[str, Any] = {
        "ids": list(ids),
        "refs": view.refs(ids),
        "uids": list(view.by_uid(ids)),
    }
    # Twice: from the tables, and from memory.
    answers["texts"] = [view.texts(ids), view.texts(ids)]
    answers["of refs"] = [view.of_refs(_ALL_REFS), view.of_refs(_ALL_REFS)]
    for key in _KEYS:
        answers[key] = [
            list(view.by_value(key, ids)),
            list(view.by_value(key, ids, is_down=True, are_uids_down=True)),
            view.count(key, ids),
            view.counts(key, ids),
            list(view.ids(HasRow((key,)))),
            list(view.ids(HasRow((key,), OneOf(frozenset(("a", "n01")))))),
            list(view.ids(HasRow((key,), Holds("_0")))),
            view.ranks(key, ids).keys(),
        ]
    return answers


_values = st.sampled_from(["a", "A", "b", "B", "", None, 1, "x" * 201])
_entities = st.fixed_dictionaries(
    {},
    optional={
        "type": _values,
        "tags": st.lists(_values, max_size=3),
        "partOf": st.lists(st.integers(0, 6), max_size=3, unique=True),
    },
)
#: By the number of an entity what it becomes: nothing, or a spec and whether it is made anew.
_steps = st.lists(
    st.dictionaries(
        st.integers(1, 12), st.none() | st.tuples(_entities, st.booleans()), max_size=6
    ),
    min_size=1,
    max_size=4,
)
_NO_TYPE_A: Condition = read_condition(
    {
        "not": {
            "rule": "HAS_SPEC",
            "resourceType": "catalog-entity",
            "params": {"key": "type", "value": "a"},
        }
    },
    ENTITY,
)


#: Each example leaves what the fixture lends as it was.
_WITH_A_FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@_WITH_A_FIXTURE
@given(steps=_steps)
def test_a_model_that_followed_answers_as_a_new_one(
    connection: sa.Connection, steps: list[dict[int, tuple[Any, bool] | None]]
) -> None:
    followed = ReadModel()
    ages: dict[int, int] = {}
    try:
        for generation, step in enumerate(steps, 1):
            for number, change in step.items():
                if change is None:
                    remove(connection, number)
                    continue
                spec, is_new = change
                ages[number] = ages.get(number, 0) + is_new
                final = entity(number, dict(spec), ages[number])
                put(connection, {number: final}, generation)
            set_generation(connection, generation)
            for condition in (None, _NO_TYPE_A):
                view = followed.view(connection, condition)
                assert seen_by(view) == seen_by(ReadModel().view(connection, condition))
    finally:
        connection.rollback()


def test_what_too_many_changed_is_read_anew(
    connection: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "MOST_CHANGED", 2)
    model = ReadModel()
    put(connection, {n: entity(n, {"type": "a"}, 0) for n in range(1, 5)}, 1)
    set_generation(connection, 1)
    assert model.view(connection).counts("spec.type", model.view(connection).ids()) == [("a", 4)]
    put(connection, {n: entity(n, {"type": "b"}, 0) for n in range(1, 4)}, 2)
    set_generation(connection, 2)
    view = model.view(connection)
    assert view.counts("spec.type", view.ids()) == [("a", 1), ("b", 3)]


def test_another_catalog_of_the_same_generation_is_not_taken_for_this(
    connection: sa.Connection,
) -> None:
    model = ReadModel()
    for catalog, numbers in {"one": [1, 2], "two": [3]}.items():
        connection.execute(sa.delete(t.entities))
        put(connection, {n: entity(n, {}, 0) for n in numbers}, 1)
        set_generation(connection, 1, catalog)
        assert list(model.view(connection).ids()) == numbers


def test_an_older_state_is_answered_and_believed_when_it_stays(connection: sa.Connection) -> None:
    model = ReadModel()
    put(connection, {1: entity(1, {}, 0)}, 3)
    set_generation(connection, 3)
    newest = model.view(connection)
    remove(connection, 1)
    set_generation(connection, 2)
    for _ in range(20):
        assert list(model.view(connection).ids()) == []
    assert list(newest.ids()) == [1]
    statements: list[str] = []
    sa.event.listen(connection, "before_cursor_execute", lambda *args: statements.append(args[2]))
    model.view(connection)
    assert len(statements) == 1  # which generation it is


def test_columns_take_no_more_memory_than_they_may(connection: sa.Connection) -> None:
    put(connection, {n: entity(n, {"type": "t" * n}, 0) for n in range(1, 30)}, 1)
    set_generation(connection, 1)
    narrow = ReadModel(max_bytes=6_000)
    state = narrow._at(connection, ("c", 1))
    for _ in range(2):
        for key in _KEYS:
            column = state.column(lambda: connection, key)
            assert column.count(state.uid_order.everything) >= 0
            assert state.bytes <= max(6_000, column.bytes)
    assert state.column(lambda: connection, REFS).row_count == 29


def test_texts_take_no_more_memory_than_they_may() -> None:
    texts = EntityTexts(max_bytes=5_000)
    texts.keep((number, f"component:default/c{number}", "x" * 1_000) for number in range(1, 9))
    assert texts.of_ids(range(1, 9)) == dict.fromkeys((6, 7, 8), "x" * 1_000)
    refs = ["component:default/c5", "component:default/c8"]
    assert texts.of_refs(refs) == {"component:default/c8": (8, "x" * 1_000)}
    texts.keep([(9, "component:default/large", "x" * 6_000)])
    assert texts.of_ids(range(1, 10)) == {}


def test_korean_texts_take_the_room_that_they_take() -> None:
    """Two bytes for each character, which none of an English text needs."""
    texts = EntityTexts(max_bytes=5_000)
    texts.keep((number, f"component:default/c{number}", "가" * 1_000) for number in range(1, 9))
    assert list(texts.of_ids(range(1, 9))) == [7, 8]


def test_a_text_that_is_not_there_is_no_text_left_out(connection: sa.Connection) -> None:
    put(connection, {1: entity(1, {}, 0)}, 1)
    set_generation(connection, 1)
    with pytest.raises(KeyError):
        ReadModel().view(connection).texts([1, 2])


def test_nobody_holds_the_lock_of_columns_who_waits_for_a_connection(
    connection: sa.Connection,
) -> None:
    put(connection, {1: entity(1, {"type": "a"}, 0)}, 1)
    state = states.read_state(connection, ("c", 1), 1_000_000)

    def connect() -> sa.Connection:
        state.keep("somebody", "else")  # takes the lock, and gives it back
        return connection

    assert state.column(connect, "spec.type").row_count == 1


@_WITH_A_FIXTURE
@given(specs=st.lists(_entities, max_size=8), term=st.sampled_from(["a", "_0", "%", "n%1", "A"]))
def test_a_text_means_the_same_in_sql_and_in_bitmaps(
    connection: sa.Connection, specs: list[Any], term: str
) -> None:
    put(connection, {n: entity(n, dict(spec), 0) for n, spec in enumerate(specs, 1)}, 1)
    try:
        wanted = HasRow(("METADATA.name", "spec.type"), Holds(term.lower()))
        ids = connection.scalars(
            sa.select(t.entities.c.id).where(sql_of(wanted, among(t.entities.c.id)))
        )
        assert set(ReadModel().view(connection).ids(wanted)) == set(ids)
    finally:
        connection.rollback()
