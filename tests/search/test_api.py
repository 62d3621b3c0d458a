"""Search over HTTP: Backstage's shape, and what it may have more of when asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MakePortal

CONCEPTS = Path(__file__).parents[2] / "catalog"
COMPONENT = {
    "apiVersion": "backstage.io/v1alpha1",
    "kind": "Component",
    "metadata": {"name": "kafka-gateway", "description": "Forwards events."},
    "spec": {"type": "service", "lifecycle": "production", "owner": "team-a"},
}


@pytest.fixture(scope="module", params=["whoosh", "sqlite"])
def get(request: pytest.FixtureRequest, make_shared_portal: MakePortal) -> Callable[..., Any]:
    """Ask a portal that holds two concepts and a component."""
    names = ("circuit-breaker", "apache-kafka")
    texts = [(CONCEPTS / name / "catalog-info.yaml").read_text() for name in names]
    content = "\n---\n".join([*texts, json.dumps(COMPONENT)])
    portal = make_shared_portal({"catalog-info.yaml": content}, search_engine=request.param)

    def ask(path: str, status: int = 200, **query: Any) -> Any:
        answer = portal.client.get(f"/api/search/{path}", query_string=query)
        assert answer.status_code == status, answer.text
        return answer.json

    return ask


def test_nothing_is_added_to_the_answer_unless_it_was_asked_for(get: Callable[..., Any]) -> None:
    for term in ("kafka", "캬프카"):
        answer = get("query", term=term)
        assert answer.keys() == {"numberOfResults", "results"}
        assert all(
            result.keys() <= {"type", "document", "rank", "highlight"}
            for result in answer["results"]
        )


def test_a_result_tells_why_it_was_found(get: Callable[..., Any]) -> None:
    first = get("query", term="zkvmzk", explain="true")["results"][0]
    assert first["document"]["location"] == "/catalog/default/concept/apache-kafka"
    assert first["explanation"]["tier"] == "prefix"
    assert first["explanation"]["name"] == "카프카"
    assert first["explanation"]["reading"] == "keyboard"
    assert first["explanation"]["readAs"] == "카프카"


def test_a_synonym_is_named(get: Callable[..., Any]) -> None:
    first = get("query", term="회로 차단기", explain="true")["results"][0]
    assert (first["explanation"]["tier"], first["explanation"]["name"]) == ("name", "회로 차단기")


def test_near_misses_come_with_a_suggestion(get: Callable[..., Any]) -> None:
    answer = get("query", term="캬프카", explain="true")
    assert answer["suggestion"] == "카프카"
    assert answer["results"][0]["explanation"]["edits"] == 1
    assert "suggestion" not in get("query", term="kafka", explain="true")


def test_names_are_completed_concepts_first(get: Callable[..., Any]) -> None:
    suggestions = get("suggest", term="kaf")["suggestions"]
    assert [(one["name"], one["location"], one["how"]) for one in suggestions] == [
        ("Kafka", "/catalog/default/concept/apache-kafka", "prefix"),
        ("kafka-gateway", "/catalog/default/component/kafka-gateway", "prefix"),
    ]
    assert suggestions[1]["ref"] == "component:default/kafka-gateway"


def test_completion_can_be_narrowed(get: Callable[..., Any]) -> None:
    assert len(get("suggest", term="kaf", limit=1)["suggestions"]) == 1
    (one,) = get("suggest", term="kaf", types="software-catalog")["suggestions"]
    assert one["type"] == "software-catalog"
    assert get("suggest", term="")["suggestions"] == []
    assert get("suggest")["suggestions"] == []


@pytest.mark.parametrize(
    "query",
    [{"term": "x" * 101}, {"limit": 101}, {"limit": "x"}, {"types": "pages"}, {"unknown": "1"}],
)
def test_completion_is_bounded(get: Callable[..., Any], query: dict[str, Any]) -> None:
    assert get("suggest", 400, **{"term": "kaf", **query})["error"]["name"] == "InputError"


def test_explain_is_true_or_false(get: Callable[..., Any]) -> None:
    assert get("query", 400, term="kafka", explain="maybe")["error"]["name"] == "InputError"


@pytest.mark.parametrize("path", ["query?term=kafka", "suggest?term=kafka"])
def test_an_index_that_was_not_built_is_told(make_portal: MakePortal, path: str) -> None:
    portal = make_portal({"catalog-info.yaml": json.dumps(COMPONENT)}, sync=False)
    answer = portal.client.get(f"/api/search/{path}&types=techdocs")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.get_json()["error"]["name"] == "MissingIndexError"
