"""The ai-model kinds are judged as a Backstage with that module judges them.

``data/ai_model.jsonl`` was recorded from a backend of the packages of Backstage 1.57 with
``plugin-catalog-backend-module-ai-model`` 0.1.4: one JSON object a line, ``{name, entity,
status, errors, relations, stored?}``; ``errors`` are those of ``validate-entity``,
``relations`` and ``stored`` (its ``spec``) those of the entity read from a file.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from portal.model.kinds import KINDS
from portal.model.kinds import KINDS_WITHOUT_AI_MODEL
from portal.model.schema import violations
from tests.conftest import MakePortal
from tests.conftest import Portal

_DATA = Path(__file__).parent / "data" / "ai_model.jsonl"
Record = dict[str, Any]
ROWS: list[Record] = [json.loads(line) for line in _DATA.read_text(encoding="utf-8").splitlines()]
ACCEPTED = [row for row in ROWS if row["status"] == 200]
_LOCATION = "url:http://127.0.0.1:17018/x.yaml"

#: Where the text differs: with its module Backstage judges the kinds it always had by the
#: same processor, too; here they keep the texts of a backend without it.
DIFFERENCES = {
    "other version": "kind or apiVersion",
    "other api still needs a definition": "'definition'",
    "api type in another letter case": "'definition'",
    "skill, bad ref": "was not on the form",
}


def name_of(row: Record) -> str:
    """Return what a test is called."""
    return str(row["name"])


def recorded_violations(row: Record) -> list[str]:
    """Return what is wrong with an entity; Backstage joins it to one message."""
    text = row["errors"][0].rpartition(" entity failed: ")[2]
    return re.split("; (?=[/<])", text)


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    """Return a portal that has every accepted entity, named by its row's number."""
    files = {}
    for number, row in enumerate(ACCEPTED):
        entity = row["entity"] | {"metadata": {"name": f"x{number}"}}
        files[f"catalog/{number}.yaml"] = json.dumps(entity, ensure_ascii=False)
    return make_shared_portal(files, targets=("catalog/*.yaml",))


def validate(portal: Portal, row: Record) -> Any:
    """Return the answer of ``validate-entity``."""
    body = {"entity": row["entity"], "location": _LOCATION}
    return portal.client.post("/api/catalog/validate-entity", json=body)


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_an_entity_is_judged_as_recorded(portal: Portal, row: Record) -> None:
    answer = validate(portal, row)
    assert answer.status_code == row["status"]
    if not row["errors"]:
        return
    [told] = [error["message"] for error in answer.get_json()["errors"]]
    if row["name"] in DIFFERENCES:
        assert DIFFERENCES[row["name"]] in told
    else:
        assert row["errors"][0].startswith(told)
        assert told.endswith(recorded_violations(row)[0])


@pytest.mark.parametrize(
    "row", [r for r in ROWS if "entity failed" in str(r["errors"])], ids=name_of
)
def test_everything_that_is_wrong_is_found(row: Record) -> None:
    kind = KINDS[row["entity"]["kind"]].row_of(row["entity"])
    assert [str(v) for v in violations(kind.schema, row["entity"])] == recorded_violations(row)


@pytest.mark.parametrize("row", ACCEPTED, ids=name_of)
def test_its_fields_make_the_recorded_relations(portal: Portal, row: Record) -> None:
    number, kind = ACCEPTED.index(row), row["entity"]["kind"].lower()
    found = portal.get(f"/api/catalog/entities/by-name/{kind}/default/x{number}")
    relations = [[r["type"], r["targetRef"]] for r in found.get("relations", [])]
    assert sorted(relations) == sorted(row["relations"])
    assert found["spec"] == row["stored"]


def test_what_is_part_of_a_plugin_tells_so(make_portal: MakePortal) -> None:
    specs: dict[str, Record] = {
        "lint": {"type": "skill"},
        "review": {"type": "plugin", "skills": ["lint"]},
        "shop": {"type": "marketplace", "plugins": ["review"]},
        "style": {"type": "skill", "dependsOn": ["lint"]},
    }
    files = {
        f"{name}.yaml": json.dumps(entity("AiResource", name, spec)) for name, spec in specs.items()
    }
    portal = make_portal(files, targets=("*.yaml",))
    found = {name: relations(portal, name) for name in ("lint", "review")}
    assert found["lint"] >= {
        ("partOf", "airesource:default/review"),
        ("dependencyOf", "airesource:default/style"),
    }
    assert found["review"] >= {
        ("hasPart", "airesource:default/lint"),
        ("partOf", "airesource:default/shop"),
    }


def entity(kind: str, name: str, spec: Record) -> Record:
    """Return a descriptor."""
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, "description": "how we check our prose"},
        "spec": {"lifecycle": "production", "owner": "o", **spec},
    }


def relations(portal: Portal, name: str) -> set[tuple[str, str]]:
    """Return the relations of an AI resource."""
    found = portal.get(f"/api/catalog/entities/by-name/airesource/default/{name}")
    return {(r["type"], r["targetRef"]) for r in found["relations"]}


def test_it_is_found_counted_and_narrowed_by_kind_and_type(make_portal: MakePortal) -> None:
    files = {
        "skill.yaml": json.dumps(entity("AiResource", "prose", {"type": "skill"})),
        "api.yaml": json.dumps(entity("API", "prose-tools", REMOTES)),
    }
    portal = make_portal(files, targets=("*.yaml",))
    facets = portal.get("/api/catalog/entity-facets?facet=kind&facet=spec.type")["facets"]
    assert {"value": "AiResource", "count": 1} in facets["kind"]
    assert {row["value"] for row in facets["spec.type"]} >= {"skill", "mcp-server"}
    for narrowed in ("filters[kind]=AiResource", "filters[type]=skill"):
        found = portal.get(f"/api/search/query?term=prose&types[0]=software-catalog&{narrowed}")
        assert [hit["document"]["title"] for hit in found["results"]] == ["prose"]
    page = portal.client.get("/catalog?kind=airesource&lang=en")
    assert "AI resource" in page.text
    assert "/catalog/default/airesource/prose" in page.text
    assert portal.client.get("/catalog/default/airesource/prose").status_code == 200


REMOTES = {"type": "mcp-server", "remotes": [{"type": "sse", "url": "http://h/sse"}]}


def test_without_the_setting_there_are_no_such_kinds(make_portal: MakePortal) -> None:
    files = {
        "skill.yaml": json.dumps(entity("AiResource", "prose", {"type": "skill"})),
        "api.yaml": json.dumps(entity("API", "prose-tools", REMOTES)),
    }
    portal = make_portal(files, targets=("*.yaml",), ai_model=False)
    problems = {p["entityRef"]: p for p in portal.get("/api/catalog/problems")["items"]}
    assert "'definition'" in problems["api:default/prose-tools"]["message"]
    problem = problems["airesource:default/prose"]
    assert "No processor recognized" in problem["message"]
    assert "AiResource" not in problem["hint"].split("Known kinds")[1]
    refused = validate(portal, ACCEPTED[0]).get_json()["errors"]
    assert "No processor recognized" in refused[0]["message"]


def test_the_two_tables_differ_in_nothing_else() -> None:
    assert KINDS.keys() - KINDS_WITHOUT_AI_MODEL.keys() == {"AiResource"}
    for name, kind in KINDS_WITHOUT_AI_MODEL.items():
        assert (KINDS[name].schema, KINDS[name].relations) == (kind.schema, kind.relations)
