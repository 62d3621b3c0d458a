"""Callers find what the policy lets them see; what one role was told, another is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from portal.auth import policy
from portal.auth.identity import NOBODY
from portal.auth.identity import SERVICE
from portal.auth.identity import USER
from portal.auth.identity import Principal
from portal.auth.policy import Decision
from portal.kernel.cache import GenerationCache
from portal.search.documents import IndexableDocument
from portal.search.documents import Name
from portal.search.documents import SearchEngine
from portal.search.documents import SearchQuery
from portal.search.documents import Sight
from portal.search.engines import ENGINES
from portal.search.service import READ
from portal.search.service import Search
from portal.search.service import sight_of


def document(name: str, owner: str) -> IndexableDocument:
    ref = f"component:default/{name}"
    fields = {
        "title": name,
        "text": "moves payments",
        "kind": "Component",
        "owner": owner,
        "authorization": {"resourceRef": ref},
    }
    return IndexableDocument("software-catalog", ref, fields, (Name(name, "preferred"),))


DOCUMENTS = (document("cart", "a"), document("vault", "b"), document("vaulting", "a"))


@pytest.fixture(params=list(ENGINES))
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> SearchEngine:
    made = ENGINES[request.param](tmp_path / "index")
    made.rebuild(1, DOCUMENTS)
    return made


def without(*names: str) -> Sight:
    hidden = {f"component:default/{name}" for name in names}
    return Sight(frozenset(names), lambda ref: ref not in hidden)


def found(engine: SearchEngine, text: str, sight: Sight, **query: Any) -> list[str]:
    answer = engine.search(SearchQuery(text, sight=sight, **query))
    assert answer.total == len(answer.hits)
    return [hit.ref.rpartition("/")[2] for hit in answer.hits]


def test_what_may_not_be_seen_is_not_found_by_any_rule(engine: SearchEngine) -> None:
    sight = without("vault")
    for text in ("", "payments", "vault", "vaul", "vualt"):
        assert "vault" in found(engine, text, Sight()), text
        assert "vault" not in found(engine, text, sight), text
    assert found(engine, "payments", sight) == ["cart", "vaulting"]
    assert found(engine, "", sight, filters={"owner": ("b",)}) == []
    assert found(engine, "", sight, filters={"owner": ("a",)}) == ["cart", "vaulting"]


def test_counts_and_suggestions_tell_nothing_of_it_either(engine: SearchEngine) -> None:
    sight = without("vault", "vaulting")
    answer = engine.search(SearchQuery("payments", facets=("owner",), sight=sight))
    assert answer.facets == {"owner": {"a": 1}}
    near = engine.search(SearchQuery("vualt", sight=sight))
    assert (near.total, near.suggestion) == (0, "")
    assert engine.suggest("vau", sight=sight) == ()
    assert [one.name for one in engine.suggest("vau", sight=without("vault"))] == ["vaulting"]


def test_roles_do_not_share_what_an_index_remembers(engine: SearchEngine) -> None:
    for _ in range(2):
        assert found(engine, "payments", without("cart")) == ["vault", "vaulting"]
        assert found(engine, "payments", without("vault")) == ["cart", "vaulting"]
        assert found(engine, "payments", Sight()) == ["cart", "vault", "vaulting"]


def test_sight_follows_changes(engine: SearchEngine) -> None:
    sight = without("vault")
    assert found(engine, "", sight) == ["cart", "vaulting"]
    engine.update(2, [document("crate", "a"), document("vault", "a")], ["component:default/cart"])
    assert found(engine, "", sight) == ["crate", "vaulting"]
    assert found(engine, "", sight, filters={"owner": ("a",)}) == ["crate", "vaulting"]


def test_what_is_about_no_entity_is_for_the_policy_to_judge(engine: SearchEngine) -> None:
    fields = {"title": "stray"}
    stray = IndexableDocument("software-catalog", "x", fields, (Name("stray", "preferred"),))
    engine.rebuild(2, [stray])
    assert found(engine, "stray", Sight(frozenset("x"), lambda ref: ref != "")) == []
    assert found(engine, "stray", Sight(frozenset("y"), lambda ref: ref == "")) == ["x"]


# --- the policy's word ------------------------------------------------------------


def test_today_everybody_sees_everything_at_no_cost() -> None:
    for principal in (NOBODY, Principal(USER, "user:default/ada"), Principal(SERVICE, "x")):
        assert sight_of(principal).may_see is None
        assert sight_of(principal).roles == policy.roles_of(principal)


def test_the_policy_is_asked_about_each_entity_when_it_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def decide(principal: Principal, action: str, resource: str = "") -> Decision:
        asked.append((principal, action, resource))
        return Decision.DENY if resource == "component:default/vault" else Decision.ALLOW

    monkeypatch.setattr(policy, "decide", decide)
    monkeypatch.setattr(policy, "decide_for_all", lambda _principal, _action: None)
    may_see = sight_of(NOBODY).may_see
    assert may_see
    assert [may_see(f"component:default/{name}") for name in ("cart", "vault")] == [True, False]
    assert asked[0] == (NOBODY, READ, "component:default/cart")


def test_who_may_see_nothing_finds_nothing(
    monkeypatch: pytest.MonkeyPatch, engine: SearchEngine
) -> None:
    monkeypatch.setattr(policy, "decide_for_all", lambda _principal, _action: Decision.DENY)
    assert found(engine, "", sight_of(NOBODY)) == []
    assert found(engine, "payments", sight_of(NOBODY)) == []


# --- what is kept ------------------------------------------------------------------


def test_answers_are_kept_by_role_and_generation(engine: SearchEngine) -> None:
    search = Search(engine, GenerationCache(10_000))
    made: list[str] = []

    def ask(*roles: str, asked: str = "q") -> bytes:
        def make() -> bytes:
            made.append(asked)
            return f"{roles} {len(made)}".encode()

        return search.kept(Sight(frozenset(roles)), asked, make)

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


@pytest.fixture(params=list(ENGINES))
def portal(request: pytest.FixtureRequest, make_portal: Callable[..., Any]) -> Any:
    return make_portal(
        {"catalog-info.yaml": ENTITIES},
        search_engine=request.param,
        service_token=_TOKEN,
        guest_access="always",
    )


def _titles(portal: Any, token: str) -> tuple[list[str], int]:
    headers = {"Authorization": f"Bearer {token}"}
    answer = portal.get("/api/search/query?term=payments", headers=headers)
    return [one["document"]["title"] for one in answer["results"]], answer["numberOfResults"]


def test_over_http_and_on_pages_callers_get_what_their_roles_allow(
    portal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decide(principal: Principal, action: str, resource: str = "") -> Decision:
        hidden = action == READ and resource.endswith("vault") and principal.kind == USER
        return Decision.DENY if hidden else Decision.ALLOW

    monkeypatch.setattr(policy, "decide", decide)
    monkeypatch.setattr(policy, "decide_for_all", lambda _principal, _action: None)
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
