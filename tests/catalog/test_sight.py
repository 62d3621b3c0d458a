"""Two callers: what one may not see, no answer tells them, by whatever door they come."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from portal.catalog import tables as t
from portal.catalog.entity_conditions import meets
from portal.catalog.entity_conditions import rows_of
from portal.catalog.read_model.model import ReadModel
from portal.catalog.row_sql import among
from portal.catalog.row_sql import beside
from portal.catalog.row_sql import sql_of
from portal.config.sources import Source
from portal.kernel.conditions import AllOf
from portal.kernel.conditions import AnyOf
from portal.kernel.conditions import Not
from portal.permission.conditions import Condition
from portal.permission.policy import DENY
from portal.permission.policy import Decision
from portal.permission.policy import conditional
from portal.scaffolder.publishing.provenance import PATH as PROVENANCE
from tests.conftest import Files
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.policies import TablePolicy
from tests.policies import rule
from tests.sight import DOORS
from tests.sight import HIDDEN
from tests.sight import HIDDEN_CONCEPTS
from tests.sight import HIDDEN_DOCS
from tests.sight import HIDDEN_MAKERS
from tests.sight import MAKERS
from tests.sight import NOTE
from tests.sight import OPEN
from tests.sight import OPEN_CONCEPTS
from tests.sight import OPEN_DOCS
from tests.sight import Question
from tests.sight import component
from tests.ui.test_pages import GLOSSARY
from tests.ui.test_pages import GROUP as STEWARDS

_TOKEN = "a-token-of-the-tests"
READ = "catalog.entity.read"
#: Every source is a Location too, and the portal with something hidden has one more.
NO_PRIVATE = conditional(
    Not(
        AnyOf(
            (
                rule("HAS_LABEL", label="visibility", value="private"),
                rule("IS_ENTITY_KIND", kinds=["Location"]),
            )
        )
    )
)


def made(make: MakePortal, *, hidden: bool, decision: Decision = NO_PRIVATE) -> Portal:
    concepts = [GLOSSARY, STEWARDS, *OPEN_CONCEPTS, *(HIDDEN_CONCEPTS if hidden else ())]
    files: Files = {
        "catalog-info.yaml": OPEN + (HIDDEN if hidden else ""),
        "concepts.yaml": yaml.safe_dump_all(concepts),
        "templates.yaml": MAKERS + (HIDDEN_MAKERS if hidden else ""),
        **OPEN_DOCS,
        **(HIDDEN_DOCS if hidden else {}),
    }
    others: Files = {
        "catalog-info.yaml": component("of-the-vault", "private"),
        PROVENANCE: NOTE,
    }
    targets = ("catalog-info.yaml", "concepts.yaml", "templates.yaml")
    sources = [(Source("content", "", targets=targets), files)]
    if hidden:
        sources.append((Source("made", "", targets=("catalog-info.yaml",)), others))
    portal = make(
        sources=sources,
        service_token=_TOKEN,
        guest_access="always",
        permission_policy=TablePolicy(user={READ: decision}),
    )
    portal.services.link_job.scan_all()
    return portal


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    """Return a portal with something hidden from users."""
    return made(make_shared_portal, hidden=True)


@pytest.fixture(scope="module")
def without(make_shared_portal: MakePortal) -> Portal:
    """Return the same portal, in which that is not there."""
    return made(make_shared_portal, hidden=False)


def ask(portal: Portal, path: str, body: Any = None, *, token: str = "") -> TestResponse:
    """Send a request as a guest, or with a token."""
    question = Question(path, body)
    return put(portal, question, token=token)


def put(portal: Portal, question: Question, *, token: str = "") -> TestResponse:
    """Put a question as a guest, or with a token."""
    headers = {"Authorization": f"Bearer {token or portal.guest_token()}"}
    if question.form is not None:
        return portal.client.post(question.path, data=question.form, headers=headers)
    if question.body is None:
        return portal.client.get(question.path, headers=headers)
    return portal.client.post(question.path, json=question.body, headers=headers)


#: What of pages two portals of the same content do not share: commits, times.
_VARYING = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{7,40}|\d{4}-\d\d-\d\d[T ][\d:.+]+( UTC)?"
)


def told(answer: TestResponse, portal: Portal) -> Any:
    """Return all that an answer tells, but for what differs between two portals anyway."""
    text = answer.text.replace(str(portal.repository.path), "<repository>")
    try:
        content = _neutral(json.loads(text))
    except ValueError:
        content = _VARYING.sub("…", text)
    return answer.status_code, answer.headers.get("Link"), content


#: Members that two portals of the same content do not share: ids, times, commits, tags of marks.
_OWN = {
    "uid",
    "commit",
    "committedAt",
    "readAt",
    "checkedAt",
    "nextCheckAt",
    "preTag",
    "postTag",
    "highlight",
}
_OWN |= {"recordedAt", "committedAt", "scannedAt", "failingSince"}
_OWN |= {"since", "entity_id", "last_discovery_at", "next_update_at", "build_timestamp", "exp"}


def _neutral(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _neutral(item) for key, item in value.items() if key not in _OWN}
        for name in ("nextCursor", "prevCursor"):
            if name in kept:
                cursor = json.loads(base64.b64decode(kept[name]))
                kept[name] = {key: cursor[key] for key in ("totalItems", "isPrevious")}
        return kept
    return [_neutral(item) for item in value] if isinstance(value, list) else value


_BY_UID = {
    "list",
    "list with a relation",
    "page in order",
    "query of all",
    "predicate",
    "not",
}


@pytest.mark.parametrize("door", DOORS)
def test_an_answer_is_that_of_a_catalog_without_what_is_hidden(
    portal: Portal, without: Portal, door: str
) -> None:
    question = DOORS[door]
    hidden, absent = put(portal, question), put(without, question)
    found, expected = told(hidden, portal), told(absent, without)
    if door in _BY_UID:  # random ids decide the order
        found, expected = _ordered(found), _ordered(expected)
    assert found == expected
    if question.method == "GET" and hidden.status_code == 200:
        # What one types comes back on pages.
        typed = absent.text.lower().count("vault")
        assert hidden.text.lower().count("vault") == typed
        assert "strongbox" not in hidden.text.lower()


def _ordered(answer: Any) -> Any:
    status, link, content = answer
    items = content if isinstance(content, list) else content["items"]
    total = "" if isinstance(content, list) else content["totalItems"]
    return status, link, total, sorted(items, key=lambda item: item["metadata"]["name"])


#: Questions whose answer is the same for whoever sees it: refusals, and what tells of others.
_SAME = {
    "no such uid",
    "pending",
    "decisions",
    "conditions",
    "who one is",
    "form that is sent",
    "page of a draft that is sent",
    "draft that is created",
    "page of a draft",
    "draft's review",
    "draft's trial",
}


@pytest.mark.parametrize("door", [name for name in DOORS if name not in _SAME])
def test_whoever_may_see_it_is_told(portal: Portal, without: Portal, door: str) -> None:
    """The doors above tell of it at all: a program is told of it, and nothing is mixed up."""
    for _ in range(2):  # what is kept for one caller is not given to another
        put(portal, DOORS[door])
        program = told(put(portal, DOORS[door], token=_TOKEN), portal)
        absent = told(put(without, DOORS[door], token=_TOKEN), without)
        assert program != absent


def test_etags_tell_nothing_of_it(portal: Portal, without: Portal) -> None:
    path = "/api/catalog/entities/by-name/component/default/cart"
    found = [ask(each, path).get_json()["metadata"]["etag"] for each in (portal, without)]
    assert found[0] == found[1]
    whole = ask(portal, path, token=_TOKEN).get_json()["metadata"]["etag"]
    assert whole != found[0]


def test_cursors_lead_through_what_is_seen_only(portal: Portal) -> None:
    path = "/api/catalog/entities/by-query?limit=1&orderField=metadata.name"
    names: list[str] = []
    totals: set[int] = set()
    while path:
        answer = ask(portal, path).get_json()
        totals.add(answer["totalItems"])
        names += [item["metadata"]["name"] for item in answer["items"]]
        cursor = answer["pageInfo"].get("nextCursor", "")
        path = f"/api/catalog/entities/by-query?limit=1&cursor={cursor}" if cursor else ""
    assert totals == {len(names)}
    assert {"cart", "shop", "shops", "retrying", "maker"} <= set(names)
    assert not {"vault", "vaulting", "again", "vault-maker"} & set(names)


def test_it_is_not_deleted_and_nobody_is_told_that_it_could_be(portal: Portal) -> None:
    uid = ask(
        portal, "/api/catalog/entities/by-name/component/default/vault", token=_TOKEN
    ).get_json()["metadata"]["uid"]
    headers = {"Authorization": f"Bearer {portal.guest_token()}"}
    answers = [
        portal.client.delete(f"/api/catalog/entities/by-uid/{each}", headers=headers)
        for each in (uid, "00000000-0000-4000-8000-000000000000")
    ]
    assert [(each.status_code, each.text) for each in answers] == [(204, "")] * 2
    assert ask(portal, f"/api/catalog/entities/by-uid/{uid}").status_code == 404
    assert ask(portal, f"/api/catalog/entities/by-uid/{uid}", token=_TOKEN).status_code == 200


def test_what_is_seen_need_not_be_refreshed_or_deleted(portal: Portal) -> None:
    policy = portal.services.policy
    assert isinstance(policy, TablePolicy)
    before = policy.table
    owned = {"catalog.entity.refresh": DENY, "catalog.entity.delete": DENY}
    policy.table = {"user": {READ: NO_PRIVATE, **owned}}
    path = "/api/catalog/entities/by-name/component/default/cart"
    uid = ask(portal, path).get_json()["metadata"]["uid"]
    headers = {"Authorization": f"Bearer {portal.guest_token()}"}
    refreshed = ask(portal, "/api/catalog/refresh", {"entityRef": "component:default/cart"})
    deleted = portal.client.delete(f"/api/catalog/entities/by-uid/{uid}", headers=headers)
    policy.table = before
    assert (refreshed.status_code, deleted.status_code) == (403, 403)


def test_a_source_is_read_anew_for_whom_something_of_it_may_be_refreshed(portal: Portal) -> None:
    policy = portal.services.policy
    assert isinstance(policy, TablePolicy)
    before, found = policy.table, []
    for decision in (
        DENY,
        conditional(rule("IS_ENTITY_OWNER", claims=["group:default/nobody"])),
        conditional(rule("IS_ENTITY_OWNER", claims=["group:default/shops"])),
    ):
        policy.table = {"user": {READ: NO_PRIVATE, "catalog.entity.refresh": decision}}
        answer = put(portal, Question("/sources/content/refresh", form={}))
        page = put(portal, Question("/sources")).text
        found.append((answer.status_code, page.count("/sources/content/refresh")))
    policy.table = before
    assert found == [(403, 0), (403, 0), (303, 1)]


def test_who_may_read_nothing_gets_empty_answers(make_portal: MakePortal) -> None:
    portal = made(make_portal, hidden=True, decision=DENY)
    assert ask(portal, "/api/catalog/entities").get_json() == []
    answer = ask(portal, "/api/catalog/entities/by-query").get_json()
    assert answer == {"items": [], "totalItems": 0, "pageInfo": {}}
    facets = ask(portal, "/api/catalog/entity-facets?facet=kind").get_json()
    assert facets == {"facets": {"kind": []}}
    refs = ask(portal, "/api/catalog/entities/by-refs", {"entityRefs": ["component:default/cart"]})
    assert refs.get_json() == {"items": [None]}
    assert ask(portal, "/api/search/query?term=").get_json()["numberOfResults"] == 0
    assert ask(portal, "/catalog").status_code == 200


# --- SQL and memory ------------------------------------------------------------

_WORDS = st.sampled_from(["java", "JAVA", "kotlin", "service", "true", "5", "none", "x" * 200, ""])
_RULES = st.one_of(
    st.builds(lambda x, y: rule("HAS_LABEL", label=x, value=y), st.sampled_from("ab"), _WORDS),
    st.builds(lambda x: rule("HAS_LABEL", label=x), st.sampled_from("abc")),
    st.builds(lambda x: rule("HAS_ANNOTATION", annotation=x), st.sampled_from(["a.b/c", "long"])),
    st.builds(lambda x: rule("HAS_METADATA", key="tags", value=x), _WORDS),
    st.builds(
        lambda x: rule("HAS_SPEC", key=x),
        st.sampled_from(["type", "flag", "deep", "deep.er", "list", "nothing", "%", "_ype"]),
    ),
    st.builds(
        lambda x, y: rule("HAS_SPEC", key=x, value=y), st.sampled_from(["type", "list"]), _WORDS
    ),
    st.builds(
        lambda x: rule("IS_ENTITY_KIND", kinds=x),
        st.lists(st.sampled_from(["Component", "api", "GROUP"]), max_size=2),
    ),
    st.builds(
        lambda x: rule("IS_ENTITY_OWNER", claims=x),
        st.lists(st.sampled_from(["group:default/shops", "GROUP:default/SPIES", "x"]), max_size=2),
    ),
)
CONDITIONS = st.recursive(
    _RULES,
    lambda parts: st.one_of(
        st.builds(lambda x: AllOf(tuple(x)), st.lists(parts, min_size=1, max_size=3)),
        st.builds(lambda x: AnyOf(tuple(x)), st.lists(parts, min_size=1, max_size=3)),
        st.builds(Not, parts),
    ),
    max_leaves=6,
)
_VARIED = """
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata:
  name: varied
  labels: {a: java, b: JAVA}
  annotations: {a.b/c: x, long: "%s"}
  tags: [java, kotlin]
spec: {type: service, lifecycle: x, owner: spies, definition: d, flag: false, deep: {er: 5},
  list: [Java, 5, true, {a: b}], nothing: null}
""" % ("y" * 300)


@pytest.fixture(scope="module")
def varied(shared_database_url: str, make_shared_portal: MakePortal) -> Portal:
    """Return a portal on each kind of database."""
    files = {"catalog-info.yaml": OPEN + HIDDEN + _VARIED}
    return make_shared_portal(files, database_url=shared_database_url)


@given(condition=CONDITIONS)
def test_a_condition_is_the_same_in_sql_in_bitmaps_and_in_memory(
    varied: Portal, condition: Condition
) -> None:
    with varied.services.database.connect() as connection:
        rows = connection.execute(sa.select(t.entities.c.ref, t.entities.c.final)).all()
        in_memory = {row.ref for row in rows if meets(json.loads(row.final), condition)}
        for find in (among, beside):
            wanted = sql_of(rows_of(condition), find(t.entities.c.id))
            query = sa.select(t.entities.c.ref).where(wanted)
            assert set(connection.scalars(query)) == in_memory
        seen = ReadModel().view(connection, condition)
        assert set(seen.refs(seen.ids())) == in_memory
