"""Concepts are found by what is said around, instead of, and nearly like their names."""

from __future__ import annotations

from typing import Any

import pytest

from portal.search.documents import IndexableDocument
from portal.search.documents import Name
from portal.search.documents import SearchEngine
from portal.search.documents import SearchQuery
from portal.search.documents import Tool


def concept(name: str, *names: str, body: str = "", **more: Any) -> IndexableDocument:
    """Return a concept that has ``names``."""
    fields = {"title": names[0], "text": "", "kind": "Concept", "name": name}
    labels = (*(Name(one, "preferred") for one in names), Name(name, "id"))
    return IndexableDocument("glossary", f"concept:default/{name}", fields, labels, (body,), **more)


def page(anchor: str, title: str, text: str) -> IndexableDocument:
    """Return a section of documentation."""
    ref = f"component:default/docs#{anchor}"
    return IndexableDocument(
        "techdocs", ref, {"title": title, "text": text}, (Name(title, "preferred"),)
    )


def component(name: str, text: str = "") -> IndexableDocument:
    """Return a component."""
    fields = {"title": name, "text": text, "kind": "Component"}
    return IndexableDocument(
        "software-catalog", f"component:default/{name}", fields, (Name(name, "preferred"),)
    )


DOCUMENTS = (
    concept(
        "circuit-breaker",
        "서킷 브레이커 패턴",
        "서킷 브레이커",
        "circuit breaker",
        body="실패가 이어지면 호출을 막는다.",
        symptoms=(
            "외부 서비스가 느려지면 우리까지 같이 멈춰요",
            "a dead backend takes the whole shop down",
        ),
        tools=(
            Tool("opossum", "dependency"),
            Tool("resilience4j-circuitbreaker", "dependency"),
            Tool("@fastify/circuit-breaker", "dependency"),
        ),
    ),
    concept(
        "data-warehouse",
        "데이터 웨어하우스",
        "data warehouse",
        body="분석에 쓰는 저장소.",
        symptoms=(
            "회의마다 매출 숫자가 팀마다 달라요",
            "every team brings another revenue figure",
        ),
        tools=(Tool("dbt_project.yml", "file"), Tool("snowflake.connector", "import")),
    ),
    concept("feature-store", "피처 스토어", "feature store", body="모델의 입력값을 보관한다."),
    concept("apache-kafka", "Apache Kafka", "카프카", "Kafka", body="이벤트를 흘려보낸다."),
    concept("idempotency", "멱등성", "멱등", "idempotency", body="여러 번 해도 같다."),
    concept("mlops", "MLOps", "머신러닝 옵스", "machine learning ops", body="모델을 운영한다."),
    concept(
        "platform-engineering",
        "플랫폼 엔지니어링",
        "platform engineering",
        body="길을 닦는다.",
    ),
    page("slips", "Slips", "Type platfrom enginering or abakus and see what is found."),
    page("why", "Why bother with a data warehouse at all", "Because figures differ."),
    page("quotes", "Quotes", "서킷 브레이커를 여는 시점과 그 이유를 적은 글."),
    component("abacus", "Counts payments."),
    component("feature-store-loader"),
)


def found(engine: SearchEngine, text: str, **query: Any) -> list[str]:
    """Return the names of what is found, in order."""
    return [hit.ref.rpartition("/")[2] for hit in engine.search(SearchQuery(text, **query)).hits]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("피처 스토어를 꼭 써야 하는 이유", "feature-store"),
        ("why bother with a data warehouse at all", "data-warehouse"),
        ("서킷 브레이커를 여는 시점과 이유", "circuit-breaker"),
        ("서킷브레이커 없이 살 수 있나요", "circuit-breaker"),
        ("our circut breaker is never closed again", "circuit-breaker"),
        ("요즘 데이터 웨어하우즈 뭐 써요", "data-warehouse"),
        ("platfrom enginering", "platform-engineering"),
        ("what is platfrom enginering good for", "platform-engineering"),
        ("feature store feature-store-loader", "feature-store"),
    ],
)
def test_a_concept_that_is_named_comes_first_whatever_stands_around_it(
    engine: SearchEngine, typed: str, name: str
) -> None:
    assert found(engine, typed)[0] == name


def test_grammar_words_between_two_words_of_a_name_make_it_no_name(engine: SearchEngine) -> None:
    hits = engine.search(SearchQuery("copy data into the warehouse")).hits
    assert "mention" not in {hit.tier for hit in hits}


def test_an_entity_whose_name_is_typed_comes_before_a_concept_inside_it(
    engine: SearchEngine,
) -> None:
    assert found(engine, "feature-store-loader")[:2] == ["feature-store-loader", "feature-store"]


def test_a_page_with_the_very_slip_does_not_hide_what_is_meant(engine: SearchEngine) -> None:
    assert found(engine, "abakus") == ["docs#slips", "abacus"]
    answer = engine.search(SearchQuery("platfrom enginering", explain=True))
    assert (answer.suggestion, answer.hits[0].tier) == ("platform engineering", "near")
    assert [hit.type for hit in answer.hits] == ["glossary", "techdocs"]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("카프카클러스터", "apache-kafka"),
        ("서킷브레이커설정", "circuit-breaker"),
        ("사내카프카운영", "apache-kafka"),
        ("멱등키", "idempotency"),
        ("멱등화", "idempotency"),
        ("피처스토어팀", "feature-store"),
        ("데이터웨어하우스기반", "data-warehouse"),
        ("kafkacluster", "apache-kafka"),
        ("featurestoreteam", "feature-store"),
    ],
)
def test_a_name_with_something_glued_to_it_is_found(
    engine: SearchEngine, typed: str, name: str
) -> None:
    (hit, *_) = engine.search(SearchQuery(typed, explain=True)).hits
    assert (hit.ref, hit.tier) == (f"concept:default/{name}", "mention")
    assert hit.explanation is not None
    assert hit.explanation.name


@pytest.mark.parametrize("typed", ["멱등은행사무소장", "kaf", "xopsx"])
def test_a_short_name_inside_a_long_unknown_word_is_chance(
    engine: SearchEngine, typed: str
) -> None:
    hits = engine.search(SearchQuery(typed)).hits
    assert "mention" not in {hit.tier for hit in hits}


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("데잍", "data-warehouse"),
        ("멱드", "idempotency"),
        ("멱듷", "idempotency"),
        ("카ㅍ", "apache-kafka"),
        ("서킷 ㅂ", "circuit-breaker"),
        ("피처 스톨", "feature-store"),
        ("플랫폼 엔짇", "platform-engineering"),
    ],
)
def test_half_typed_syllables_find_what_is_being_typed(
    engine: SearchEngine, typed: str, name: str
) -> None:
    assert found(engine, typed, types=("glossary",))[:1] == [name]


def test_half_typed_syllables_are_completed(engine: SearchEngine) -> None:
    assert [one.name for one in engine.suggest("데잍")] == ["데이터 웨어하우스"]
    assert [one.name for one in engine.suggest("서킷 ㅂ")] == ["서킷 브레이커 패턴"]


@pytest.mark.parametrize(
    ("typed", "name", "tool", "role"),
    [
        ("opossum", "circuit-breaker", "opossum", "a library that implements it"),
        ("opossum 설정", "circuit-breaker", "opossum", "a library that implements it"),
        (
            "resilience4j",
            "circuit-breaker",
            "resilience4j-circuitbreaker",
            "a library that implements it",
        ),
        ("dbt_project.yml", "data-warehouse", "dbt_project.yml", "a file of what implements it"),
        ("snowflake", "data-warehouse", "snowflake.connector", "code that implements it"),
    ],
)
def test_a_tool_leads_to_its_concept_and_says_so(
    engine: SearchEngine, typed: str, name: str, tool: str, role: str
) -> None:
    (hit, *_) = engine.search(SearchQuery(typed, explain=True)).hits
    assert hit.ref == f"concept:default/{name}"
    assert hit.explanation is not None
    assert hit.explanation.tools == ((tool, role),)
    assert "".join(piece for piece, _ in hit.highlights["text"]) == f"{tool}: {role}"


def test_words_that_say_how_a_tool_is_packed_lead_nowhere(engine: SearchEngine) -> None:
    assert found(engine, "connector") == []
    assert found(engine, "yml project") == []


def test_a_compound_of_a_known_name_is_a_near_miss_that_says_so(engine: SearchEngine) -> None:
    answer = engine.search(SearchQuery("DataOps", explain=True))
    (hit,) = answer.hits
    assert (hit.ref, hit.tier) == ("concept:default/mlops", "near")
    assert hit.explanation is not None
    assert (hit.explanation.reading, hit.explanation.name) == ("compound", "machine learning ops")
    assert answer.suggestion == "MLOps"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("외부 업체가 느려지면 우리 앱까지 멈춥니다", "circuit-breaker"),
        ("the whole shop was down because of one dead backend", "circuit-breaker"),
        ("팀마다 매출 숫자가 다르다고 회의에서 싸워요", "data-warehouse"),
        ("each team has another revenue figure in every meeting", "data-warehouse"),
    ],
)
def test_a_problem_in_own_words_finds_the_concept_with_such_symptoms(
    engine: SearchEngine, typed: str, name: str
) -> None:
    assert found(engine, typed)[0] == name


def test_one_everyday_word_of_a_symptom_is_no_evidence(engine: SearchEngine) -> None:
    assert found(engine, "회의 일정") == []
    assert found(engine, "shop opening") == []


def test_words_that_are_neighbours_in_a_text_beat_words_that_are_scattered(
    own_engine: SearchEngine,
) -> None:
    scattered = "키를 다시 쓴다. 큐는 없다. 중복 메시지도 없다. 메시지 중복."
    own_engine.update(
        2,
        [
            concept("scattered", "흩어짐", body="메시지가 온다. 그리고 잠시 뒤 아주 오래된 큐."),
            concept("together", "나란함", body="메시지 큐를 쓴다. 그리고 잠시 뒤 아주 오래된 것."),
            concept("other", "그 밖", body=scattered),
        ],
        [],
    )
    assert found(own_engine, "메시지 큐", types=("glossary",))[0] == "together"


def test_offtopic_sentences_find_nothing_in_any_type(engine: SearchEngine) -> None:
    for text in ("tax return deadline", "회의실 예약 방법", "train times to berlin"):
        assert found(engine, text) == []
