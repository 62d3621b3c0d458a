"""Play both use cases on a shop of our own: `make run`."""

import shutil
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from retail import columns, messages
from retail.adoption import Difference, compare, false_alarms, groups, tolerated_alarms
from retail.build import BuildError, build
from retail.engine import DuckDB, Engine
from retail.sample import (
    FASTEST_GROWING,
    INVITED_FROM,
    MOST_PROFITABLE,
    TODAY,
    WITH_EFFECT,
    WITHOUT_EFFECT,
    Shop,
    make_shop,
)
from retail.settings import ROOT, read_settings

SETTINGS = read_settings()
HOME = ROOT / "var" / "demo"
QUARTERS = 12
SPLITS = 200


class NotSeenError(Exception):
    """The demonstration did not show what it should."""


def say(key: str, **facts: object) -> None:
    """Tell the reader something, in the language of the project."""
    print(messages.DEMO[key].format(**facts), flush=True)


def expect(*, holds: bool, key: str) -> None:
    """Stop the use case when what it shows was not seen."""
    if not holds:
        raise NotSeenError(messages.FAILURES[key])


def fill(engine: Engine, shop: Shop) -> None:
    """Load and build the warehouse twice: before customers were invited, and today."""
    for today in (INVITED_FROM, TODAY):
        shop.land(HOME / "landing", today)
        engine.load(HOME / "landing")
        built = build(engine, SETTINGS, HOME / "dbt")
        say("built", today=today, models=built.models, checks=built.checks)


def review(engine: Engine, shop: Shop, warehouse: Path) -> str:
    """Use case 1: which customers are worth most, what grows, and what the segments really sold."""
    quarters(engine)
    best, profit = channels(engine)
    fastest, growth = categories(engine)
    segments(engine, shop)
    read = columnar(warehouse)
    return messages.RESULTS["review"].format(
        best=messages.CHANNELS[best],
        profit=profit,
        fastest=messages.CATEGORIES[fastest],
        growth=growth,
        read=read,
    )


def quarters(engine: Engine) -> None:
    """Show the last three years, fiscal quarter by fiscal quarter."""
    rows = engine.ask(
        "SELECT fiscal_year, fiscal_quarter, quarter_start, revenue, margin"
        " FROM quarterly_revenue ORDER BY quarter_start"
    )
    expect(holds=len(rows) == QUARTERS, key="quarters")
    expect(holds=(rows[0][2].month - SETTINGS.fiscal_year_start_month) % 3 == 0, key="quarters")
    for year, quarter, start, revenue, margin in rows:
        say(
            "quarter",
            year=year,
            quarter=quarter,
            start=start,
            revenue=int(revenue) // 1000,
            margin=int(margin) // 1000,
        )


def channels(engine: Engine) -> tuple[str, int]:
    """Find the channel with the most profitable customers: not the one with the most revenue."""
    rows = engine.ask(
        "SELECT channel, customers, revenue, profit_per_customer FROM channel_profit"
        " ORDER BY profit_per_customer DESC"
    )
    for channel, customers, revenue, profit in rows:
        say(
            "channel",
            channel=messages.CHANNELS[channel],
            customers=customers,
            revenue=int(revenue) // 1000,
            profit=int(profit),
        )
    largest = max(rows, key=lambda row: int(row[2]))[0]
    best, _, _, profit = rows[0]
    expect(holds=best == MOST_PROFITABLE and largest != best, key="channel")
    say("best_channel", best=messages.CHANNELS[best], largest=messages.CHANNELS[largest])
    return best, int(profit)


def categories(engine: Engine) -> tuple[str, float]:
    """Find the category that grows fastest over a year, which no season can fake."""
    rows = engine.ask(
        "SELECT category, growth_on_quarter, growth_on_year FROM category_growth"
        " ORDER BY growth_on_year DESC"
    )
    for category, on_quarter, on_year in rows:
        say(
            "category",
            category=messages.CATEGORIES[category],
            on_quarter=float(on_quarter),
            on_year=float(on_year),
        )
    seasonal = max(rows, key=lambda row: float(row[1]))[0]
    expect(holds=rows[0][0] == FASTEST_GROWING and seasonal != FASTEST_GROWING, key="category")
    say("season", seasonal=messages.CATEGORIES[seasonal])
    return rows[0][0], float(rows[0][2])


def segments(engine: Engine, shop: Shop) -> None:
    """Count revenue by the segment at the time of the order, and compare with what was true."""
    then: Counter[str] = Counter()
    now: Counter[str] = Counter()
    for segment_then, segment_now, revenue in engine.ask("SELECT * FROM segment_revenue"):
        then[segment_then] += int(revenue)
        now[segment_now] += int(revenue)
    truth: Counter[str] = Counter()
    for *_, quantity, price, segment in shop.order_lines:
        truth[segment] += quantity * price
    expect(holds=then == truth and now != truth, key="segment")
    say("segment", then=then["pro"] // 1000, now=now["pro"] // 1000)


def columnar(warehouse: Path) -> float:
    """Measure how much of the fact table a question reads."""
    file = HOME / "fct_order_lines.parquet"
    columns.export(warehouse, file)
    asked, whole = (columns.read(file, each) for each in (columns.QUESTION, columns.EVERYTHING))
    say(
        "columns",
        asked=len(asked.columns),
        whole=len(whole.columns),
        size=asked.size // 1000,
        all_size=whole.size // 1000,
    )
    share = asked.size / whole.size
    expect(holds=share < len(asked.columns) / len(whole.columns), key="columns")
    return share


def feature(engine: Engine) -> str:
    """Use case 2: one feature with an effect, one without, and chance alone."""
    found = {
        (name, outcome): show(engine, name, outcome, "used_first_day")
        for name in (WITH_EFFECT, WITHOUT_EFFECT)
        for outcome in ("retained", "converted")
    }
    for (name, _), difference in found.items():
        expect(
            holds=difference.is_clear == (name == WITH_EFFECT),
            key="effect" if name == WITH_EFFECT else "no_effect",
        )
    say("trap")
    trapped = show(engine, WITHOUT_EFFECT, "retained", "used_ever")
    expect(holds=trapped.is_clear, key="trap")
    alarms = chance(engine)
    return messages.RESULTS["feature"].format(
        days=SETTINGS.retention_days,
        retained=points(found[WITH_EFFECT, "retained"]),
        converted=points(found[WITH_EFFECT, "converted"]),
        alarms=alarms,
        splits=SPLITS,
    )


def points(difference: Difference) -> str:
    """Write a difference and its interval in percentage points."""
    low, high = difference.low * 100, difference.high * 100
    return f"{difference.estimate * 100:+.1f} [{low:+.1f}, {high:+.1f}]"


def show(engine: Engine, name: str, outcome: str, used: str) -> Difference:
    """Compare the users of a feature with the others, and tell."""
    users, others = groups(engine, name, outcome, used)
    difference = compare(users, others, SETTINGS.confidence_percent)
    say(
        "difference",
        name=messages.FEATURES[name],
        outcome=messages.OUTCOMES[outcome],
        users=users.share,
        others=others.share,
        points=points(difference),
        verdict=messages.VERDICTS[difference.is_clear],
    )
    return difference


def chance(engine: Engine) -> int:
    """A/A check: how often the method finds a difference where there is none."""
    rows = engine.ask(
        f"SELECT retained FROM feature_adoption WHERE feature = '{WITHOUT_EFFECT}'"  # noqa: S608
        " ORDER BY customer_id"
    )
    percent = SETTINGS.confidence_percent
    alarms = false_alarms([int(retained) for (retained,) in rows], percent, SPLITS)
    say("chance", splits=SPLITS, alarms=alarms, expected=SPLITS * (100 - percent) // 100)
    expect(holds=alarms <= tolerated_alarms(percent, SPLITS), key="chance")
    return alarms


def play(number: int, title: str, use_case: Callable[[], str]) -> tuple[bool, str]:
    """Play a use case; give whether it showed what it should, and its closing line."""
    print(f"\n== {title}")
    try:
        return True, f"[{number}/2] OK {title}: {use_case()}"
    except NotSeenError as problem:
        return False, f"[{number}/2] FAILED {title}: {problem}"


def main() -> int:
    """Play both, and close with one line for each."""
    shutil.rmtree(HOME, ignore_errors=True)
    shop, engine = make_shop(), DuckDB(HOME / "warehouse.duckdb")
    say("shop", customers=len(shop.customers), lines=len(shop.order_lines), events=len(shop.events))
    try:
        fill(engine, shop)
    except BuildError as problem:
        print(problem)
        return 1
    results = [
        play(1, messages.TITLES["review"], lambda: review(engine, shop, engine.path)),
        play(2, messages.TITLES["feature"], lambda: feature(engine)),
    ]
    print()
    for _, line in results:
        print(line)
    return 0 if all(seen for seen, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
