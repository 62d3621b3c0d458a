"""Architecture decision records: written from a matrix, and checked.

The form is that of MADR 4 (Markdown Any Decision Records): a status, the options,
the outcome, and the trade-offs of every option, also of those that lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from leading import messages
from leading.matrix import Decision, Option

STATUSES = ("proposed", "accepted", "rejected", "deprecated", "superseded")
_FRONT_MATTER = re.compile(r"\A---\n(?P<fields>.*?)\n---\n", re.DOTALL)
_FIELD = re.compile(r"^(?P<name>[a-z-]+): *(?P<value>.*)$", re.MULTILINE)
_LINK = re.compile(r"\]\((?P<target>[^)#]+)[^)]*\)")
_FILE_NAME = re.compile(r"\d{4}-[\w-]+\.md")


def write_record(decision: Decision) -> str:
    """Return the record of a decision, as Markdown.

    It is only proposed as long as two options lead, or members are far apart: what is open is
    listed, for the next meeting.
    """
    ranking = decision.ranking()
    questions = _open_questions(decision)
    winner, second = ranking[:2]
    lines = [
        "---",
        f"status: {'proposed' if questions else 'accepted'}",
        f"date: {decision.date}",
        "---",
        f"# {decision.title}",
        f"## {messages.CONTEXT}",
        decision.context.strip(),
        f"## {messages.OPTIONS}",
        "\n".join(f"- {option.name}" for option in ranking),
        f"## {messages.OUTCOME}",
        (messages.PROPOSED if questions else messages.CHOSEN).format(
            winner=winner.name,
            score=decision.score(winner),
            second=second.name,
            second_score=decision.score(second),
        ),
        *([f"### {messages.OPEN}", "\n".join(f"- {one}" for one in questions)] * bool(questions)),
        *([] if decision.tied() else [_firmness(decision)]),
        _table(decision, ranking),
        f"## {messages.TRADE_OFFS}",
        *(_trade_offs(option) for option in ranking),
    ]
    head = "\n".join(lines[:4])
    return f"{head}\n\n" + "\n\n".join(lines[4:]) + "\n"


def _open_questions(decision: Decision) -> list[str]:
    tied = [option.name for option in decision.tied()]
    ties = [messages.TIE.format(options=", ".join(tied))] if tied else []
    apart = [
        messages.APART.format(
            option=option.name,
            criterion=criterion,
            marks=", ".join(f"{who} {mark:g}" for who, mark in option.marks[criterion].items()),
        )
        for option, criterion in decision.disagreements()
    ]
    return ties + apart


def _firmness(decision: Decision) -> str:
    points = decision.tipping_points()
    if not points:
        return messages.FIRM
    nearest = points[0]
    return messages.TIPS.format(
        criterion=nearest.criterion,
        weight=nearest.weight,
        tips_at=nearest.tips_at,
        winner=nearest.winner,
    )


def _table(decision: Decision, ranking: list[Option]) -> str:
    head = [messages.CRITERION, messages.WEIGHT, *(option.name for option in ranking)]
    rows = [
        [name, f"{weight:g}", *(f"{option.mark(name):.1f}" for option in ranking)]
        for name, weight in decision.weights.items()
    ]
    total = [messages.SCORE, "", *(f"{decision.score(option):.2f}" for option in ranking)]
    lines = [head, ["---"] * len(head), *rows, total]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _trade_offs(option: Option) -> str:
    pros = "".join(f"\n- {messages.PRO}: {text}" for text in option.pros)
    cons = "".join(f"\n- {messages.CON}: {text}" for text in option.cons)
    sketch = f"\n```mermaid\n{option.sketch}\n```\n" if option.sketch else ""
    return f"### {option.name}\n{sketch}{pros}{cons}"


def faults(folder: Path) -> Iterator[str]:
    """Yield what is wrong with the records of a folder, each with its file's name."""
    for path in sorted(folder.glob("*.md")):
        yield from (f"{path.name}: {fault}" for fault in _faults(path))


def _faults(path: Path) -> Iterator[str]:
    text = path.read_text("utf-8")
    front = _FRONT_MATTER.match(text)
    fields = dict(_FIELD.findall(front["fields"])) if front else {}
    if not _FILE_NAME.fullmatch(path.name):
        yield "its name is not NNNN-title.md"
    status = fields.get("status", "").partition(" ")[0]
    if status not in STATUSES:
        yield f"its status is not one of {', '.join(STATUSES)}"
    if status == "superseded" and not re.search(r"\d{4}", fields["status"]):
        yield "it does not say what it is superseded by"
    for heading in (messages.CONTEXT, messages.OPTIONS, messages.OUTCOME):
        if f"\n## {heading}\n" not in text:
            yield f"it has no section '{heading}'"
    for link in _LINK.finditer(text):
        target = link["target"]
        if "://" not in target and not (path.parent / target).exists():
            yield f"it links to {target}, which is not there"
