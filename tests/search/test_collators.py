"""Entities to documents."""

from __future__ import annotations

from typing import Any

import pytest

from portal.search.documents import IndexableDocument
from portal.search.indexing.collators import collate
from portal.search.indexing.collators import plain
from tests.descriptors import entity


def one(entity: dict[str, Any]) -> IndexableDocument:
    (document,) = collate(entity)
    return document


def lib(**spec: Any) -> dict[str, Any]:
    return entity("Component", "Lib", spec)


def test_a_component_has_backstages_shape() -> None:
    document = one(lib(type="library", lifecycle="experimental", owner="user:guest"))
    assert document.type == "software-catalog"
    assert document.ref == "component:default/lib"
    assert document.fields == {
        "title": "Lib",
        "text": "",
        "componentType": "library",
        "type": "library",
        "namespace": "default",
        "kind": "Component",
        "lifecycle": "experimental",
        "owner": "user:guest",
        "location": "/catalog/default/component/lib",
        "authorization": {"resourceRef": "component:default/lib"},
    }


def test_what_is_missing_has_backstages_defaults() -> None:
    entity = lib()
    del entity["spec"]
    fields = one(entity).fields
    assert (fields["type"], fields["componentType"]) == ("other", "other")
    assert (fields["lifecycle"], fields["owner"]) == ("", "")


def test_a_location_is_lower_case_and_encoded() -> None:
    entity = lib()
    entity["metadata"] = {"name": "A b/ç", "namespace": "Team"}
    assert one(entity).fields["location"] == "/catalog/team/component/a%20b%2F%C3%A7"


def test_names_are_title_and_id() -> None:
    entity = lib()
    entity["metadata"]["title"] = "결제 서비스"
    names = [(name.text, name.rank) for name in one(entity).names]
    assert names == [("결제 서비스", "preferred"), ("Lib", "id")]
    assert one(entity).fields["title"] == "결제 서비스"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("User", "Writes : Guest User : guest@example.com"),
        ("Group", "Writes : Guest User"),
        ("System", "Writes"),
    ],
)
def test_people_are_described_by_their_profile(kind: str, text: str) -> None:
    profile = {"displayName": "Guest User", "email": "guest@example.com"}
    entity = lib(profile=profile) | {"kind": kind}
    entity["metadata"]["description"] = "Writes"
    assert one(entity).fields["text"] == text


CONCEPT: dict[str, Any] = {
    "apiVersion": "glossary/v1",
    "kind": "Concept",
    "metadata": {"name": "mlops", "title": "MLOps", "tags": ["ml"]},
    "spec": {
        "type": "methodology",
        "status": "approved",
        "owner": "group:default/stewards",
        "glossary": "lv3",
        "labels": {
            "ko": {
                "preferred": "엠엘옵스",
                "alternatives": ["머신러닝 운영"],
                "hidden": ["엠엘 옵스"],
            },
            "en": {"preferred": "Machine Learning Operations", "abbreviation": "MLOps"},
        },
        "text": {
            "en": {"summary": "Running models.", "overview": "One.\nTwo."},
            "ko": {
                "summary": "모델 운영.",
                "useCases": [{"title": "배포", "description": "**자동** 배포"}],
            },
        },
    },
}


def test_a_concept_is_a_glossary_document() -> None:
    document = one(CONCEPT)
    assert document.type == "glossary"
    assert document.ref == "concept:default/mlops"
    assert document.fields == {
        "title": "엠엘옵스",
        "text": "모델 운영.",
        "titles": {"ko": "엠엘옵스", "en": "Machine Learning Operations"},
        "summaries": {"ko": "모델 운영.", "en": "Running models."},
        "kind": "Concept",
        "namespace": "default",
        "name": "mlops",
        "type": "methodology",
        "componentType": "methodology",
        "lifecycle": "approved",
        "owner": "group:default/stewards",
        "tags": ["ml"],
        "location": "/catalog/default/concept/mlops",
        "authorization": {"resourceRef": "concept:default/mlops"},
    }


def test_a_concept_goes_by_the_labels_of_all_languages() -> None:
    assert {name.text: name.rank for name in one(CONCEPT).names} == {
        "엠엘옵스": "preferred",
        "머신러닝 운영": "alternative",
        "엠엘 옵스": "hidden",
        "Machine Learning Operations": "preferred",
        "MLOps": "abbreviation",
        "mlops": "id",
    }


def test_a_concept_is_searched_by_all_its_text() -> None:
    body = one(CONCEPT).body
    assert {
        "모델 운영.",
        "Running models.",
        "One.",
        "Two.",
        "배포",
        "자동 배포",
    } <= set(body)


def test_a_concept_without_texts_still_is_a_document() -> None:
    entity = CONCEPT | {"spec": {"type": "x"}}
    document = one(entity)
    assert document.fields["title"] == "MLOps"
    assert document.fields["text"] == ""


def test_markdown_marks_are_no_text() -> None:
    text = "# Head\n- **bold** `code` _it_\n> [link](http://x/y) a_b 2 * 3\n```py\nx\n```"
    assert plain(text).split() == "Head bold code it link a_b 2 3 x".split()
