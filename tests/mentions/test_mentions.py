"""Which concepts a text mentions, against the glossary this repository comes with."""

from __future__ import annotations

import sys
import unicodedata
from functools import cache
from pathlib import Path

import pytest
import yaml

from portal.glossary.integrity import labels_of
from portal.mentions.finding import find_mentions
from portal.mentions.vocabulary import Node
from portal.mentions.vocabulary import vocabulary_of

CATALOG = Path(__file__).parents[2] / "catalog"


@cache
def glossary() -> tuple[Node, frozenset[str]]:
    """Return the vocabulary of our own glossary, and the refs of its concepts."""
    found = {}
    for path in CATALOG.glob("*/catalog-info.yaml"):
        for entity in yaml.safe_load_all(path.read_text()):
            if entity["kind"] == "Concept":
                found[f"concept:default/{entity['metadata']['name']}"] = entity
    labels = (label for ref, entity in found.items() for label in labels_of(ref, entity))
    return vocabulary_of(labels), frozenset(found)


def found_in(text: str, format_: str = "plain", *, once: bool = False) -> list[str]:
    """Return ``written=concept`` for each mention."""
    vocabulary, refs = glossary()
    return [
        f"{text[match.start : match.end]}={match.term.ref.rpartition('/')[2]}"
        for match in find_mentions(text, format_, vocabulary, refs, once)
    ]


# --- words -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("카프카를 씁니다", ["카프카=apache-kafka"]),
        ("Kafka를 KAFKA에서", ["Kafka=apache-kafka", "KAFKA=apache-kafka"]),
        ("테크 리드는 테크 리드가", ["테크 리드=tech-lead"] * 2),
        ("피처스토어인데", ["피처스토어=feature-store"]),
        ("서킷 브레이커에서만은", ["서킷 브레이커=circuit-breaker"]),
        ("서킷 브레이커 패턴입니다", ["서킷 브레이커 패턴=circuit-breaker"]),
        ("ETL파이프라인을", ["ETL파이프라인=etl"]),
        (
            "circuit breakers and data warehouses",
            ["circuit breakers=circuit-breaker", "data warehouses=data-warehouse"],
        ),
        (
            "a Circuit-Breaker, a circuit_breaker",
            ["Circuit-Breaker=circuit-breaker", "circuit_breaker=circuit-breaker"],
        ),
        ("a circuit\n  breaker", ["circuit\n  breaker=circuit-breaker"]),
        ("Kafka-based, not Kafka", ["Kafka=apache-kafka"] * 2),
        ("Kafka's (ETL)", ["Kafka=apache-kafka", "ETL=etl"]),
        ("our DW", ["DW=data-warehouse"]),
        ("ＫＡＦＫＡ", ["ＫＡＦＫＡ=apache-kafka"]),
        ("카프\u200b카", ["카프\u200b카=apache-kafka"]),
        ("추출/변환/적재와 E.T.L.", ["추출/변환/적재=etl", "E.T.L=etl"]),
    ],
)
def test_a_term_is_found_as_it_is_written(text: str, expected: list[str]) -> None:
    assert found_in(text) == expected


def test_decomposed_syllables_are_those_they_make() -> None:
    text = unicodedata.normalize("NFD", "서킷 브레이커를 보라")

    assert found_in(text) == [f"{unicodedata.normalize('NFD', '서킷 브레이커')}=circuit-breaker"]


@pytest.mark.parametrize(
    "text",
    [
        "테크 리드십",
        "테크 리더십",
        "tech leadership",
        "Kafkaesque",
        "카프카스럽다면서요",
        "kafka-python and spring-kafka",
        "org.apache.kafka.clients and kafka.clients",
        "https://kafka.apache.org and docs/kafka/etl",
        "./etl/run and etl.py and etl() and @etl",
        "concept:default/etl and kafka:9092",
        "the dw of it, tl; and TL or IDP",
        "circuit\n\nbreaker",
        "circuit. breaker",
    ],
)
def test_a_part_of_another_word_a_name_or_an_address_is_no_term(text: str) -> None:
    assert found_in(text) == []


def test_the_longest_term_wins_and_mentions_do_not_overlap() -> None:
    text = "machine learning operations, 아파치 카프카"

    assert found_in(text) == ["machine learning operations=mlops", "아파치 카프카=apache-kafka"]


def test_only_the_first_mention_of_each_concept_if_asked() -> None:
    assert found_in("ETL, Kafka, 카프카, etl", once=True) == ["ETL=etl", "Kafka=apache-kafka"]


# --- formats ---------------------------------------------------------------------

MARKDOWN = """---
title: Kafka
---
# Using Kafka {#etl}

Text of `Kafka`, **카프카**를, **테크 리드**십, [Kafka](http://x) ![Kafka](x) <code>etl</code>,
{{ etl }} a circuit
breaker [etl] <https://etl> and ETL.

> quoted circuit
> breaker and data
  warehouse.

- item 멱등성은

  ```
  kafka
  ```

      kafka

| ETL | b \\| kafka |
|---|---|
| `etl` | mlops |

[etl]: http://etl.org/kafka

    Kafka

<div>Kafka</div>

Feature store
=============
"""


def test_markdown_is_read_without_code_links_html_and_metadata() -> None:
    assert found_in(MARKDOWN, "markdown") == [
        "Kafka=apache-kafka",
        "카프카=apache-kafka",
        "circuit\nbreaker=circuit-breaker",
        "ETL=etl",
        "data\n  warehouse=data-warehouse",
        "멱등성=idempotency",
        "ETL=etl",
        "mlops=mlops",
        "Feature store=feature-store",
    ]


def test_markdown_with_line_ends_of_windows() -> None:
    text = "---\r\na: 1\r\n---\r\n# ETL\r\n\r\na circuit\r\nbreaker\r\n"

    assert found_in(text, "markdown") == ["ETL=etl", "circuit\r\nbreaker=circuit-breaker"]


HTML = """<html><head><title>Kafka</title></head><!-- Kafka --><h1 id="kafka">Kafka</h1>
<p>a <b>테크 리드</b>십 <b>테크 리드</b>를 <code>kafka</code> <a href='x'>etl <i>etl</i></a> etl
<span translate=no>mlops</span> <pre>etl <b>etl</b></pre> 1 < 2 ETL <script>"<p>kafka"</script>
<i title="x > kafka">mlops</i> <p class="x notranslate">kafka</p> <br translate=no>카프카 <a>etl"""


def test_html_is_read_without_code_links_scripts_and_attributes() -> None:
    assert found_in(HTML, "html") == [
        "Kafka=apache-kafka",
        "테크 리드=tech-lead",
        "etl=etl",
        "ETL=etl",
        "mlops=mlops",
        "카프카=apache-kafka",
    ]


def test_markup_of_another_format_is_text() -> None:
    assert found_in("`Kafka` <code>etl</code>") == ["Kafka=apache-kafka", "etl=etl"]


@pytest.mark.parametrize(
    ("format_", "piece"),
    [
        ("plain", "카프카**를"),
        ("plain", "extract transform and "),
        ("plain", "가"),
        ("html", "<a "),
        ("html", "<!--"),
        ("html", '<a b="'),
        ("html", "<p class='"),
        ("html", "<script>"),
        ("markdown", "["),
        ("markdown", "{{a"),
        ("markdown", "`a` b\n"),
        ("markdown", "|a\\|b"),
    ],
)
def test_the_cost_grows_with_the_text_alone(format_: str, piece: str) -> None:
    def calls(size: int) -> int:
        text, count = piece * (size // len(piece)), 0

        def note(*_event: object) -> None:
            nonlocal count
            count += 1

        sys.setprofile(note)
        try:
            found_in(text, format_)
        finally:
            sys.setprofile(None)
        return count

    # Four times the text takes 16 times as many calls where the cost grows with its square.
    assert calls(8_000) < 6 * calls(2_000) + 1_000
