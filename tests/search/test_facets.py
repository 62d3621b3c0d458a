"""Counts of what a query finds, under filters and after changes, whatever the engine."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from portal.search.documents import IndexableDocument
from portal.search.documents import Name
from portal.search.documents import SearchEngine
from portal.search.documents import SearchQuery
from portal.search.indexing.collators import collate
from portal.search.ranking.facets import COLUMNS
from portal.search.ranking.facets import FACETS
from portal.search.ranking.facets import TYPES
from portal.search.ranking.facets import Column
from portal.search.ranking.facets import columns
from portal.search.ranking.facets import joined
from portal.search.ranking.facets import merged
from portal.search.ranking.facets import packed
from portal.search.ranking.facets import with_changes
from tests.conftest import MakePortal
from tests.conftest import Portal


def software(name: str, kind: str = "Component", tags: str = "", **fields: str) -> Any:
    """Return a document of the software catalog."""
    fields = {"title": name, "text": f"{name} moves payments", "kind": kind, **fields}
    ref = f"{kind}:default/{name}".lower()
    return IndexableDocument(
        "software-catalog", ref, fields, (Name(name, "preferred"),), (), tuple(tags.split())
    )


def term(name: str) -> IndexableDocument:
    """Return a document of the glossary."""
    fields = {"title": name, "text": "payments in words", "kind": "Concept", "type": "pattern"}
    names = (Name(name, "preferred"),)
    return IndexableDocument("glossary", f"concept:default/{name}", fields, names, (), ("java",))


DOCUMENTS = (
    software("cart", tags="java grpc", type="service", owner="team-a", lifecycle="production"),
    software("desk", tags="java", type="service", owner="Team-A", lifecycle="production"),
    software("lamp", type="library", owner="team-b", lifecycle="experimental"),
    software("team", kind="Group", type="team"),
    term("idempotency"),
)


def counts(engine: SearchEngine, text: str = "", **query: Any) -> Any:
    """Return what a query is counted by."""
    asked = SearchQuery(text, facets=(TYPES, *FACETS), **query)
    return {name: dict(some) for name, some in engine.search(asked).facets.items()}


def test_everything_is_counted_by_every_facet(engine: SearchEngine) -> None:
    assert counts(engine) == {
        "types": {"glossary": 1, "software-catalog": 4},
        "type": {"service": 2, "library": 1, "pattern": 1, "team": 1},
        "kind": {"Component": 3, "Concept": 1, "Group": 1},
        "owner": {"Team-A": 2, "team-b": 1},
        "tag": {"java": 3, "grpc": 1},
        "lifecycle": {"production": 2, "experimental": 1},
    }


def test_the_most_frequent_value_comes_first(engine: SearchEngine) -> None:
    assert list(counts(engine)["type"]) == ["service", "library", "pattern", "team"]


def test_what_was_found_is_counted_not_what_is_on_the_page(engine: SearchEngine) -> None:
    assert counts(engine, "payments", limit=1)["kind"] == {"Component": 3, "Concept": 1, "Group": 1}
    assert counts(engine, "payments", limit=1, offset=3) == counts(engine, "payments")
    assert counts(engine, "lamp")["owner"] == {"team-b": 1}
    assert counts(engine, "lampp")["owner"] == {"team-b": 1}, "a near miss counts, too"


def test_nothing_found_is_nothing_counted(engine: SearchEngine) -> None:
    assert counts(engine, "zzzqqqxxx") == {name: {} for name in (TYPES, *FACETS)}


def test_counts_obey_filters_and_types(engine: SearchEngine) -> None:
    assert counts(engine, filters={"owner": ("team-a",)})["tag"] == {"java": 2, "grpc": 1}
    assert counts(engine, filters={"lifecycle": ("experimental",)})["tag"] == {}
    assert counts(engine, "payments", types=("glossary",))["kind"] == {"Concept": 1}


def test_every_value_narrows_to_as_many_as_were_counted(engine: SearchEngine) -> None:
    for text in ("", "payments"):
        for facet, values in counts(engine, text).items():
            for value, count in values.items() if facet != TYPES else ():
                narrowed = engine.search(SearchQuery(text, filters={facet: (value,)}))
                assert narrowed.total == count, (facet, value)


def test_nobody_who_did_not_ask_gets_counts(engine: SearchEngine) -> None:
    assert engine.search(SearchQuery("payments")).facets == {}


def test_counts_follow_changes(own_engine: SearchEngine) -> None:
    counts(own_engine)
    new = software("fork", tags="rust", owner="team-c")
    own_engine.update(
        2, [new, software("cart", tags="go", owner="team-b")], ["component:default/desk"]
    )
    assert counts(own_engine)["tag"] == {"go": 1, "java": 1, "rust": 1}
    assert counts(own_engine)["owner"] == {"team-b": 2, "team-c": 1}
    own_engine.update(3, [], ["component:default/fork"])
    own_engine.update(4, [software("lamp", owner="team-d")], [])
    assert counts(own_engine)["owner"] == {"team-b": 1, "team-d": 1}
    assert counts(own_engine)["kind"] == {"Component": 2, "Concept": 1, "Group": 1}


def test_counts_and_near_misses_survive_many_changes(own_engine: SearchEngine) -> None:
    for at in range(2, 14):
        name = f"changing{'abcdefghijkl'[at % 4]}"
        own_engine.update(at, [software(name, owner=f"team-{at}")], [f"component:default/gone{at}"])
        assert counts(own_engine, name)["owner"] == {f"team-{at}": 1}
        assert counts(own_engine, name.replace("ging", "gnig"))["owner"][f"team-{at}"] == 1
    assert sum(counts(own_engine)["owner"].values()) == 3 + 4


def test_a_name_that_changed_is_near_as_it_is_now_only(own_engine: SearchEngine) -> None:
    def near(text: str) -> list[str]:
        return [hit.ref for hit in own_engine.search(SearchQuery(text)).hits]

    ref = "component:default/lamp"
    own_engine.rebuild(2, [software("lanterns")])
    assert near("lantrens") == ["component:default/lanterns"]
    renamed = software("lanterns")
    fields = {**renamed.fields, "title": "Chandelier", "text": ""}
    changed = IndexableDocument(
        renamed.type, renamed.ref, fields, (Name("Chandelier", "preferred"),)
    )
    own_engine.update(3, [changed], [])
    assert near("lantrens") == []
    assert near("chandeleir") == ["component:default/lanterns"]
    own_engine.update(4, [], ["component:default/lanterns"])
    assert near("chandeleir") == []
    own_engine.update(5, [software("lamp")], [])
    assert near("chandeleir") == []
    assert near("lamp") == [ref]


def test_a_value_with_odd_characters_is_one_value(own_engine: SearchEngine) -> None:
    odd = 'a,b "c" \x1f\x1e|한글'
    own_engine.rebuild(2, [software("odd", owner=odd), software("long", owner="x" * 201)])
    assert counts(own_engine)["owner"] == {'a,b "c"   |한글': 1}


def test_the_hundred_most_frequent_values_are_told(own_engine: SearchEngine) -> None:
    many = [software(f"n{at}", owner=f"team-{at:03}") for at in range(150)]
    own_engine.rebuild(2, [*many, software("one-more", owner="team-149")])
    owners = counts(own_engine)["owner"]
    assert len(owners) == 100
    assert next(iter(owners.items())) == ("team-149", 2)


# --- columns ------------------------------------------------------------------


def rows(*some: Any) -> list[tuple[int, str]]:
    return [(at, packed(one)) for at, one in enumerate(some)]


def test_a_column_has_the_values_of_each_document() -> None:
    made = columns(COLUMNS, 6, rows(*DOCUMENTS))
    assert made["tag"].count([0, 2, 4, 5]) == Counter(java=2, grpc=1)
    assert made["kind"].count(range(6)) == Counter(Component=3, Group=1, Concept=1)
    assert made["resource"].count(range(6)) == Counter()


def test_columns_can_be_put_behind_one_another() -> None:
    left = columns(("owner",), 2, rows(*DOCUMENTS[:2]))["owner"]
    right = columns(("owner",), 1, rows(DOCUMENTS[2]))["owner"]
    both = joined([left, right])
    assert [list(both.count([at])) for at in range(3)] == [["team-a"], ["Team-A"], ["team-b"]]
    assert joined([]).count([]) == Counter()


def test_a_column_takes_changes_and_stays_as_it_was() -> None:
    before = columns(("owner",), 2, rows(*DOCUMENTS[:2]))["owner"]
    after = with_changes("owner", before, 4, [(0, packed(DOCUMENTS[2])), (3, packed(DOCUMENTS[0]))])
    assert [list(after.count([at])) for at in range(4)] == [["team-b"], ["Team-A"], [], ["team-a"]]
    assert list(before.count([0])) == ["team-a"]
    assert isinstance(with_changes("owner", before, 2, []), Column)


def test_spellings_of_a_value_are_one_named_as_most_do() -> None:
    assert merged([{"Team": 2, "team": 3}, {"TEAM": 1, "x": 1}]) == Counter(team=6, x=1)


# --- over HTTP -----------------------------------------------------------------

COMPONENT = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: kafka-gateway, tags: [java]}
spec: {type: service, lifecycle: production, owner: team-a}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: kafka-tools, tags: [go, java]}
spec: {type: library, lifecycle: production, owner: team-b}
"""


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    """A portal with two components."""
    return make_shared_portal({"catalog-info.yaml": COMPONENT})


def test_answers_have_facets_when_these_are_asked_for(portal: Portal) -> None:
    answer = portal.get(
        "/api/search/query?term=kafka&facets=tag,owner&facets=types,tag&pageLimit=1"
    )
    assert answer["facets"] == {
        "tag": [{"value": "java", "count": 2}, {"value": "go", "count": 1}],
        "owner": [{"value": "team-a", "count": 1}, {"value": "team-b", "count": 1}],
        "types": [{"value": "software-catalog", "count": 2}],
    }
    assert "facets" not in portal.get("/api/search/query?term=kafka&facets=")


def test_a_value_of_a_facet_is_a_filter(portal: Portal) -> None:
    answer = portal.get("/api/search/query?filters[tag]=go&facets=type")
    assert answer["facets"] == {"type": [{"value": "library", "count": 1}]}
    assert [one["document"]["title"] for one in answer["results"]] == ["kafka-tools"]
    assert "tag" not in answer["results"][0]["document"], "the shape is Backstage's"


def test_an_unknown_facet_is_refused_with_those_there_are(portal: Portal) -> None:
    answer = portal.client.get("/api/search/query?facets=kind,colour")
    assert answer.status_code == 400
    message = answer.get_json()["error"]["message"]
    assert "no facet 'colour'" in message
    assert "types, type, kind, owner, tag, lifecycle" in message


@pytest.mark.parametrize(
    ("language", "label"), [("ko", "결과 좁히기"), ("en", "Narrow the results")]
)
def test_the_page_offers_links_that_narrow(portal: Portal, language: str, label: str) -> None:
    html = portal.client.get(f"/search?q=kafka&lang={language}").text
    assert f'aria-label="{label}"' in html
    assert f'href="/search?q=kafka&amp;tag=go&amp;lang={language}"' in html
    assert "lifecycle=production" not in html, "it would narrow nothing"
    narrowed = portal.client.get(f"/search?q=kafka&tag=go&lang={language}").text
    assert "kafka-tools" in narrowed
    assert "kafka-gateway" not in narrowed
    assert f'<a href="/search?q=kafka&amp;lang={language}" aria-current="true"' in narrowed


def test_a_choice_that_finds_nothing_can_be_undone(portal: Portal) -> None:
    html = portal.client.get("/search?q=kafka&owner=nobody&lang=en").text
    assert '<a href="/search?q=kafka&amp;lang=en" aria-current="true"' in html


def owned(name: str, owner: Any, kind: str = "Component", **relation: str) -> IndexableDocument:
    """Return the document of an entity with an owner."""
    relations = [{"type": "ownedBy", "targetRef": ref} for ref in relation.values()]
    (document,) = collate(
        {
            "apiVersion": "backstage.io/v1alpha1",
            "kind": kind,
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"type": "service", "owner": owner},
            "relations": relations,
        }
    )
    return document


def test_an_owner_is_counted_once_whatever_its_spelling(own_engine: SearchEngine) -> None:
    spellings = ("team-a", "Team-A", "group:team-a", "group:default/team-a", "default/team-a")
    documents = [owned(f"n{at}", text) for at, text in enumerate(spellings)]
    documents += [
        owned("last", "alias", ref="group:default/team-a"),
        owned("own", "user:default/ada"),
    ]
    own_engine.rebuild(2, documents)
    assert counts(own_engine)["owner"] == {"team-a": 6, "user:ada": 1}
    for text in (*spellings, "GROUP:DEFAULT/TEAM-A"):
        assert counts(own_engine, filters={"owner": (text,)})["owner"] == {"team-a": 6}, text
    assert counts(own_engine, filters={"owner": ("user:default/ada",)})["owner"] == {"user:ada": 1}


def test_owners_of_other_namespaces_and_kinds_are_others(own_engine: SearchEngine) -> None:
    own_engine.rebuild(
        2, [owned("a", "ops/team-a"), owned("b", "user:team-a"), owned("c", "team-a")]
    )
    assert counts(own_engine)["owner"] == {"ops/team-a": 1, "team-a": 1, "user:team-a": 1}


@pytest.mark.parametrize("owner", [None, 7, "", ":", "group:", ["team-a"]])
def test_an_owner_that_is_none_counts_as_none(own_engine: SearchEngine, owner: Any) -> None:
    own_engine.rebuild(2, [owned("a", owner)])
    assert [*counts(own_engine)["owner"]] in ([], [owner])
