"""Every earlier version of an entity can be had again, exactly: a property over all."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from portal.catalog import tables as t
from portal.catalog.processing import history
from portal.catalog.processing.history import EntityChange
from portal.model.entity import canonical_json
from portal.scm.commit import Commit

REF = "component:default/x"
_KEYS = st.sampled_from(["a", "b", "", "a/b", "~1", "~", "한", "0"])
_SCALARS = (
    st.none() | st.booleans() | st.integers(-1, 2) | st.floats(0, 2) | st.text("a~/", max_size=2)
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=8,
)
_DOCUMENTS = st.dictionaries(_KEYS, _VALUES, max_size=4)
#: ``None``: the entity is not there in that generation.
_VERSIONS = st.lists(_DOCUMENTS | st.none(), min_size=1, max_size=6)


@given(old=_DOCUMENTS, new=_DOCUMENTS)
def test_a_difference_that_is_taken_back_gives_the_old_version(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    changes = history.document_diff(old, new)
    history.take_back(new, changes)
    assert canonical_json(new) == canonical_json(old)


def _changes(old: Any, new: Any) -> list[EntityChange]:
    if old is None and new is None:
        return []
    if old is None:
        return [EntityChange(REF, "uid", "added", "x.yaml")]
    if new is None:
        return [EntityChange(REF, "uid", "removed", "x.yaml", document=canonical_json(old))]
    return [EntityChange(REF, "uid", "changed", "x.yaml", history.document_diff(old, new))]


def _write(connection: sa.Connection, versions: list[Any]) -> None:
    commit = Commit("a" * 40, "", "", "", "")
    before = None
    for generation, version in enumerate(versions, 1):
        history.append(connection, generation, "s", _changes(before, version), {}, commit, "2026")
        before = version
    if before is None:
        return
    row = dict.fromkeys(("kind", "source", "path", "document_hash", "items", "etag", "final"), "")
    document = canonical_json(before)
    values = {"uid": "uid", "ref": REF, "line": 1, "document": document, **row}
    connection.execute(sa.insert(t.entities).values(values))


#: Each example leaves what the fixture lends as it was.
_WITH_A_FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@_WITH_A_FIXTURE
@given(versions=_VERSIONS)
def test_every_version_of_every_generation_is_given_as_it_was(
    shared_database: sa.Engine, versions: list[Any]
) -> None:
    with shared_database.connect() as connection, connection.begin() as transaction:
        _write(connection, versions)
        for generation, version in enumerate(versions, 1):
            found = history.document_at(connection, REF, generation)
            assert (found is None) == (version is None)
            assert canonical_json(found) == canonical_json(version)
        assert history.document_at(connection, REF, 0) is None
        transaction.rollback()
