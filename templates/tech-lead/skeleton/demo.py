"""Both use cases, from end to end: ``make run``."""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from leading import messages
from leading.debt import load_register, with_hotspots
from leading.hotspots import hotspots
from leading.matrix import load_decision
from leading.record import faults, write_record
from leading.sample import HOTSPOT, build_history
from leading.settings import Settings, load_settings
from leading.sprint import plan, too_large

_HERE = Path(__file__).parent
_SPRINTS = 3


def decide(folder: Path) -> tuple[bool, str]:
    """Hold the meeting: weigh, ask how firm the result is, write it down."""
    print(messages.DEMO_MEETING)
    decision = load_decision(_HERE / "decisions" / "order-events.yaml")
    for option in decision.ranking():
        print(messages.DEMO_SCORE.format(option=option.name, score=decision.score(option)))
    for option, criterion in decision.disagreements():
        print(messages.DEMO_TALK.format(option=option.name, criterion=criterion))
    winner, second = decision.ranking()[:2]
    nearest = decision.tipping_points()[0]
    past = nearest.tips_at + (nearest.tips_at - nearest.weight) * 0.01
    flipped = decision.ranking({**decision.weights, nearest.criterion: past})[0]
    record = write_record(decision)
    written = folder / "0002-order-events.md"
    written.write_text(record, "utf-8")
    print(messages.DEMO_RECORD.format(lines=len(record.splitlines())))
    is_whole = all(f"### {option.name}" in record for option in decision.options)
    is_clean = not list(faults(folder))
    fact = messages.DEMO_DECIDED.format(
        winner=winner.name,
        lead=decision.score(winner) - decision.score(second),
        criterion=nearest.criterion,
        weight=nearest.weight,
        tips_at=nearest.tips_at,
        flipped=flipped.name,
    )
    return is_whole and is_clean and flipped.name == nearest.winner, fact


def pay_off(folder: Path, settings: Settings) -> tuple[bool, str]:
    """Find what slows the team down, and plan it into the debt's share of the sprints."""
    now = datetime.now(UTC)
    print(messages.DEMO_HISTORY)
    build_history(folder, now)
    found = hotspots(folder, settings.days, now)
    for hotspot in found:
        print(messages.DEMO_HOTSPOT.format(hotspot=hotspot))
    register = with_hotspots(load_register(_HERE / "debt" / "register.yaml"), found)
    sprints = plan(register, settings.budget_hours, _SPRINTS)
    for sprint in sprints:
        print(messages.SPRINT.format(sprint=sprint))
        for debt in sprint.items:
            print(messages.ITEM.format(debt=debt))
    for debt in too_large(register, settings.budget_hours):
        print(messages.TOO_LARGE.format(debt=debt))
    most = max(sprint.effort for sprint in sprints)
    fact = messages.DEMO_PLANNED.format(
        hottest=found[0],
        most=most,
        budget=settings.budget_hours,
        share=settings.share_percent,
        saved=sum(sprint.saved for sprint in sprints),
    )
    is_kept = all(sprint.effort <= sprint.budget for sprint in sprints) and sprints[0].effort > 0
    return is_kept and found[0].path == HOTSPOT, fact


def main() -> int:
    """Play both use cases and return 0 when both showed what they should."""
    settings = load_settings(_HERE / "settings.toml")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "records").mkdir()
        results = [decide(folder / "records"), pay_off(folder / "history", settings)]
    for number, (is_ok, fact) in enumerate(results, 1):
        verdict = "OK" if is_ok else "FAILED"
        print(f"[{number}/2] {verdict} {messages.USE_CASES[number - 1]}: {fact}")
    return 0 if all(is_ok for is_ok, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
