"""What the hot paths cost, in counts: statements sent, statements compiled, texts parsed.

Times depend on the machine, counts do not: whoever makes one larger has to say so here.
``make costs`` prints them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine.interfaces import CacheStats

from portal.catalog.reading.cursors import OrderField
from portal.catalog.reading.entities_catalog import EntitiesCatalog
from portal.catalog.reading.queries import EntitiesRequest
from portal.catalog.reading.queries import QueryRequest
from portal.kernel.cache import GenerationCache
from portal.model.refs import EntityRef
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.descriptors import component

_NAME = OrderField("metadata.name")
_FACETS = ("kind", "spec.type", "metadata.tags")
_REFS = tuple(f"component:default/c{number}" for number in range(30))
_ONE = EntityRef("component", "default", "c7")

Ask = Callable[[EntitiesCatalog, Any], Any]


@dataclass
class Costs:
    """What was done meanwhile."""

    statements: int = 0
    compiled: int = 0
    parsed: int = 0


#: Reads that are asked with another key each time, so that no answer is kept, and how many
#: statements they send once the read model has their columns and texts; the parents of an entity
#: are in the tables only.
_READS: dict[str, tuple[Ask, int]] = {
    "page": (lambda c, k: c.by_query(k, QueryRequest(order=_NAME, limit=20), ()), 0),
    "page of a kind": (
        lambda c, k: c.by_query(k, QueryRequest({"kind": "component"}, _NAME, limit=20), ()),
        0,
    ),
    "text": (lambda c, k: c.by_query(k, QueryRequest(order=_NAME, term="c", limit=20), ()), 0),
    "count": (lambda c, k: c.by_query(k, QueryRequest({"spec.type": "x"}, limit=0), ()), 0),
    "list": (lambda c, k: c.entities(k, EntitiesRequest({"kind": "component"}), ()), 0),
    "facets": (lambda c, k: c.facets(k, _FACETS, {"kind": "component"}), 0),
    "by refs": (lambda c, k: c.by_refs(k, _REFS, None, ()), 0),
    "by name": (lambda c, _: c.by_name(_ONE), 0),
    "ancestry": (lambda c, _: c.ancestry(_ONE), 6),
}


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    """Return a portal with some components."""
    portal = make_shared_portal(
        {"catalog-info.yaml": "".join(component(f"c{number}") for number in range(30))}
    )
    # No statement that another test has compiled.
    portal.services.database.update_execution_options(compiled_cache={})
    return portal


@contextmanager
def counting(database: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Costs]:
    """Count what is done meanwhile."""
    costs = Costs()
    loads = json.loads

    def note(*args: Any) -> None:
        costs.statements += 1
        costs.compiled += getattr(args[4], "cache_hit", None) is CacheStats.CACHE_MISS

    def parse(*args: Any, **options: Any) -> Any:
        costs.parsed += 1
        return loads(*args, **options)

    with monkeypatch.context() as patched:
        patched.setattr(json, "loads", parse)
        sa.event.listen(database, "before_cursor_execute", note)
        yield costs
        sa.event.remove(database, "before_cursor_execute", note)


@pytest.mark.parametrize("name", _READS)
def test_a_read_sends_few_statements_compiles_none_and_parses_nothing(
    portal: Portal, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, statements = _READS[name]
    catalog = EntitiesCatalog(portal.services.database, GenerationCache(0))
    first = ask(catalog, 0)
    with counting(portal.services.database, monkeypatch) as costs:
        assert ask(catalog, 1) == first
    print(f"{name:20} {costs}")  # noqa: T201
    assert costs == Costs(statements)


def test_after_a_change_only_what_changed_is_read(
    make_portal: MakePortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows of one entity, whatever the number of the others."""
    texts = [component(f"c{number}") for number in range(30)]
    portal = make_portal({"catalog-info.yaml": "".join(texts)})
    catalog = EntitiesCatalog(portal.services.database, GenerationCache(0))
    asks = [ask for ask, _ in _READS.values()]
    for ask in asks:
        ask(catalog, 0)
    texts[3] = component("c3", lifecycle="experimental")
    portal.repository.commit({"catalog-info.yaml": "".join(texts)})
    portal.sync()
    fetched: list[str] = []
    with counting(portal.services.database, monkeypatch):
        sa.event.listen(
            portal.services.database,
            "before_cursor_execute",
            lambda *args: fetched.append(args[2]),
        )
        for ask in asks:
            ask(catalog, 1)
    whole_columns = [text for text in fetched if "search.key = " in text]
    assert whole_columns == []
