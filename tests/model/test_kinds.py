"""Every kind: what it demands, in Backstage's words, and what it says of others."""

from __future__ import annotations

import copy
from itertools import product
from typing import Any

import pytest

from portal.model.entity import StatusItem
from portal.model.entity import canonical_json
from portal.model.entity import json_pointer
from portal.model.entity import ref_of
from portal.model.kinds import KINDS
from portal.model.kinds.kind import relations_of
from portal.model.schema import entity_violations
from portal.model.schema import envelope_violations
from portal.model.schema import violations
from tests.tables import each

TEXTS = {
    "summary": "s",
    "overview": "o",
    "explanation": "e",
    "relevance": "r",
    "useCases": [{"title": "t", "description": "d"}],
}
VALID: dict[str, dict[str, Any]] = {
    "Component": {"type": "service", "lifecycle": "production", "owner": "o"},
    "API": {"type": "openapi", "lifecycle": "production", "owner": "o", "definition": "x"},
    "Resource": {"type": "database", "owner": "o"},
    "AiResource": {"type": "prompt", "lifecycle": "production", "owner": "o"},
    "System": {"owner": "o"},
    "Domain": {"owner": "o"},
    "Group": {"type": "team", "children": []},
    "User": {"memberOf": []},
    "Location": {},
    "Template": {"type": "service", "steps": [{"action": "x"}]},
    "Glossary": {
        "type": "concept-scheme",
        "owner": "o",
        "languages": ["ko"],
        "defaultLanguage": "ko",
        "title": {"ko": "t"},
    },
    "Concept": {
        "type": "practice",
        "status": "draft",
        "owner": "o",
        "glossary": "g",
        "labels": {"ko": {"preferred": "p"}},
        "text": {"ko": TEXTS},
    },
}


def entity(kind: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": KINDS[kind].api_versions[0],
        "kind": kind,
        "metadata": {"name": "x", "namespace": "ns"},
        "spec": {**copy.deepcopy(VALID[kind]), **spec},
    }


def broken(kind: str, document: dict[str, Any]) -> list[str]:
    return [str(v) for v in violations(KINDS[kind].schema, document)]


def test_the_table_names_every_kind() -> None:
    assert set(KINDS) == set(VALID)


@each(VALID)
def test_the_least_there_must_be_is_enough(kind: str) -> None:
    assert broken(kind, entity(kind)) == []


@each(VALID)
def test_unknown_members_are_allowed(kind: str) -> None:
    assert broken(kind, entity(kind, unknown={"a": [1, None]})) == []


@each(VALID)
def test_spec_is_required(kind: str) -> None:
    document = entity(kind)
    del document["spec"]
    assert broken(kind, document) == [
        "<root> must have required property 'spec' - missingProperty: spec"
    ]


@each(list(product(VALID, [None, [], "x", 1, True])))
def test_spec_is_an_object(case: tuple[str, Any]) -> None:
    kind, spec = case
    assert broken(kind, {**entity(kind), "spec": spec}) == ["/spec must be object - type: object"]


@each([(kind, field) for kind, spec in VALID.items() for field in spec])
def test_a_required_member_that_is_missing_is_named(case: tuple[str, str]) -> None:
    kind, field = case
    document = entity(kind)
    del document["spec"][field]
    assert broken(kind, document) == [
        f"/spec must have required property '{field}' - missingProperty: {field}"
    ]


TEXT_FIELDS = [
    (kind, field) for kind, spec in VALID.items() for field, v in spec.items() if isinstance(v, str)
] + [
    ("Component", "system"),
    ("Component", "subcomponentOf"),
    ("System", "domain"),
    ("Domain", "subdomainOf"),
    ("Group", "parent"),
    ("Location", "target"),
    ("Location", "type"),
    ("Concept", "replacedBy"),
    ("Concept", "starter"),
]


@each(list(product(TEXT_FIELDS, [1, True, None, [], {}])))
def test_a_text_is_never_converted(case: tuple[tuple[str, str], Any]) -> None:
    (kind, field), value = case
    assert broken(kind, entity(kind, **{field: value})) == [
        f"/spec/{field} must be string - type: string"
    ]


@each(TEXT_FIELDS)
def test_a_text_is_not_empty(case: tuple[str, str]) -> None:
    kind, field = case
    assert broken(kind, entity(kind, **{field: ""})) == [
        f"/spec/{field} must NOT have fewer than 1 characters - limit: 1"
    ]


LIST_FIELDS = [
    ("Component", "providesApis"),
    ("Component", "consumesApis"),
    ("Component", "dependsOn"),
    ("Resource", "dependsOn"),
    ("Resource", "dependencyOf"),
    ("Group", "children"),
    ("Group", "members"),
    ("User", "memberOf"),
    ("Location", "targets"),
    ("Concept", "related"),
    ("Concept", "broader"),
    ("Concept", "partOf"),
    ("Concept", "contrastsWith"),
    ("Glossary", "languages"),
]


@each(LIST_FIELDS)
def test_a_list_is_a_list_of_texts(case: tuple[str, str]) -> None:
    kind, field = case
    values: tuple[Any, ...] = ("a", {}, None, 1)
    for value in values:
        assert broken(kind, entity(kind, **{field: value})) == [
            f"/spec/{field} must be array - type: array"
        ]
    assert broken(kind, entity(kind, **{field: ["a", 1, ""]})) == [
        f"/spec/{field}/1 must be string - type: string",
        f"/spec/{field}/2 must NOT have fewer than 1 characters - limit: 1",
    ]


LEAF = {"file": {"paths": ["x"]}}
CHECK: dict[str, Any] = {
    "id": "x",
    "level": 1,
    "title": {"en": "x"},
    "description": {"en": "x"},
    "remedy": {"en": "x"},
}
CONDITIONS = (
    "all, any, not, evidence, entity, "
    "dependency, import, code, definition, text, configuration, file, report"
)


def nested(depth: int) -> dict[str, Any]:
    """Return a condition within as many others."""
    return {"not": nested(depth - 1)} if depth else LEAF


@pytest.mark.parametrize(
    ("kind", "spec", "text"),
    [
        ("Location", {"presence": "maybe"}, "/spec/presence must be equal to one of the allowed values - allowedValues: required,optional"),
        ("Template", {"steps": [{}]}, "/spec/steps/0 must have required property 'action' - missingProperty: action"),
        ("Template", {"steps": {}}, "/spec/steps must be array - type: array"),
        ("Group", {"profile": "x"}, "/spec/profile must be object - type: object"),
        ("User", {"profile": {"email": 1}}, "/spec/profile/email must be string - type: string"),
        ("Concept", {"status": "done"}, "/spec/status must be equal to one of the allowed values - allowedValues: draft,approved,deprecated"),
        ("Concept", {"order": "1"}, "/spec/order must be integer - type: integer"),
        ("Concept", {"order": True}, "/spec/order must be integer - type: integer"),
        ("Concept", {"labels": {}}, "/spec/labels must NOT have fewer than 1 properties - limit: 1"),
        ("Concept", {"text": {}}, "/spec/text must NOT have fewer than 1 properties - limit: 1"),
        ("Concept", {"labels": {"ko": {}}}, "/spec/labels/ko must have required property 'preferred' - missingProperty: preferred"),
        ("Concept", {"text": {"ko": {**TEXTS, "useCases": [{"title": "t"}]}}}, "/spec/text/ko/useCases/0 must have required property 'description' - missingProperty: description"),
        ("Concept", {"text": "x"}, "/spec/text must be object - type: object"),
        ("Concept", {"evidence": [{}]}, "/spec/evidence/0 must have exactly one of dependency, import, code, definition, text, configuration, file, report"),
        ("Concept", {"evidence": [{"file": {"paths": ["x"]}, "import": {"language": "go", "names": ["x"]}}]}, "/spec/evidence/0 must have exactly one of dependency, import, code, definition, text, configuration, file, report"),
        ("Concept", {"evidence": [{"import": {"language": "cobol", "names": ["x"]}}]}, "/spec/evidence/0/import/language must be equal to one of the allowed values - allowedValues: python,javascript,java,go,csharp,rust,ruby,php"),
        ("Concept", {"evidence": ["x"]}, "/spec/evidence/0 must be object - type: object"),
        ("Concept", {"evidence": [{"file": {"paths": ["x"]}, "examples": [{"found": 1, "files": {"a": ""}}]}]}, "/spec/evidence/0/examples/0/found must be boolean - type: boolean"),
        ("Concept", {"checks": [{**CHECK, "level": 4}]}, "/spec/checks/0/level must be equal to one of the allowed values - allowedValues: 1,2,3"),
        ("Concept", {"checks": [{**CHECK, "level": "1"}]}, "/spec/checks/0/level must be integer - type: integer"),
        ("Concept", {"checks": [{key: CHECK[key] for key in CHECK if key != "remedy"}]}, "/spec/checks/0 must have required property 'remedy' - missingProperty: remedy"),
        ("Concept", {"checks": [{**CHECK, "rule": []}]}, "/spec/checks/0/rule must be object - type: object"),
        ("Concept", {"checks": [{**CHECK, "rule": {"all": [LEAF], "not": LEAF}}]}, f"/spec/checks/0/rule must have exactly one of {CONDITIONS}"),
        ("Concept", {"checks": [{**CHECK, "rule": {"all": []}}]}, "/spec/checks/0/rule/all must NOT have fewer than 1 items - limit: 1"),
        ("Concept", {"checks": [{**CHECK, "rule": {"all": [LEAF, {"any": [{"not": {"file": {}}}]}]}}]}, "/spec/checks/0/rule/all/1/any/0/not/file must have required property 'paths' - missingProperty: paths"),
        ("Concept", {"checks": [{**CHECK, "when": {**LEAF, "scopes": ["sometimes"]}}]}, "/spec/checks/0/when/scopes/0 must be equal to one of the allowed values - allowedValues: runtime,optional,development,test"),
        ("Concept", {"checks": [{**CHECK, "rule": nested(9)}]}, f"/spec/checks/0/rule{'/not' * 8} conditions may be nested to a depth of 8"),
        ("Concept", {"expectations": [{"id": "x", "because": {"en": "x"}, "when": {"entity": {"relations": "x"}}}]}, "/spec/expectations/0/when/entity/relations must be array - type: array"),
        ("Glossary", {"title": {}}, "/spec/title must NOT have fewer than 1 properties - limit: 1"),
        ("Glossary", {"title": {"ko": 1}}, "/spec/title/ko must be string - type: string"),
    ],
)  # fmt: skip
def test_what_else_a_kind_demands(kind: str, spec: dict[str, Any], text: str) -> None:
    assert broken(kind, entity(kind, **spec)) == [text]


def test_what_is_missing_is_told_before_what_is_wrong() -> None:
    document = entity("Component", type=1)
    del document["spec"]["owner"]
    assert broken("Component", document)[0].startswith("/spec must have required property 'owner'")


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"apiVersion": "v", "kind": "K"}, "<root> must have required property 'metadata' - missingProperty: metadata"),
        ({"apiVersion": "v", "kind": "K", "metadata": {"name": 1}}, "/metadata/name must be string - type: string"),
        ({"apiVersion": "v", "kind": "K", "metadata": {}}, "/metadata must have required property 'name' - missingProperty: name"),
        ({"apiVersion": "v", "kind": "K", "metadata": "x"}, "/metadata must be object - type: object"),
        ({"apiVersion": "v", "kind": "K", "metadata": {"name": "a", "namespace": None}}, "/metadata/namespace must be string - type: string"),
        ({"apiVersion": 1, "kind": "K", "metadata": {"name": "a"}}, "/apiVersion must be string - type: string"),
        ({"apiVersion": "v", "kind": "", "metadata": {"name": "a"}}, "/kind must NOT have fewer than 1 characters - limit: 1"),
    ],
)  # fmt: skip
def test_the_envelope(document: dict[str, Any], text: str) -> None:
    assert [str(v) for v in envelope_violations(document)] == [text]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"extra": 1}, "<root> must NOT have additional properties"),
        ({"spec": []}, "/spec must be object"),
        ({"metadata": {"name": "a", "annotations": {"foo.com/x": 1}}}, "/metadata/annotations/foo.com~1x must be string"),
        ({"metadata": {"name": "a", "labels": []}}, "/metadata/labels must be object"),
        ({"metadata": {"name": "a", "tags": "x"}}, "/metadata/tags must be array"),
        ({"metadata": {"name": "a", "links": [{}]}}, "/metadata/links/0 must have required property 'url'"),
        ({"metadata": {"name": "a", "title": ""}}, "/metadata/title must NOT have fewer than 1 characters"),
        ({"metadata": {"name": "a", "etag": ""}}, "/metadata/etag must NOT have fewer than 1 characters"),
        ({"metadata": {"name": "a", "description": 1}}, "/metadata/description must be string"),
    ],
)  # fmt: skip
def test_what_all_kinds_share(change: dict[str, Any], text: str) -> None:
    found = entity_violations({**entity("System"), **change})
    assert [v.envelope_text for v in found] == [text]


def test_an_empty_description_and_unknown_metadata_are_allowed() -> None:
    metadata = {"name": "a", "description": "", "anything": [1]}
    assert entity_violations({**entity("System"), "metadata": metadata}) == []


RELATIONS = [
    ("Component", "owner", "ownedBy", "ownerOf", "group"),
    ("Component", "system", "partOf", "hasPart", "system"),
    ("Component", "subcomponentOf", "partOf", "hasPart", "component"),
    ("Component", "providesApis", "providesApi", "apiProvidedBy", "api"),
    ("Component", "consumesApis", "consumesApi", "apiConsumedBy", "api"),
    ("Component", "dependsOn", "dependsOn", "dependencyOf", ""),
    ("Component", "dependencyOf", "dependencyOf", "dependsOn", ""),
    ("API", "owner", "ownedBy", "ownerOf", "group"),
    ("API", "system", "partOf", "hasPart", "system"),
    ("Resource", "owner", "ownedBy", "ownerOf", "group"),
    ("Resource", "dependsOn", "dependsOn", "dependencyOf", ""),
    ("Resource", "dependencyOf", "dependencyOf", "dependsOn", ""),
    ("Resource", "system", "partOf", "hasPart", "system"),
    ("AiResource", "owner", "ownedBy", "ownerOf", "group"),
    ("AiResource", "system", "partOf", "hasPart", "system"),
    ("System", "owner", "ownedBy", "ownerOf", "group"),
    ("System", "domain", "partOf", "hasPart", "domain"),
    ("Domain", "owner", "ownedBy", "ownerOf", "group"),
    ("Domain", "subdomainOf", "partOf", "hasPart", "domain"),
    ("Group", "parent", "childOf", "parentOf", "group"),
    ("Group", "children", "parentOf", "childOf", "group"),
    ("Group", "members", "hasMember", "memberOf", "user"),
    ("User", "memberOf", "memberOf", "hasMember", "group"),
    ("Template", "owner", "ownedBy", "ownerOf", "group"),
    ("Glossary", "owner", "ownedBy", "ownerOf", "group"),
    ("Concept", "owner", "ownedBy", "ownerOf", "group"),
    ("Concept", "glossary", "inGlossary", "hasConcept", "glossary"),
    ("Concept", "related", "relatedTo", "relatedTo", "concept"),
    ("Concept", "broader", "broader", "narrower", "concept"),
    ("Concept", "partOf", "partOf", "hasPart", "concept"),
    ("Concept", "contrastsWith", "contrastsWith", "contrastsWith", "concept"),
    ("Concept", "replacedBy", "replacedBy", "replaces", "concept"),
    ("Concept", "starter", "hasStarter", "starterOf", "template"),
]


@pytest.mark.parametrize(("kind", "field", "out", "back", "default"), RELATIONS)
def test_a_field_makes_a_relation_and_its_inverse(
    kind: str, field: str, out: str, back: str, default: str
) -> None:
    is_list = (kind, field) in LIST_FIELDS or field == "dependencyOf"
    name = "Target" if default else "api:Target"
    document = entity(kind, **{field: [name] if is_list else name})
    relations, errors = relations_of(KINDS[kind], document)
    own = f"{kind.lower()}:ns/x"
    target = f"{default or 'api'}:ns/target"
    found = {(r.source, r.type, r.target) for r in relations}
    assert errors == []
    assert {(own, out, target), (target, back, own)} <= found


def test_every_relation_rule_is_tested() -> None:
    rules = {(kind.name, rule.field) for kind in KINDS.values() for rule in kind.relations}
    tested = {(kind, field) for kind, field, *_ in RELATIONS}
    assert {field for _, field in rules - tested} == {"implementsConcepts"}


@pytest.mark.parametrize("kind", ["Component", "API", "Resource", "System"])
def test_concepts_are_implemented_by_field_or_annotation(kind: str) -> None:
    document = entity(kind, implementsConcepts=["etl"])
    document["metadata"]["annotations"] = {"glossary/implements": " mlops , other/x,,"}
    relations, _ = relations_of(KINDS[kind], document)
    own = f"{kind.lower()}:ns/x"
    targets = {r.target for r in relations if (r.source, r.type) == (own, "implementsConcept")}
    assert targets == {"concept:default/etl", "concept:default/mlops", "concept:other/x"}
    assert {r.source for r in relations if r.type == "conceptImplementedBy"} == targets


@pytest.mark.parametrize(
    ("kind", "spec", "path", "message"),
    [
        ("Component", {"dependsOn": ["api:a", "lib"]}, ("spec", "dependsOn", 1), "missing or empty kind"),
        ("Component", {"owner": "a:"}, ("spec", "owner"), "was not on the form"),
        ("Component", {"owner": "g" * 501}, ("spec", "owner"), "more than 500 characters"),
        ("Concept", {"related": ["/x"]}, ("spec", "related", 0), "was not on the form"),
    ],
)  # fmt: skip
def test_a_bad_ref_is_told_with_its_place(
    kind: str, spec: dict[str, Any], path: Any, message: str
) -> None:
    _, [error] = relations_of(KINDS[kind], entity(kind, **spec))
    assert error.path == path
    assert message in error.message
    assert len(error.message) < 300


def test_an_entity_is_called_by_its_lower_case_ref() -> None:
    assert (
        str(ref_of({"kind": "API", "metadata": {"name": "Web.Site_1"}})) == "api:default/web.site_1"
    )


def test_a_status_item_on_the_wire() -> None:
    item = StatusItem("schema", "outer", cause=("TypeError", "inner"))
    assert item.to_json() == {
        "type": "backstage.io/catalog-processing",
        "level": "error",
        "message": "InputError: outer",
        "error": {
            "name": "InputError",
            "message": "outer",
            "cause": {"name": "TypeError", "message": "inner"},
        },
    }
    assert "cause" not in StatusItem("x", "y").to_json()["error"]


def test_paths_are_written_as_json_pointers() -> None:
    assert json_pointer(()) == "<root>"
    assert json_pointer(("a/b", 0, "c~d")) == "/a~1b/0/c~0d"


def test_equal_values_are_equal_text() -> None:
    assert (
        canonical_json({"b": 1, "a": "한"})
        == canonical_json({"a": "한", "b": 1})
        == '{"a":"한","b":1}'
    )
