"""Leading architecture design meetings: weighed, firm or not, and written down."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from leading import messages
from leading.matrix import MatrixError, load_decision
from leading.record import faults, write_record

DECISION = {
    "title": "Store",
    "date": "2026-01-02",
    "context": "Where do sessions live?",
    "criteria": {"speed": 3, "cost": 1},
    "options": [
        {
            "name": "Memory",
            "pros": ["fast"],
            "cons": ["lost at a restart"],
            "marks": {"speed": {"a": 5, "b": 5}, "cost": {"a": 2, "b": 2}},
        },
        {
            "name": "Disk",
            "pros": ["stays"],
            "cons": ["slow"],
            "marks": {"speed": {"a": 3, "b": 3}, "cost": {"a": 5, "b": 3}},
        },
    ],
}


def read(folder, **changes):
    path = folder / "decision.yaml"
    path.write_text(yaml.safe_dump({**DECISION, **changes}), "utf-8")
    return load_decision(path)


def test_the_score_is_the_weighted_mean_computed_by_hand(tmp_path):
    decision = read(tmp_path)
    memory, disk = decision.ranking()
    assert (memory.name, disk.name) == ("Memory", "Disk")
    assert decision.score(memory) == (3 * 5 + 1 * 2) / 4
    assert decision.score(disk) == (3 * 3 + 1 * 4) / 4


def test_the_order_of_the_file_does_not_decide(tmp_path):
    other = read(tmp_path, options=DECISION["options"][::-1])
    assert [option.name for option in other.ranking()] == ["Memory", "Disk"]


def test_the_tipping_point_is_exact(tmp_path):
    decision = read(tmp_path)
    cost = next(point for point in decision.tipping_points() if point.criterion == "cost")
    assert (cost.tips_at, cost.winner) == (3.0, "Disk")  # 3*5 + 3*2 == 3*3 + 3*4
    before = decision.ranking({**decision.weights, "cost": 2.99})
    after = decision.ranking({**decision.weights, "cost": 3.01})
    assert (before[0].name, after[0].name) == ("Memory", "Disk")


def test_every_tipping_point_of_the_meeting_flips_the_winner_and_no_sooner():
    decision = load_decision(Path("decisions/order-events.yaml"))
    winner = decision.ranking()[0].name
    points = decision.tipping_points()
    assert points
    for point in points:
        step = (point.tips_at - point.weight) / 100
        sooner = {**decision.weights, point.criterion: point.tips_at - step}
        later = {**decision.weights, point.criterion: point.tips_at + step}
        assert decision.ranking(sooner)[0].name == winner
        assert decision.ranking(later)[0].name == point.winner != winner


def test_a_winner_that_leads_in_everything_has_no_tipping_point(tmp_path):
    options = [
        {**DECISION["options"][0], "marks": {"speed": {"a": 5}, "cost": {"a": 5}}},
        {**DECISION["options"][1], "marks": {"speed": {"a": 1}, "cost": {"a": 1}}},
    ]
    decision = read(tmp_path, options=options)
    assert decision.tipping_points() == []
    assert messages.FIRM in write_record(decision)


def test_where_the_team_disagrees_it_talks(tmp_path):
    found = read(tmp_path).disagreements()
    assert [(option.name, criterion) for option, criterion in found] == [("Disk", "cost")]


def agreed(options):
    """The same options, marked by one member alone."""
    return [
        {**option, "marks": {name: {"a": marks["a"]} for name, marks in option["marks"].items()}}
        for option in options
    ]


def test_a_clear_result_is_an_accepted_record(tmp_path):
    record = write_record(read(tmp_path, options=agreed(DECISION["options"])))
    assert "status: accepted\n" in record
    assert f"### {messages.OPEN}\n" not in record


def test_an_open_disagreement_makes_a_proposed_record_that_lists_it(tmp_path):
    record = write_record(read(tmp_path))
    assert "status: proposed\n" in record
    open_part = record.partition(f"### {messages.OPEN}\n")[2]
    assert messages.APART.format(option="Disk", criterion="cost", marks="a 5, b 3") in open_part


def test_a_tie_makes_a_proposed_record_that_lists_it(tmp_path):
    first = agreed(DECISION["options"])[0]
    record = write_record(read(tmp_path, options=[first, {**first, "name": "Cache"}]))
    assert "status: proposed\n" in record
    assert messages.TIE.format(options="Memory, Cache") in record


def test_an_option_has_its_sketch(tmp_path):
    first, second = agreed(DECISION["options"])
    options = [{**first, "sketch": "flowchart LR\n  a --> b\n"}, second]
    record = write_record(read(tmp_path, options=options))
    assert "### Memory\n\n```mermaid\nflowchart LR\n  a --> b\n```\n" in record
    assert record.count("```mermaid") == 1


def test_the_record_names_every_option_with_its_trade_offs(tmp_path):
    record = write_record(read(tmp_path))
    for option in DECISION["options"]:
        part = record.partition(f"### {option['name']}\n")[2].partition("###")[0]
        assert option["pros"][0] in part
        assert option["cons"][0] in part
    (tmp_path / "0002-store.md").write_text(record, "utf-8")
    assert list(faults(tmp_path)) == []


def test_the_records_of_this_project_are_in_order():
    assert list(faults(Path("docs/decisions"))) == []


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("0003-x.md", "# No status\n", "status"),
        ("notes.md", "# No status\n", "NNNN"),
        ("0003-x.md", "---\nstatus: superseded\n---\n", "superseded by"),
        ("0003-x.md", "[gone](0099-gone.md)\n", "0099-gone.md"),
    ],
)
def test_a_record_that_is_not_in_order_is_told(tmp_path, name, text, fault):
    (tmp_path / name).write_text(text, "utf-8")
    assert any(fault in found for found in faults(tmp_path))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"criteria": {}}, "criterion"),
        ({"criteria": {"speed": 0, "cost": 1}}, "larger than 0"),
        ({"options": DECISION["options"][:1]}, "two options"),
        ({"criteria": {"speed": 1, "colour": 1}}, "colour"),
        (
            {
                "criteria": {"speed": 1},
                "options": [{**DECISION["options"][0], "marks": {"speed": {"a": 6}}}] * 2,
            },
            "from 1 to 5",
        ),
        ({"options": "none"}, "not a decision"),
    ],
)
def test_a_decision_file_that_is_wrong_says_what(tmp_path, changes, message):
    with pytest.raises(MatrixError, match=message):
        read(tmp_path, **changes)
