"""What every search engine does, whatever it is made of."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from portal.kernel.errors import MissingIndexError
from portal.search.documents import IndexableDocument
from portal.search.documents import Name
from portal.search.documents import SearchEngine
from portal.search.documents import SearchQuery
from portal.search.documents import Suggestion
from tests.search_engines import NAMES
from tests.search_engines import Engines
from tests.search_engines import MakeEngine


def term(name: str, title: str, *names: str, text: str = "", body: str = "") -> IndexableDocument:
    """Return a document of the glossary."""
    fields = {"title": title, "text": text, "kind": "Concept", "name": name}
    all_names = (
        Name(title, "preferred"),
        *(Name(n, "alternative") for n in names),
        Name(name, "id"),
    )
    return IndexableDocument("glossary", f"concept:default/{name}", fields, all_names, (body,))


def software(name: str, text: str = "", **fields: Any) -> IndexableDocument:
    """Return a document of the software catalog."""
    fields = {"title": name, "text": text, "kind": "Component", **fields}
    names = (Name(name, "preferred"),)
    return IndexableDocument("software-catalog", f"component:default/{name.lower()}", fields, names)


DOCUMENTS = (
    term(
        "circuit-breaker",
        "서킷 브레이커 패턴",
        "서킷 브레이커",
        "회로 차단기",
        "Circuit Breaker",
        text="장애가 다른 서비스로 전파되는 것을 막는 패턴.",
        body="호출 실패가 이어지면 회로를 열어 연쇄 장애를 막는다. Fault tolerance.",
    ),
    term(
        "apache-kafka",
        "아파치 카프카",
        "카프카",
        "Apache Kafka",
        text="분산 이벤트 스트리밍 플랫폼.",
        body="프로듀서가 토픽에 이벤트를 발행하고 컨슈머가 구독한다.",
    ),
    term("mlops", "MLOps", "머신러닝 운영", text="머신러닝을 운영하는 방법론."),
    term("tech-lead", "테크 리드", "Tech Lead", text="팀을 이끄는 엔지니어."),
    software(
        "kafka-gateway",
        "Forwards events.",
        lifecycle="production",
        tags=["java", "Kafka"],
    ),
    software("Abacus", "Counts payments.", lifecycle="experimental"),
    software("team-payments", "The people behind it.", kind="Group"),
)


@pytest.fixture(params=NAMES)
def make(request: pytest.FixtureRequest, engines: Engines) -> MakeEngine:
    """How an engine is made."""
    return engines[request.param]


def found(engine: SearchEngine, text: str, **query: Any) -> list[str]:
    """Return the names of what is found, in order."""
    hits = engine.search(SearchQuery(text, **query)).hits
    return [hit.ref.rpartition("/")[2] for hit in hits]


def first(engine: SearchEngine, text: str) -> tuple[str, str]:
    """Return the name of the best hit and the rule that found it."""
    hit = engine.search(SearchQuery(text)).hits[0]
    return hit.ref.rpartition("/")[2], hit.tier


@pytest.mark.parametrize(
    ("typed", "name", "tier"),
    [
        ("서킷 브레이커", "circuit-breaker", "name"),
        ("서킷브레이커", "circuit-breaker", "name"),
        ("circuit-breaker", "circuit-breaker", "name"),
        ("CircuitBreaker", "circuit-breaker", "name"),
        ("테크 리드란?", "tech-lead", "name"),
        ("ＣｉｒｃｕｉｔＢｒｅａｋｅｒ", "circuit-breaker", "name"),
        ("Circuit\u3000Breaker", "circuit-breaker", "name"),
        ("\ufeff서킷\u200b 브레이커\u200b", "circuit-breaker", "name"),
        ("\u1109\u110f\u1107\u1105\u110b\u110f", "circuit-breaker", "prefix"),
        ("ﾵﾻﾲﾩﾷﾻ", "circuit-breaker", "prefix"),
        ("서킷 브", "circuit-breaker", "prefix"),
        ("circ", "circuit-breaker", "prefix"),
        ("abac", "abacus", "prefix"),
        ("zkvmzk", "apache-kafka", "prefix"),
        ("ㅡㅣㅐㅔㄴ", "mlops", "prefix"),
        ("ㅅㅋㅂㄹㅇㅋ", "circuit-breaker", "prefix"),
        ("ㅋㅍㅋ", "apache-kafka", "prefix"),
        ("ㅌㅋ ㄹㄷ", "tech-lead", "prefix"),
        ("ㅋㅍㅋ ㅌ", "apache-kafka", "prefix"),
        ("차단기", "circuit-breaker", "name words"),
        ("breakers", "circuit-breaker", "name words"),
        ("카프카 토픽을 구독하는", "apache-kafka", "mention"),
        ("연쇄장애", "circuit-breaker", "text"),
        ("서킷 브레이커를 여는 기준", "circuit-breaker", "mention"),
        ("토픽을 구독하는", "apache-kafka", "text"),
        ("캬프카", "apache-kafka", "near"),
        ("circiut braker", "circuit-breaker", "near"),
        ("abakus", "abacus", "near"),
    ],
)
def test_what_is_meant_comes_first(engine: SearchEngine, typed: str, name: str, tier: str) -> None:
    assert first(engine, typed) == (name, tier)


@pytest.mark.parametrize(
    "typed",
    [
        "qwzxv plmkt",
        "양자 컴퓨터 큐비트",
        "ㅂㅈㄷㄱ",
        "???",
        "the of",
        "\x00",
        "*",
        "a" * 5_000,
    ],
)
def test_nonsense_finds_nothing(engine: SearchEngine, typed: str) -> None:
    result = engine.search(SearchQuery(typed))
    assert (result.total, result.hits) == (0, ())


@pytest.mark.parametrize(
    "typed",
    [
        "kind:Group",
        "title:* OR *",
        "(((",
        "kafka~9",
        "[a TO z]",
        '"open',
        "-kafka",
        "서 " * 300,
    ],
)
def test_a_query_is_words_and_no_language(engine: SearchEngine, typed: str) -> None:
    engine.search(SearchQuery(typed))


def test_tech_is_not_team(engine: SearchEngine) -> None:
    assert found(engine, "tech") == ["tech-lead"]
    assert found(engine, "tech", types=("software-catalog",)) == []


def test_a_rule_beats_the_type_and_the_glossary_comes_first_within_a_rule(
    own_engine: SearchEngine,
) -> None:
    assert found(own_engine, "kafka") == ["kafka-gateway", "apache-kafka"]
    assert found(own_engine, "apache kafka") == ["apache-kafka", "kafka-gateway"]
    assert found(own_engine, "Kafk")[0] == "kafka-gateway"
    own_engine.update(8, [software("Kafka"), term("kafka", "Kafka")], [])
    hits = own_engine.search(SearchQuery("kafka")).hits
    assert [hit.type for hit in hits[:2]] == ["glossary", "software-catalog"]


def test_near_misses_are_shown_only_when_no_type_has_better(
    own_engine: SearchEngine,
) -> None:
    own_engine.update(8, [software("카프커")], [])
    assert found(own_engine, "카프카") == ["apache-kafka"]
    assert found(own_engine, "카프카", types=("software-catalog",)) == ["카프커"]


def test_an_empty_query_finds_everything_by_name(engine: SearchEngine) -> None:
    assert engine.search(SearchQuery()).total == len(DOCUMENTS)
    assert found(engine, " ", types=("software-catalog",)) == [
        "abacus",
        "kafka-gateway",
        "team-payments",
    ]


def test_pages_are_slices_of_one_order(engine: SearchEngine) -> None:
    for text in ("", "kafka", "서비스 패턴 팀 머신러닝"):
        whole = found(engine, text)
        assert [found(engine, text, offset=at, limit=1) for at in range(len(whole))] == [
            [name] for name in whole
        ]
        assert found(engine, text, offset=len(whole)) == []
        assert engine.search(SearchQuery(text, limit=0)).total == len(whole)


def test_types_choose_where_to_look(engine: SearchEngine) -> None:
    assert found(engine, "kafka", types=("glossary",)) == ["apache-kafka"]
    assert found(engine, "kafka", types=("techdocs",)) == []


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"kind": ("group",)}, ["team-payments"]),
        ({"kind": ("GROUP", "concept"), "name": ("mlops",)}, ["mlops"]),
        ({"lifecycle": ("production", "experimental")}, ["abacus", "kafka-gateway"]),
        ({"tags": ("kafka",)}, ["kafka-gateway"]),
        ({"tags": ("java",), "kind": ("Group",)}, []),
        ({"kind": ("Comp",)}, []),
        ({"nothing": ("x",)}, []),
        ({"kind": ()}, []),
    ],
)
def test_filters(
    engine: SearchEngine, filters: dict[str, tuple[str, ...]], names: list[str]
) -> None:
    assert found(engine, "", filters=filters) == names
    assert engine.search(SearchQuery(filters=filters)).total == len(names)


def test_filters_narrow_a_search(engine: SearchEngine) -> None:
    assert found(engine, "kafka", filters={"kind": ("component",)}) == ["kafka-gateway"]


def test_hits_carry_the_fields_and_what_matched(engine: SearchEngine) -> None:
    (hit,) = engine.search(SearchQuery("abac")).hits
    assert hit.fields == DOCUMENTS[5].fields
    assert hit.highlights == {"title": (("Abac", True), ("us", False))}


def test_matches_are_marked_in_the_text_as_written(engine: SearchEngine) -> None:
    (hit,) = engine.search(SearchQuery("서비스 전파")).hits
    marked = [piece for piece, matches in hit.highlights["text"] if matches]
    assert marked == ["서비스", "전파"]
    assert "".join(piece for piece, _ in hit.highlights["text"]) == hit.fields["text"]


def test_a_passage_of_a_term_is_shown_when_its_text_has_no_match(
    engine: SearchEngine,
) -> None:
    (hit,) = engine.search(SearchQuery("토픽 구독", types=("glossary",))).hits
    assert ("토픽", True) in hit.highlights["text"]


def test_related_terms_are_found_however_a_name_is_spaced(
    own_engine: SearchEngine,
) -> None:
    own_engine.update(8, [term("retry", "재시도", text="서킷 브레이커와 함께 쓴다.")], [])
    assert found(own_engine, "서킷브레이커") == ["circuit-breaker", "retry"]


def test_a_long_text_is_cut_to_its_matches(own_engine: SearchEngine) -> None:
    text = "lead-in " * 100 + "zebra crossing " + "tail " * 100
    own_engine.update(8, [software("long", text)], [])
    (hit,) = own_engine.search(SearchQuery("zebra")).hits
    pieces = hit.highlights["text"]
    assert ("zebra", True) in pieces
    assert len("".join(piece for piece, _ in pieces)) <= 210
    assert pieces[0][0] == pieces[-1][0] == "…"


def test_hidden_names_are_found_and_never_shown(own_engine: SearchEngine) -> None:
    names = (Name("Data Warehouse", "preferred"), Name("데이타웨어하우스", "hidden"))
    fields = {"title": "Data Warehouse", "text": ""}
    own_engine.update(8, [IndexableDocument("glossary", "concept:default/dw", fields, names)], [])
    assert first(own_engine, "데이타 웨어하우스") == ("dw", "name")
    assert found(own_engine, "데이타") == []
    assert "데이타" not in repr(own_engine.search(SearchQuery("데이타 웨어하우스")))


def test_an_update_adds_replaces_and_removes(own_engine: SearchEngine) -> None:
    changed = [software("Abacus", "Now a zebra."), software("brand-new")]
    own_engine.update(8, changed, ["concept:default/mlops", "component:default/not-there"])
    assert own_engine.generation == 8
    assert found(own_engine, "zebra") == ["abacus"]
    assert found(own_engine, "Counts") == []
    assert found(own_engine, "brand") == ["brand-new"]
    assert found(own_engine, "mlops") == []
    assert own_engine.search(SearchQuery()).total == len(DOCUMENTS)


def test_an_update_without_documents_moves_the_generation(own_engine: SearchEngine) -> None:
    own_engine.update(9, [], ["component:default/not-there"])
    assert own_engine.generation == 9
    assert own_engine.search(SearchQuery()).total == len(DOCUMENTS)


def test_what_changed_and_was_removed_too_stays(own_engine: SearchEngine) -> None:
    own_engine.update(8, [software("Abacus")], ["component:default/abacus"])
    assert found(own_engine, "abacus") == ["abacus"]


def test_an_update_may_bring_a_type_of_its_own(own_engine: SearchEngine) -> None:
    fields = {"title": "Runbook", "text": "How to restart."}
    own_engine.update(8, [IndexableDocument("techdocs", "component:default/abacus", fields)], [])
    assert [hit.type for hit in own_engine.search(SearchQuery("restart")).hits] == ["techdocs"]
    assert found(own_engine, "abacus") == ["abacus"]


def test_many_updates_leave_the_index_right(own_engine: SearchEngine) -> None:
    for number in range(12):
        own_engine.update(8 + number, [software("Abacus", f"round{number}")], [])
    assert found(own_engine, "round11") == ["abacus"]
    assert own_engine.search(SearchQuery()).total == len(DOCUMENTS)


def test_types_can_be_updated_apart_and_together(own_engine: SearchEngine) -> None:
    own_engine.update(8, [term("etl", "ETL")], [])
    own_engine.update(9, [software("etl-job"), term("etl", "ETL", "추출 변환 적재")], [])
    own_engine.update(10, [software("etl-job")], ["concept:default/mlops"])
    assert own_engine.generation == 10
    assert found(own_engine, "etl") == ["etl", "etl-job"]


def test_a_rebuild_replaces_everything(own_engine: SearchEngine) -> None:
    own_engine.rebuild(3, [software("only-one")])
    assert own_engine.generation == 3
    assert found(own_engine, "") == ["only-one"]


def test_a_failing_rebuild_leaves_the_old_index(own_engine: SearchEngine) -> None:
    def documents() -> Any:
        yield software("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        own_engine.rebuild(8, documents())
    assert own_engine.generation == 1
    assert found(own_engine, "abacus") == ["abacus"]


def test_an_index_of_nothing_is_an_index(own_engine: SearchEngine) -> None:
    own_engine.rebuild(1, [])
    assert own_engine.generation == 1
    assert own_engine.search(SearchQuery()).total == 0


def test_an_index_that_was_not_built_is_missing(make: MakeEngine, tmp_path: Path) -> None:
    engine = make(tmp_path / "none")
    assert engine.generation == -1
    with pytest.raises(MissingIndexError):
        engine.search(SearchQuery("kafka"))
    with pytest.raises(MissingIndexError):
        engine.update(1, [], [])


def test_another_engine_on_the_same_folder_reads_what_was_written(
    make: MakeEngine, tmp_path: Path
) -> None:
    writer, reader = make(tmp_path / "index"), make(tmp_path / "index")
    assert reader.generation == -1
    writer.rebuild(7, DOCUMENTS)
    assert found(reader, "abacus") == ["abacus"]
    writer.update(8, [], ["component:default/abacus"])
    assert found(reader, "abacus") == []
    writer.rebuild(9, [software("new")])
    assert (reader.generation, found(reader, "")) == (9, ["new"])


def test_threads_read_while_one_writes(own_engine: SearchEngine) -> None:
    wrong: list[Any] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                names = found(own_engine, "abacus marker", types=("software-catalog",))
                if names != ["abacus"]:
                    wrong.append(names)
            except Exception as error:  # noqa: BLE001  whatever it is, it is wrong
                wrong.append(error)

    own_engine.update(8, [software("Abacus", "marker")], [])
    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(10):
        own_engine.update(9 + number, [software("Abacus", f"marker {number}")], [])
    own_engine.rebuild(99, [software("Abacus", "marker")])
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []


# Why, and what else


def why(engine: SearchEngine, text: str) -> Any:
    """Return the best hit's explanation."""
    return engine.search(SearchQuery(text, explain=True)).hits[0].explanation


def test_nobody_who_did_not_ask_is_told_why(engine: SearchEngine) -> None:
    assert engine.search(SearchQuery("kafka")).hits[0].explanation is None


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("회로 차단기", {"name": "회로 차단기", "reading": "", "read_as": "", "edits": 0}),
        ("서킷 브", {"name": "서킷 브레이커 패턴", "reading": ""}),
        ("zkvmzk", {"name": "카프카", "reading": "keyboard", "read_as": "카프카"}),
        ("ㅡㅣㅐㅔㄴ", {"name": "MLOps", "reading": "keyboard", "read_as": "mlops"}),
        ("ㅅㅋㅂㄹㅇㅋ", {"reading": "initials", "read_as": "서킷 브레이커 패턴"}),
        ("캬프카", {"name": "카프카", "reading": "spelling", "edits": 1}),
        ("토픽 구독", {"name": "", "matches": {"body": ("토픽에", "구독한다")}}),
    ],
)
def test_hits_say_why_they_were_found(
    engine: SearchEngine, typed: str, expected: dict[str, Any]
) -> None:
    told = why(engine, typed)
    assert {key: getattr(told, key) for key in expected} == expected


def test_other_forms_of_a_word_are_told(engine: SearchEngine) -> None:
    told = why(engine, "서비스를 막으려면 폴트 톨러런스")
    assert told.related == (("톨러런스", "tolerance"),)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("캬프카", "카프카"),
        ("circiut braker", "Circuit Breaker"),
        ("abakus", "Abacus"),
        ("kafka", ""),
        ("qwzxv plmkt", ""),
    ],
)
def test_near_misses_come_with_what_was_probably_meant(
    engine: SearchEngine, typed: str, meant: str
) -> None:
    assert engine.search(SearchQuery(typed)).suggestion == meant


def suggested(engine: SearchEngine, *asked: Any) -> list[tuple[str, str]]:
    """Return the names suggested and how they were found."""
    return [(one.name, one.how) for one in engine.suggest(*asked)]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("kaf", [("Kafka", "prefix"), ("kafka-gateway", "prefix")]),
        ("브레", [("서킷 브레이커 패턴", "inside")]),
        ("gate", [("kafka-gateway", "inside")]),
        ("ㅋㅍ", [("카프카", "initials")]),
        ("ㅋㅍ".translate({0x314B: 0x110F, 0x314D: 0x1111}), [("카프카", "initials")]),
        ("ｋａｆ", [("Kafka", "prefix"), ("kafka-gateway", "prefix")]),
        ("zkvm", [("카프카", "keyboard")]),
        ("데이타", []),
        ("", []),
        ("qwz", []),
    ],
)
def test_names_are_suggested_while_they_are_typed(
    own_engine: SearchEngine, typed: str, names: list[tuple[str, str]]
) -> None:
    kafka = term("apache-kafka", "아파치 카프카", "카프카", "Kafka")
    hidden = IndexableDocument(
        "glossary",
        "concept:default/dw",
        {"title": "DW"},
        (Name("데이타", "hidden"), Name("DW", "id")),
    )
    own_engine.update(8, [kafka, hidden], [])
    assert suggested(own_engine, typed) == names


def test_suggestions_have_a_limit_a_type_and_what_to_show(engine: SearchEngine) -> None:
    assert len(engine.suggest("a", 1)) == 1
    assert engine.suggest("a", 0) == ()
    (one,) = engine.suggest("abac", 10, ("software-catalog",))
    assert one == Suggestion(
        "Abacus", "software-catalog", "component:default/abacus", DOCUMENTS[5].fields, "prefix"
    )
    assert engine.suggest("abac", 10, ("glossary",)) == ()
