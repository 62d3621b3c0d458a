"""Callers find what the policy lets them see; what one role was told, another is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from portal.auth.identity import NOBODY
from portal.auth.identity import SERVICE
from portal.auth.identity import USER
from portal.auth.identity import Principal
from portal.kernel.cache import GenerationCache
from portal.permission.conditions import Condition
from portal.permission.policy import DENY
from portal.permission.policy import AllowAllPermissionPolicy
from portal.permission.policy import PermissionPolicy
from portal.search.documents import IndexableDocument
from portal.search.documents import Name
from portal.search.documents import SearchEngine
from portal.search.documents import SearchQuery
from portal.search.documents import Visibility
from portal.search.service import READ
from portal.search.service import Search
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.policies import TablePolicy
from tests.policies import unless
from tests.search_engines import NAMES
from tests.search_engines import Engines


def document(name: str, owner: str, text: str = "moves payments") -> IndexableDocument:
    ref = f"component:default/{name}"
    fields = {
        "title": name,
        "text": text,
        "kind": "Component",
        "owner": owner,
        "authorization": {"resourceRef": ref},
    }
    return IndexableDocument("software-catalog", ref, fields, (Name(name, "preferred"),))


DOCUMENTS = (document("cart", "a"), document("vault", "b"), document("vaulting", "a"))


@pytest.fixture(params=NAMES)
def engine(request: pytest.FixtureRequest, engines: Engines, tmp_path: Path) -> SearchEngine:
    made = engines[request.param](tmp_path / "index")
    made.rebuild(1, DOCUMENTS)
    return made


def without(*names: str) -> Visibility:
    hidden = {f"component:default/{name}" for name in names}
    return Visibility(frozenset(names), lambda ref: ref not in hidden)


def found(engine: SearchEngine, text: str, visibility: Visibility, **query: Any) -> list[str]:
    answer = engine.search(SearchQuery(text, visibility=visibility, **query))
    assert answer.total == len(answer.hits)
    return [hit.ref.rpartition("/")[2] for hit in answer.hits]


def test_what_may_not_be_seen_is_not_found_by_any_rule(engine: SearchEngine) -> None:
    visibility = without("vault")
    for text in ("", "payments", "vault", "vaul", "vualt"):
        assert "vault" in found(engine, text, Visibility()), text
        assert "vault" not in found(engine, text, visibility), text
    assert found(engine, "payments", visibility) == ["cart", "vaulting"]
    assert found(engine, "", visibility, filters={"owner": ("b",)}) == []
    assert found(engine, "", visibility, filters={"owner": ("a",)}) == ["cart", "vaulting"]


def test_counts_and_suggestions_tell_nothing_of_it_either(engine: SearchEngine) -> None:
    visibility = without("vault", "vaulting")
    answer = engine.search(SearchQuery("payments", facets=("owner",), visibility=visibility))
    assert answer.facets == {"owner": {"a": 1}}
    near = engine.search(SearchQuery("vualt", visibility=visibility))
    assert (near.total, near.suggestion) == (0, "")
    assert engine.suggest("vau", visibility=visibility) == ()
    assert [one.name for one in engine.suggest("vau", visibility=without("vault"))] == ["vaulting"]


def test_roles_do_not_share_what_an_index_remembers(engine: SearchEngine) -> None:
    for _ in range(2):
        assert found(engine, "payments", without("cart")) == ["vault", "vaulting"]
        assert found(engine, "payments", without("vault")) == ["cart", "vaulting"]
        assert found(engine, "payments", Visibility()) == ["cart", "vault", "vaulting"]


def test_sight_follows_changes(engine: SearchEngine) -> None:
    visibility = without("vault")
    assert found(engine, "", visibility) == ["cart", "vaulting"]
    engine.update(2, [document("crate", "a"), document("vault", "a")], ["component:default/cart"])
    assert found(engine, "", visibility) == ["crate", "vaulting"]
    assert found(engine, "", visibility, filters={"owner": ("a",)}) == ["crate", "vaulting"]


def test_what_is_about_no_entity_is_for_the_policy_to_judge(engine: SearchEngine) -> None:
    fields = {"title": "stray"}
    stray = IndexableDocument("software-catalog", "x", fields, (Name("stray", "preferred"),))
    engine.rebuild(2, [stray])
    assert found(engine, "stray", Visibility(frozenset("x"), lambda ref: ref != "")) == []
    assert found(engine, "stray", Visibility(frozenset("y"), lambda ref: ref == "")) == ["x"]


def test_neither_order_nor_correction_tell_of_what_is_not_seen(
    tmp_path: Path, engines: Engines
) -> None:
    """What is hidden makes one word common, another rare, and knows one that nobody else does."""
    seen = [
        *(document(f"ledger-{number}", "a", "counts") for number in range(6)),
        document("first", "a", "forwards events to somebody"),
        document("second", "a", "counts for somebody"),
        document("cart", "a"),
    ]
    hidden = [document(f"broker-{number}", "b", "events") for number in range(30)]
    hidden += [document("paymant", "b", "payments"), document("cartographer", "b", "")]
    visibility = without(*(one.fields["title"] for one in hidden))
    for name, make in engines.items():
        whole, part = make(tmp_path / f"{name}-whole"), make(tmp_path / f"{name}-part")
        whole.rebuild(1, [*seen, *hidden])
        part.rebuild(1, seen)
        for text in ("events counts", "paymant", "paymants counts", "car", "cartt", "brokr"):
            hits = found(part, text, Visibility())
            assert found(whole, text, visibility) == hits, (name, text)
            query = SearchQuery(text, visibility=visibility)
            assert whole.search(query).suggestion == part.search(SearchQuery(text)).suggestion
        assert whole.suggest("pay", visibility=visibility) == part.suggest("pay")


# --- the policy's word ------------------------------------------------------------


def refs_meeting(_condition: Condition) -> tuple[int, frozenset[str]]:
    return 7, frozenset({"component:default/cart"})


def search_under(engine: SearchEngine, policy: PermissionPolicy) -> Search:
    return Search(engine, GenerationCache(10_000), policy, refs_meeting)


def test_who_may_see_everything_does_so_at_no_cost(engine: SearchEngine) -> None:
    search = search_under(engine, AllowAllPermissionPolicy())
    for principal in (NOBODY, Principal(USER, "user:default/ada"), Principal(SERVICE, "x")):
        assert search.visibility_of(principal) == Visibility()
        assert search.visibility_of(principal).may_see is None


NO_VAULT = unless("HAS_METADATA", key="name", value="vault")


def test_a_condition_is_asked_of_the_catalog_and_its_generation_is_a_part_of_the_key(
    engine: SearchEngine,
) -> None:
    visibility = search_under(engine, TablePolicy(everybody={READ: NO_VAULT})).visibility_of(NOBODY)
    assert visibility.may_see
    assert [visibility.may_see(f"component:default/{x}") for x in ("cart", "vault")] == [
        True,
        False,
    ]
    assert visibility.key == (7, NO_VAULT.condition)


def test_who_may_see_nothing_finds_nothing(engine: SearchEngine) -> None:
    visibility = search_under(engine, TablePolicy(everybody={READ: DENY})).visibility_of(NOBODY)
    assert found(engine, "", visibility) == []
    assert found(engine, "payments", visibility) == []


# --- what is kept ------------------------------------------------------------------


def test_answers_are_kept_by_role_and_generation(engine: SearchEngine) -> None:
    search = search_under(engine, AllowAllPermissionPolicy())
    made: list[str] = []

    def ask(*roles: str, asked: str = "q") -> bytes:
        def make() -> bytes:
            made.append(asked)
            return f"{roles} {len(made)}".encode()

        return search.cached(Visibility(frozenset(roles)), asked, make)

    first = ask("a")
    assert ask("a") == first
    assert ask("b") != first, "another role is not told what was kept"
    assert ask("a", asked="other") != first
    assert ask("a") == first
    assert len(made) == 3
    engine.update(2, [document("new", "a")], [])
    assert ask("a") != first, "an answer of another generation is not given"


_TOKEN = "t" * 40
ENTITIES = "\n---\n".join(
    f"""\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {{name: {name}, description: moves payments}}
spec: {{type: service, lifecycle: production, owner: team-{name}}}"""
    for name in ("cart", "vault")
)


@pytest.fixture(params=NAMES)
def portal(request: pytest.FixtureRequest, make_portal: MakePortal) -> Portal:
    return make_portal(
        {"catalog-info.yaml": ENTITIES},
        search_engine=request.param,
        service_token=_TOKEN,
        guest_access="always",
        permission_policy=TablePolicy(user={READ: NO_VAULT}),
    )


def _titles(portal: Portal, token: str) -> tuple[list[str], int]:
    headers = {"Authorization": f"Bearer {token}"}
    answer = portal.get("/api/search/query?term=payments", headers=headers)
    return [one["document"]["title"] for one in answer["results"]], answer["numberOfResults"]


def test_over_http_and_on_pages_callers_get_what_their_roles_allow(portal: Portal) -> None:
    user = portal.get("/api/auth/guest/refresh")["backstageIdentity"]["token"]
    for _ in range(2):
        assert _titles(portal, _TOKEN) == (["cart", "vault"], 2)
        assert _titles(portal, user) == (["cart"], 1)
    headers = {"Authorization": f"Bearer {user}"}
    suggested = portal.get("/api/search/suggest?term=vau", headers=headers)
    assert suggested == {"suggestions": []}
    page = portal.client.get("/search?q=payments", headers=headers).text
    assert "/catalog/default/component/cart" in page
    assert "vault" not in page
