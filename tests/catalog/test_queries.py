"""Lists, pages and cursors: every row once, in order, on both databases."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from portal.catalog import tables as t
from portal.catalog.read_model.model import ReadModel
from portal.catalog.read_model.view import View
from portal.catalog.reading import queries
from portal.catalog.reading.cursors import Cursor
from portal.catalog.reading.cursors import OrderField
from portal.catalog.reading.cursors import decode_cursor
from portal.catalog.reading.queries import EntitiesRequest
from portal.catalog.reading.queries import QueryRequest
from portal.catalog.search_rows import flatten
from portal.kernel.blocking import WouldBlockError
from portal.kernel.blocking import nonblocking
from tests.catalog.final_entities import fill

Entity = dict[str, Any]
_NAME = OrderField("metadata.name")


def entity(number: int, spec: Any, name: str = "") -> Entity:
    """Return a final entity whose uid is not in the order of its name."""
    uid = f"{(number * 7) % 31:04}"
    meta = {"name": name or f"N{number:02}", "namespace": "default", "uid": uid}
    return {"kind": "Component", "metadata": meta, "spec": spec}


@pytest.fixture
def connection(shared_database: sa.Engine) -> Iterator[sa.Connection]:
    """Return a connection whose changes are forgotten."""
    with shared_database.connect() as opened:
        yield opened


def view_of(connection: sa.Connection) -> View:
    """Return all of a catalog as it is now."""
    return ReadModel().view(connection)


def names(texts: list[str]) -> list[str]:
    """Return the names of entities."""
    return [json.loads(text)["metadata"]["name"] for text in texts]


def forward(
    connection: sa.Connection, request: QueryRequest
) -> tuple[list[list[str]], list[Cursor | None]]:
    """Return all pages from the first on, and the way back from each."""
    pages, backs = [], []
    page = queries.by_query(view_of(connection), request)
    while True:
        pages.append(names(page.texts))
        backs.append(page.previous)
        if page.following is None:
            return pages, backs
        cursor = decode_cursor(page.following.encode())
        page = queries.by_query(
            view_of(connection), QueryRequest(limit=request.limit, cursor=cursor)
        )


def backward(connection: sa.Connection, cursor: Cursor | None, limit: int) -> list[list[str]]:
    """Return all pages from a cursor back to the first one, the nearest first."""
    pages = []
    while cursor is not None:
        again = decode_cursor(cursor.encode())
        page = queries.by_query(view_of(connection), QueryRequest(limit=limit, cursor=again))
        pages.append(names(page.texts))
        cursor = page.previous
    return pages


_values = st.sampled_from(["a", "A", "b", "B", "", "가", "é", "z_1", None, 1, True, "x" * 201])
_specs = st.lists(
    st.fixed_dictionaries({}, optional={"type": _values, "tags": st.lists(_values, max_size=3)}),
    max_size=12,
)
_orders = st.sampled_from(
    [None, *[OrderField(field, way) for field in
             ("metadata.name", "Spec.Type", "spec.tags", "nope") for way in ("asc", "desc")]]
)  # fmt: skip


def expected(catalog: list[Entity], order: OrderField | None) -> list[str]:
    """Return the names in the order the wire contract asks for, one for each value."""
    if order is None:
        return [e["metadata"]["name"] for e in sorted(catalog, key=lambda e: e["metadata"]["uid"])]
    rows = [
        (value.encode(), e["metadata"]["uid"], e["metadata"]["name"])
        for e in catalog
        for key, value, _ in flatten(e)
        if key == order.field.lower() and value is not None
    ]
    return [name for *_, name in sorted(rows, reverse=order.order == "desc")]


#: Each example leaves what the fixture lends as it was.
_WITH_A_FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@_WITH_A_FIXTURE
@given(specs=_specs, order=_orders, limit=st.integers(1, 5))
def test_cursors_walk_every_row_once_both_ways(
    connection: sa.Connection, specs: list[Any], order: OrderField | None, limit: int
) -> None:
    catalog = [entity(number, spec) for number, spec in enumerate(specs)]
    fill(connection, catalog)
    try:
        pages, backs = forward(connection, QueryRequest(order=order, limit=limit))
        wanted = expected(catalog, order)
        assert [name for page in pages for name in page] == wanted
        assert backs[0] is None
        assert backward(connection, backs[-1], limit) == pages[-2::-1]
        first = queries.by_query(view_of(connection), QueryRequest(order=order, limit=limit))
        assert first.total == len(wanted)
    finally:
        connection.rollback()


@_WITH_A_FIXTURE
@given(specs=_specs, limit=st.integers(1, 5), ways=st.lists(st.sampled_from(["asc", "desc"])))
def test_pages_of_entities_have_every_entity_once(
    connection: sa.Connection, specs: list[Any], limit: int, ways: list[str]
) -> None:
    fill(connection, [entity(number, spec) for number, spec in enumerate(specs)])
    try:
        orders = tuple(map(OrderField, ("spec.type", "spec.tags"), ways))
        whole = queries.entities(
            view_of(connection), EntitiesRequest(orders=orders, offset=0)
        ).texts
        parts: list[str] = []
        has_more = True
        while has_more:
            request = EntitiesRequest(None, orders, limit, len(parts))
            page = queries.entities(view_of(connection), request)
            parts += page.texts
            has_more = page.has_more
        assert parts == whole
        assert sorted(names(whole)) == [f"N{number:02}" for number in range(len(specs))]
    finally:
        connection.rollback()


# --- single rules -----------------------------------------------------------

_CATALOG = [
    entity(1, {"type": "b", "tags": ["x", "Y"]}),
    entity(2, {"type": "A"}),
    entity(3, {}),
    entity(4, {"type": "a", "tags": ["y"], "flag": True}),
]


@pytest.fixture
def filled(connection: sa.Connection) -> sa.Connection:
    """Return a connection to a catalog of four."""
    fill(connection, _CATALOG)
    return connection


def test_paged_orders_put_entities_without_the_field_last_both_ways(filled: sa.Connection) -> None:
    for way, wanted in {
        "asc": ["N02", "N04", "N01", "N03"],
        "desc": ["N01", "N02", "N04", "N03"],
    }.items():
        request = EntitiesRequest(None, (OrderField("spec.type", way),), 9)
        assert names(queries.entities(view_of(filled), request).texts) == wanted


def test_an_unpaged_order_leaves_entities_without_the_field_out(filled: sa.Connection) -> None:
    request = EntitiesRequest(None, (OrderField("SPEC.type", "desc"), _NAME))
    assert names(queries.entities(view_of(filled), request).texts) == ["N01", "N02", "N04"]


def test_a_paged_order_is_in_lower_case_or_orders_nothing(filled: sa.Connection) -> None:
    request = EntitiesRequest(None, (OrderField("Spec.type"),), 9)
    by_uid = [e["metadata"]["name"] for e in sorted(_CATALOG, key=lambda e: e["metadata"]["uid"])]
    assert names(queries.entities(view_of(filled), request).texts) == by_uid


def test_paged_entities_without_an_order_are_sorted_by_ref(filled: sa.Connection) -> None:
    page = queries.entities(view_of(filled), EntitiesRequest(limit=2, offset=1))
    assert (names(page.texts), page.has_more) == (["N02", "N03"], True)
    rest = queries.entities(view_of(filled), EntitiesRequest(offset=3))
    assert (names(rest.texts), rest.has_more) == (["N04"], False)


def test_a_limit_of_none_counts_only(filled: sa.Connection) -> None:
    page = queries.by_query(view_of(filled), QueryRequest({"spec.type": "a"}, limit=0))
    assert (page.texts, page.total, page.following, page.previous) == ([], 2, None, None)


def test_a_total_that_is_not_asked_for_stays_none(filled: sa.Connection) -> None:
    page = queries.by_query(view_of(filled), QueryRequest(order=_NAME, limit=1, count_total=False))
    assert page.total == 0
    assert page.following is not None
    assert page.following.total == 0


def test_the_total_of_the_first_page_is_kept(filled: sa.Connection) -> None:
    first = queries.by_query(view_of(filled), QueryRequest(order=_NAME, limit=1))
    filled.execute(sa.delete(t.search).where(t.search.c.entity_id == 4))
    second = queries.by_query(view_of(filled), QueryRequest(limit=1, cursor=first.following))
    assert second.total == 4


def test_an_offset_counts_on_the_first_page_only(filled: sa.Connection) -> None:
    first = queries.by_query(view_of(filled), QueryRequest(order=_NAME, limit=1, offset=1))
    second = queries.by_query(
        view_of(filled), QueryRequest(limit=1, offset=1, cursor=first.following)
    )
    assert names(first.texts) + names(second.texts) == ["N02", "N03"]


def test_a_term_without_fields_looks_at_the_sort_field(filled: sa.Connection) -> None:
    sorted_by_name = queries.by_query(view_of(filled), QueryRequest(order=_NAME, term="N04"))
    unsorted = queries.by_query(view_of(filled), QueryRequest(term="N04"))
    assert (names(sorted_by_name.texts), names(unsorted.texts)) == (["N04"], [])


def test_a_cursor_of_an_entity_that_is_gone_still_knows_its_place(filled: sa.Connection) -> None:
    first = queries.by_query(view_of(filled), QueryRequest(order=_NAME, limit=2))
    filled.execute(sa.delete(t.search).where(t.search.c.entity_id == 2))
    second = queries.by_query(view_of(filled), QueryRequest(limit=2, cursor=first.following))
    assert names(second.texts) == ["N03", "N04"]


def test_facets_count_values_in_their_own_letter_case(filled: sa.Connection) -> None:
    found = queries.facets(view_of(filled), ["Spec.Type", "spec.tags.Y", "nope"])
    assert found == {
        "Spec.Type": [{"value": v, "count": 1} for v in ("A", "a", "b")],
        "spec.tags.Y": [{"value": "true", "count": 2}],
        "nope": [],
    }


def test_facets_count_what_matches_only(filled: sa.Connection) -> None:
    found = queries.facets(view_of(filled), ["spec.type"], {"spec.tags": "y"})
    assert found == {"spec.type": [{"value": "a", "count": 1}, {"value": "b", "count": 1}]}


def test_refs_are_answered_in_order_with_nulls_and_doubles(filled: sa.Connection) -> None:
    refs = [
        "component:default/n02",
        "component:default/N01",
        "nope",
        "component:default/n02",
        "a\0",
    ]
    found = queries.by_refs_in(
        view_of(filled), [r for r in refs if "\0" not in r], {"spec.type": "a"}
    )
    assert [text and names([text])[0] for text in found] == ["N02", None, None, "N02"]


def test_a_text_no_database_takes_is_nobodys_ref_or_uid(filled: sa.Connection) -> None:
    assert queries.by_ref(filled, "component:default/\0") is None
    assert queries.by_uid(filled, "\ud800") is None
    assert queries.ancestry(filled, "\0") == []


def test_ancestors_come_depth_first_and_each_once(filled: sa.Connection) -> None:
    pairs = {("n01", "n02"), ("n01", "n03"), ("n02", "n04"), ("n03", "n04"), ("n04", "n01")}
    refs = [(f"component:default/{child}", f"component:default/{up}") for child, up in pairs]
    filled.execute(
        sa.insert(t.parents),
        [{"source": "s", "child_ref": child, "parent_ref": up} for child, up in refs],
    )
    found = queries.ancestry(filled, "component:default/n01")
    assert names([item.text for item in found]) == ["N01", "N03", "N04", "N02"]
    assert found[0].parents == ["component:default/n02", "component:default/n03"]


def test_a_cursor_of_another_backend_is_understood(filled: sa.Connection) -> None:
    content = {
        "orderFields": [{"field": "metadata.name"}],
        "orderFieldValues": ["n01", "zzz"],
        "isPrevious": False,
        "filter": {"allOf": [{"key": "spec.type", "values": ["A"]}, {"not": {"key": "nope"}}]},
        "totalItems": 7,
    }
    text = base64.b64encode(json.dumps(content).encode()).decode()
    page = queries.by_query(view_of(filled), QueryRequest(cursor=decode_cursor(text)))
    assert (names(page.texts), page.total) == (["N02", "N04"], 7)


@pytest.mark.parametrize(
    "much",
    [
        lambda view: queries.entities(view, EntitiesRequest(limit=1, offset=5_000)),
        lambda view: queries.by_query(view, QueryRequest(limit=1, offset=5_000)),
        lambda view: queries.by_refs_in(view, [f"component:default/{n}" for n in range(201)]),
        lambda view: queries.facets(view, [f"spec.a{n}" for n in range(21)]),
    ],
)
def test_what_takes_long_is_not_done_where_nothing_may_block(
    filled: sa.Connection, much: Callable[[View], object]
) -> None:
    view = view_of(filled)
    much(view)  # every column is in memory now
    with pytest.raises(WouldBlockError):
        nonblocking(lambda: much(view))


def test_what_is_quick_needs_nothing_that_may_block(filled: sa.Connection) -> None:
    view = view_of(filled)

    def quick() -> tuple[object, ...]:
        return (
            queries.entities(view, EntitiesRequest(limit=1)).texts,
            queries.by_query(view, QueryRequest(limit=1, order=_NAME)).texts,
            queries.by_refs_in(view, ["component:default/n02"], {"spec.type": "a"}),
            queries.facets(view, ["spec.type"]),
        )

    assert quick() == nonblocking(quick)
