"""Filters and predicates against a naive model.

Rules: docs/reference/wire-contract.md, "Filter" and "Predicates".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from portal.catalog import tables as t
from portal.catalog.filters import condition_of
from portal.catalog.filters import condition_of_text
from portal.catalog.filters import predicate_of_filters
from portal.catalog.read_model.model import ReadModel
from portal.catalog.row_conditions import RowCondition
from portal.catalog.row_sql import among
from portal.catalog.row_sql import sql_of
from portal.catalog.search_rows import flatten
from portal.kernel.errors import InputError
from tests.catalog.final_entities import fill

Entity = dict[str, Any]


def entity(name: str, spec: Any, kind: str = "Component", **metadata: Any) -> Entity:
    """Return a final entity."""
    meta = {"name": name, "namespace": "default", "uid": f"uid-{name}", **metadata}
    relations = [{"type": "ownedBy", "targetRef": f"group:default/{name[0].lower()}"}]
    return {"kind": kind, "metadata": meta, "spec": spec, "relations": relations}


@pytest.fixture
def connection(shared_database: sa.Engine) -> Iterator[sa.Connection]:
    """Return a connection whose changes are forgotten."""
    with shared_database.connect() as opened:
        yield opened


def found(connection: sa.Connection, condition: RowCondition | None) -> set[str]:
    """Return the names of the entities that satisfy a condition, in SQL as in bitmaps."""
    wanted = sa.true() if condition is None else sql_of(condition, among(t.entities.c.id))
    query = sa.select(t.entities.c.final).where(wanted)
    names = {json.loads(text)["metadata"]["name"] for text in connection.scalars(query)}
    view = ReadModel().view(connection)
    texts = view.texts(view.ids(condition))
    assert {json.loads(text)["metadata"]["name"] for text in texts} == names
    return names


# --- the model --------------------------------------------------------------


def has(final: Entity, key: str, *values: str) -> bool:
    """Whether an entity has a row like that: the model of all conditions."""
    rows = [(k, v) for k, v, _ in flatten(final) if k == key.lower()]
    return any(not values or v in {x.lower() for x in values} for _, v in rows)


def matches(final: Entity, node: Any) -> bool:
    """Whether an entity satisfies a predicate, by the wire contract's table."""
    if "$all" in node:
        return all(matches(final, item) for item in node["$all"])
    if "$any" in node:
        return any(matches(final, item) for item in node["$any"])
    if "$not" in node:
        return not matches(final, node["$not"])
    return all(holds(final, key, value) for key, value in node.items())


def holds(final: Entity, key: str, value: Any) -> bool:
    """Whether an entity satisfies one condition of a predicate."""
    if not isinstance(value, dict):
        return has(final, key, as_text(value))
    if "$exists" in value:
        return has(final, key) is value["$exists"]
    if "$in" in value:
        return bool(value["$in"]) and has(final, key, *map(as_text, value["$in"]))
    if "$contains" in value:
        return has(final, key, as_text(value["$contains"]))
    prefix = value["$hasPrefix"].lower()
    rows = [v for k, v, _ in flatten(final) if k == key.lower()]
    return any(v is not None and v.startswith(prefix) for v in rows)


def as_text(value: Any) -> str:
    """Return a JSON primitive as JavaScript prints it."""
    return json.dumps(value) if isinstance(value, bool | int) else str(value)


# --- strategies -------------------------------------------------------------

_words = st.sampled_from(["a", "A", "b", "ab", "a%b", "a_b", "", "한", "1", "true", "x" * 201])
_scalars = st.one_of(_words, st.booleans(), st.integers(0, 3), st.none())
_specs = st.dictionaries(
    st.sampled_from(["type", "Owner", "arr", "deep", "k.dot"]),
    st.recursive(
        _scalars,
        lambda below: (
            st.lists(below, max_size=3)
            | st.dictionaries(st.sampled_from(["x", "y"]), below, max_size=2)
        ),
        max_leaves=4,
    ),
    max_size=4,
)
_catalogs = st.lists(_specs, max_size=6).map(
    lambda specs: [
        entity(f"{'AbC'[i % 3]}{i}", spec, ("Component", "API")[i % 2])
        for i, spec in enumerate(specs)
    ]
)
_keys = st.sampled_from(
    ["kind", "KIND", "spec.type", "spec.arr", "spec.arr.a", "SPEC.OWNER", "spec.deep.x",
     "spec.k.dot", "metadata.name", "relations.ownedBy", "metadata.etag", "__proto__", "nope"]
)  # fmt: skip
_values = st.one_of(
    _words, st.sampled_from(["component", "API", "a0", "group:default/a", "0"]), st.booleans()
)
_conditions = st.one_of(
    _values,
    st.integers(0, 3),
    st.builds(lambda v: {"$exists": v}, st.booleans()),
    st.builds(lambda v: {"$in": v}, st.lists(_values, max_size=3)),
    st.builds(lambda v: {"$hasPrefix": v}, _words),
    st.builds(lambda v: {"$contains": v}, _values),
)
_predicates = st.recursive(
    st.dictionaries(_keys, _conditions, max_size=3),
    lambda below: st.one_of(
        st.builds(lambda n: {"$all": n}, st.lists(below, max_size=3)),
        st.builds(lambda n: {"$any": n}, st.lists(below, max_size=3)),
        st.builds(lambda n: {"$not": n}, below),
    ),
    max_leaves=6,
)
_statements = st.tuples(_keys, st.none() | _words).map(
    lambda pair: pair[0] if pair[1] is None else f"{pair[0]}={pair[1]}"
)
_filters = st.lists(
    st.lists(_statements | st.sampled_from(["", "  "]), max_size=4).map(" , ".join), max_size=3
)


def filter_matches(final: Entity, filters: list[str]) -> bool:
    """Whether an entity satisfies ``filter=`` values, by the wire contract's table."""
    said = [sets for text in filters if (sets := statement_sets(text))]
    return not said or any(
        all(has(final, key, *values) for key, values in sets.items()) for sets in said
    )


def statement_sets(text: str) -> dict[str, list[str]]:
    """Return the values asked for by key; no values ask for the key alone."""
    asked: dict[str, list[str]] = {}
    for statement in text.split(","):
        if statement.strip():
            key, equals, value = statement.strip().partition("=")
            asked.setdefault(key.strip(), []).extend([value.strip()] if equals else [])
    return asked


# --- properties -------------------------------------------------------------


#: Each example leaves what the fixture lends as it was.
_WITH_A_FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@_WITH_A_FIXTURE
@given(catalog=_catalogs, predicate=_predicates)
def test_a_predicate_finds_what_the_model_finds(
    connection: sa.Connection, catalog: list[Entity], predicate: Any
) -> None:
    fill(connection, catalog)
    try:
        names = {e["metadata"]["name"] for e in catalog if matches(e, predicate)}
        assert found(connection, condition_of(predicate)) == names
    finally:
        connection.rollback()


@_WITH_A_FIXTURE
@given(catalog=_catalogs, filters=_filters)
def test_filters_of_a_query_string_find_what_the_model_finds(
    connection: sa.Connection, catalog: list[Entity], filters: list[str]
) -> None:
    fill(connection, catalog)
    try:
        predicate = predicate_of_filters(filters)
        names = {e["metadata"]["name"] for e in catalog if filter_matches(e, filters)}
        condition = None if predicate is None else condition_of(predicate)
        assert found(connection, condition) == names
    finally:
        connection.rollback()


@given(text=st.text(max_size=40))
def test_any_text_is_a_filter_or_an_input_error(text: str) -> None:
    try:
        predicate = predicate_of_filters([text])
    except InputError as error:
        assert "is not a valid statement" in error.message  # noqa: PT017
    else:
        assert predicate is None or condition_of(predicate) is not None


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3)
    | st.dictionaries(
        st.sampled_from(["$all", "$any", "$not", "$in", "$exists", "$contains", "$hasPrefix",
                         "relations", "type", "targetRef", "kind", "$foo"]), below, max_size=3
    ),
    max_leaves=12,
)  # fmt: skip


@given(value=_json)
def test_any_json_is_a_predicate_or_an_input_error(value: Any) -> None:
    try:
        condition_of(value)
    except InputError as error:
        assert error.message  # noqa: PT017


# --- single rules -----------------------------------------------------------

_LONG = "v" * 200
_CATALOG = [
    entity("Lib", {"arr": ["c", {"d": 1}], "long": _LONG, "longer": _LONG + "v", "null": None}),
    entity("web.site_1", {"type": "100%", "n": 1.5, "flag": True}, kind="API"),
]
_FOUND = {
    "spec.arr=c": {"Lib"},
    "spec.arr.c": {"Lib"},
    "spec.arr.C=TRUE": {"Lib"},
    "spec.arr.d=1": {"Lib"},
    f"spec.long={_LONG}": {"Lib"},
    f"spec.longer={_LONG}v": set(),
    "spec.longer": {"Lib"},
    "spec.null": {"Lib"},
    "spec.null=": set(),
    "spec.null=null": set(),
    "SPEC.FLAG=True": {"web.site_1"},
    "metadata.name=LIB": {"Lib"},
    "kind=api,kind=component": {"Lib", "web.site_1"},
    "kind=api,spec.arr": set(),
    "kind,kind=api": {"web.site_1"},
    "metadata.etag": set(),
    "relations": set(),
    " kind = api ,, ": {"web.site_1"},
    "kind=a=b": set(),
    "spec.arr[0]=c": set(),
    "*": set(),
    "kind=*": set(),
}


@pytest.mark.parametrize(("text", "names"), _FOUND.items(), ids=[k[:30] for k in _FOUND])
def test_a_filter_finds(connection: sa.Connection, text: str, names: set[str]) -> None:
    fill(connection, _CATALOG)
    predicate = predicate_of_filters([text])
    assert predicate is not None
    assert found(connection, condition_of(predicate)) == names


def test_a_filter_of_nothing_but_commas_is_none() -> None:
    assert predicate_of_filters([" , ,", ""]) is None


_INVALID = {
    '{"$all": [], "kind": "x"}': "Unrecognized key(s) in object: 'kind'",
    '{"$foo": 1}': 'Invalid at "$foo"',
    '{"kind": null}': 'Expected string, received null at "kind"',
    '{"kind": [1]}': 'Expected string, received array at "kind"',
    '{"kind": {"$regex": "x"}}': 'Expected string, received object at "kind"',
    '{"$any": {}}': 'Expected array, received object at "$any"',
    '{"$not": "x"}': 'Invalid query: Validation error: Invalid at "$not"',
    '{"metadata.links": {"$contains": {"url": "x"}}}': "Object form of $contains",
    '{"relations": {"$contains": {"type": "a", "x": 1}}}': 'Unsupported key "x" in $contains',
    '{"relations": {"$contains": {}}}': 'requires a "type" string property',
    '{"relations": {"$contains": {"type": "a", "targetRef": {"$in": []}}}}': 'Empty "$in" array',
    '{"relations": {"$contains": {"type": "a", "targetRef": {"$in": 5}}}}': "Expected string",
    "[]": "Query must be an object",
}


@pytest.mark.parametrize(("predicate", "message"), _INVALID.items())
def test_a_malformed_predicate_is_refused(predicate: str, message: str) -> None:
    with pytest.raises(InputError) as refused:
        condition_of(json.loads(predicate))
    assert message in refused.value.message


def test_the_first_operator_that_is_valid_counts(connection: sa.Connection) -> None:
    fill(connection, _CATALOG)
    predicate = {"kind": {"$exists": "no bool", "$in": ["API"], "$hasPrefix": "comp"}}
    assert found(connection, condition_of(predicate)) == {"web.site_1"}


def test_relations_are_found_by_type_and_target(connection: sa.Connection) -> None:
    fill(connection, _CATALOG)
    owned = {"type": "ownedBy", "targetRef": {"$in": ["group:default/l", "group:default/x"]}}
    assert found(connection, condition_of({"relations": {"$contains": owned}})) == {"Lib"}
    owned = {"type": "OWNEDBY"}
    both = found(connection, condition_of({"Relations": {"$contains": owned}}))
    assert both == {"Lib", "web.site_1"}


def test_too_deep_and_too_many_conditions_are_refused() -> None:
    deep: Any = {"kind": "x"}
    for _ in range(33):
        deep = {"$not": deep}
    many = {"$any": [{"kind": str(i)} for i in range(801)]}
    wide = {f"spec.k{i}": "x" for i in range(801)}
    for predicate in (deep, many, wide):
        with pytest.raises(InputError):
            condition_of(predicate)


def test_as_many_conditions_as_are_let_through_can_be_asked(connection: sa.Connection) -> None:
    fill(connection, _CATALOG)
    many = {"$any": [{"kind": str(i)} for i in range(700)]}
    assert found(connection, condition_of({"$not": many})) == {"Lib", "web.site_1"}
    listed = {"kind": {"$in": [*map(str, range(20_000)), "api"]}}
    assert found(connection, condition_of(listed)) == {"web.site_1"}


_TEXTS = {
    "%": {"Lib", "web.site_1"},
    "_": {"Lib", "web.site_1"},
    "b_si": {"web.site_1"},
    "LI": {"Lib"},
    " lib ": {"Lib"},
    "w%1": {"web.site_1"},
    "lib'": set(),
    "\\": set(),
}


@pytest.mark.parametrize(("term", "names"), _TEXTS.items())
def test_a_text_filter_keeps_its_wildcards(
    connection: sa.Connection, term: str, names: set[str]
) -> None:
    fill(connection, _CATALOG)
    condition = condition_of_text(term, ["METADATA.name"])
    assert condition is not None
    assert found(connection, condition) == names


def test_a_backslash_is_a_character(connection: sa.Connection) -> None:
    fill(connection, [entity("Lib", {"type": "a\\b"}), entity("web", {"type": "ab"})])
    for term in ("a\\b", "\\"):
        condition = condition_of_text(term, ["spec.type"])
        assert condition is not None
        assert found(connection, condition) == {"Lib"}


def test_an_operator_is_no_key_of_a_filter() -> None:
    for text in ("$not", "$all=x", "$foo=1"):
        assert predicate_of_filters([text]) == {"$any": []}


def test_an_empty_text_filter_is_none() -> None:
    assert condition_of_text("  ", ["metadata.name"]) is None


def test_a_prefix_has_no_wildcards(connection: sa.Connection) -> None:
    fill(connection, _CATALOG)
    for prefix, names in {"100%": {"web.site_1"}, "1_0": set(), "%": set()}.items():
        predicate = {"spec.type": {"$hasPrefix": prefix}}
        assert found(connection, condition_of(predicate)) == names
