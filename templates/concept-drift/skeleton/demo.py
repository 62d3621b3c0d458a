"""Play both use cases from end to end, and measure what happened."""

import os
import shutil
import sys
from pathlib import Path

import narration as say
import world
from driftwatch.__main__ import main
from driftwatch.alerts import Outbox, Webhook
from driftwatch.demand import TRAINING_DAYS, watch_all
from driftwatch.detectors import PSI_CHANGED
from driftwatch.housing import Archive, Month, close_month, review
from driftwatch.settings import Settings, load_settings

ROOT = Path(__file__).parent
HOME = Path("var/demo")
SHOWN_EVERY = 3
# A change is noticed in time within so many months, and within so many days.
MONTHS_IN_TIME = 3
DAYS_IN_TIME = 21


def run(*command: str) -> int:
    """Run a command of driftwatch and show it."""
    arguments = ["--home", str(HOME), *command]
    print("    $ python -m driftwatch", *arguments)
    return main(arguments)


def houses(settings: Settings) -> str | None:
    """Play 44 months; return what was measured, or None if it was not as promised."""
    archive = Archive(HOME)
    names = [world.month_name(number) for number in range(world.MONTHS)]
    rise = names[world.RISE_BEGINS]
    print(say.MARKET.format(window=settings.window_months, rise=rise))
    for number, name in enumerate(names):
        world.write_sales(archive.sales_file(name), number, world.rate_rise(number))
        close_month(archive, name, settings)
    months = list(review(archive, settings).values())
    show(months)

    print(say.LOST_SALES)
    is_refused = run("monthly", "--month", "2025-09") != 0
    trained = len(archive.models())
    drifts = [month.month for month in months if month.is_drift]
    in_time = names[world.RISE_BEGINS : world.RISE_BEGINS + MONTHS_IN_TIME]
    first, last = months[0], months[-1]
    moved = max(max(month.stability.values()) for month in months)
    is_shown = (
        len(drifts) == 1
        and drifts[0] in in_time
        and last.frozen_error > 5 * first.frozen_error
        and last.served_error < 2 * first.served_error
        and moved < PSI_CHANGED
        and trained == world.MONTHS - settings.window_months + 1
    )
    if not (is_shown and is_refused):
        return None
    return say.FACT_1.format(
        first=first, last=last, drift=drifts[0], rise=rise, trained=trained, moved=moved
    )


def show(months: list[Month]) -> None:
    """Print every third month, and the one in which drift was detected."""
    print(say.MONTHS_HEAD)
    for number, month in enumerate(months):
        if number % SHOWN_EVERY == 0 or month.is_drift:
            mark = f"  {say.DRIFT}" if month.is_drift else ""
            errors = f"{month.served_error:8.1f}%  {month.frozen_error:8.1f}%"
            print(f"    {month.month}  {errors}{mark}")


def shop(settings: Settings) -> str | None:
    """Play the days of a fad; return what was measured, or None if it was not as promised."""
    sold = world.demand()
    path, outbox = HOME / "demand.csv", Outbox(HOME / "alerts")
    with world.inventory_system() as (inventory, url):
        print(say.SHOP.format(day=world.day_of(world.SURGE_DAY), surge=world.SURGE))
        alerted, blind = (world.Stock(world.USUAL[world.TRENDY]) for _ in range(2))
        for number in range(TRAINING_DAYS, world.DAYS):
            world.write_demand(path, sold, number + 1)
            outbox.put(watch_all(path, settings))
            outbox.deliver(Webhook(url))
            alerted.expected = inventory.expected.get(world.TRENDY, alerted.expected)
            for stock in (alerted, blind):
                stock.day(sold[world.TRENDY][number])
        for alert in inventory.received:
            print(say.ALERT.format(**alert, what=say.KINDS[alert["kind"]]))

        print(say.AGAIN)
        os.environ["DRIFT_WEBHOOK_URL"] = url
        run("daily")
        received = [(alert["product"], alert["kind"]) for alert in inventory.received]

    begins = (world.day_of(world.SURGE_DAY), world.day_of(world.END_DAY))
    delays = [
        (alert.day - begin).days
        for alert, begin in zip(watch_all(path, settings), begins, strict=False)
    ]
    print(say.STOCK.format(blind=blind.days_sold_out, alerted=alerted.days_sold_out))
    is_shown = (
        received == [(world.TRENDY, "surge"), (world.TRENDY, "drop")]
        and all(0 <= delay <= DAYS_IN_TIME for delay in delays)
        and alerted.days_sold_out < blind.days_sold_out / 2
    )
    if not is_shown:
        return None
    return say.FACT_2.format(
        delay=delays[0],
        alerts=len(received),
        blind=blind.days_sold_out,
        alerted=alerted.days_sold_out,
    )


def play() -> int:
    """Play both use cases; 0 when both showed what they promise."""
    os.chdir(ROOT)
    shutil.rmtree(HOME, ignore_errors=True)
    settings = load_settings()
    print(f"== {say.TITLE_1}")
    first = houses(settings)
    print(f"\n== {say.TITLE_2}")
    second = shop(settings)
    print()
    run("report")
    print()
    print(f"[1/2] {'OK' if first else 'FAILED'} {say.TITLE_1}: {first or say.NOT_SHOWN}")
    print(f"[2/2] {'OK' if second else 'FAILED'} {say.TITLE_2}: {second or say.NOT_SHOWN}")
    return 0 if first and second else 1


if __name__ == "__main__":
    # What is told and what is reported keep their order, in a pipe as well.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        sys.exit(play())
    except KeyboardInterrupt:
        sys.exit(130)
