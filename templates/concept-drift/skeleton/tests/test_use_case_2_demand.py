"""A fad is noticed within days and told to the inventory system once; a calm product never."""

import json
from datetime import date, timedelta

import pytest

import world
from driftwatch.__main__ import main
from driftwatch.alerts import Outbox, UnreachableError, Webhook
from driftwatch.demand import DemandError, Forecast, read_demand, watch, watch_all

SURGE, END = world.day_of(world.SURGE_DAY), world.day_of(world.END_DAY)


@pytest.fixture
def alerts_for(days, settings):
    def find(product, *, until=world.DAYS, **world_of):
        sold = world.demand(**world_of)[product]
        return watch(product, days[:until], sold[:until], settings)

    return find


@pytest.fixture
def outbox(home):
    return Outbox(home / "alerts")


@pytest.fixture
def pauses():
    return []


def test_a_fad_is_noticed_within_three_weeks_and_so_is_its_end(alerts_for):
    surge, drop = alerts_for(world.TRENDY)
    assert (surge.kind, drop.kind) == ("surge", "drop")
    assert 0 <= (surge.day - SURGE).days <= 21
    assert 0 <= (drop.day - END).days <= 21


def test_the_alert_tells_how_much_has_changed(alerts_for):
    surge, drop = alerts_for(world.TRENDY)
    assert surge.change_percent == pytest.approx(100 * (world.SURGE - 1), abs=50)
    assert drop.change_percent == pytest.approx(100 * (1 / world.SURGE - 1), abs=12)
    assert surge.before == pytest.approx(world.USUAL[world.TRENDY], rel=0.1)


@pytest.mark.parametrize("seed", range(10))
def test_each_regime_gives_one_alert_and_a_calm_product_none(alerts_for, seed):
    assert [alert.kind for alert in alerts_for(world.TRENDY, seed=seed)] == ["surge", "drop"]
    assert alerts_for(world.STABLE, seed=seed) == []


@pytest.mark.parametrize("seed", range(10))
def test_an_offer_of_one_day_is_no_new_regime(alerts_for, seed):
    assert alerts_for(world.PROMOTED, seed=seed) == []


def test_the_shape_of_the_week_is_no_drift(days, settings):
    units = [300 if day.weekday() >= 5 else 100 for day in days]
    forecast = Forecast(days, units)
    ratios = [forecast.ratio(day, count) for day, count in zip(days, units, strict=True)]
    assert ratios == pytest.approx([1.0] * len(days))
    assert watch("weekend", days, units, settings) == []


def test_a_season_of_the_year_is_told_as_a_change_which_is_a_limit(settings):
    """The forecast knows the week and not the year; the README says so."""
    days = [date(2025, 1, 1) + timedelta(days=number) for number in range(730)]
    units = [3000 if day.month in {6, 7, 8} else 1000 for day in days]
    alerts = watch("ice-cream", days, units, settings)
    assert [(alert.kind, alert.day.month) for alert in alerts] == [
        ("surge", 6),
        ("drop", 9),
        ("surge", 6),
        ("drop", 9),
    ]


@pytest.mark.parametrize(("share_of_the_minimum", "alerts"), [(0.9, 0), (2.5, 1)])
def test_a_change_smaller_than_chosen_gives_no_alert(days, settings, share_of_the_minimum, alerts):
    changed = round(1000 * (1 + settings.minimum_change_percent / 100 * share_of_the_minimum))
    units = [1000] * 180 + [changed] * (len(days) - 180)
    assert len(watch("rising", days, units, settings)) == alerts


def test_what_is_known_of_a_day_does_not_change_later(alerts_for):
    surge, _drop = alerts_for(world.TRENDY)
    number = (surge.day - world.FIRST_DAY).days
    assert alerts_for(world.TRENDY, until=number) == []
    assert alerts_for(world.TRENDY, until=number + 1) == [surge]


def test_a_product_that_stops_selling_is_noticed(days, settings):
    units = [100] * 180 + [0] * 60
    [alert] = watch("gone", days[:240], units, settings)
    assert (alert.kind, alert.change_percent) == ("drop", -100)


def test_the_inventory_hears_of_each_regime_once_day_after_day(home, settings, outbox):
    sold, path = world.demand(), home / "demand.csv"
    with world.inventory_system() as (inventory, url):
        for number in range(world.SURGE_DAY, world.DAYS):
            world.write_demand(path, sold, number + 1)
            outbox.put(watch_all(path, settings))
            outbox.deliver(Webhook(url))
    heard = [(alert["product"], alert["kind"]) for alert in inventory.received]
    assert heard == [(world.TRENDY, "surge"), (world.TRENDY, "drop")]
    assert inventory.received[0]["change_percent"] > settings.minimum_change_percent


def test_the_command_sends_to_the_webhook_of_the_environment(home, monkeypatch, capsys):
    world.write_demand(home / "demand.csv", world.demand(), world.DAYS)
    monkeypatch.delenv("ALERTMANAGER_URL", raising=False)
    monkeypatch.delenv("DRIFT_WEBHOOK_URL", raising=False)
    assert main(["--home", str(home), "daily"]) == 0
    assert "2" in capsys.readouterr().out, "two alerts wait for a receiver"
    with world.inventory_system() as (inventory, url):
        monkeypatch.setenv("DRIFT_WEBHOOK_URL", url)
        assert main(["--home", str(home), "daily"]) == 0
        assert main(["--home", str(home), "daily"]) == 0
    assert len(inventory.received) == 2


def test_an_alert_waits_for_a_receiver_that_is_away(outbox, alerts_for, pauses):
    outbox.put(alerts_for(world.TRENDY))
    with world.inventory_system() as (inventory, url):
        inventory.is_down = True
        with pytest.raises(UnreachableError):
            outbox.deliver(Webhook(url), pauses.append)
        assert pauses == [0.5, 1.0], "it tries three times, with growing pauses"
        assert [entry["is_taken"] for entry in outbox.entries()] == [False, False]
        inventory.is_down = False
        assert outbox.deliver(Webhook(url), pauses.append) == 2
    assert len({alert["id"] for alert in inventory.received}) == 2


def test_a_crash_between_two_alerts_loses_none_and_repeats_none(outbox, alerts_for):
    class Crash(Exception):  # noqa: N818
        pass

    class CrashingWebhook(Webhook):
        def send(self, alert):
            if alert["kind"] == "drop":
                raise Crash
            super().send(alert)

    outbox.put(alerts_for(world.TRENDY))
    with world.inventory_system() as (inventory, url):
        with pytest.raises(Crash):
            outbox.deliver(CrashingWebhook(url))
        outbox.put(alerts_for(world.TRENDY))
        outbox.deliver(Webhook(url))
    assert [alert["kind"] for alert in inventory.received] == ["surge", "drop"]


def test_nobody_is_reached_by_an_address_that_is_none(outbox, alerts_for, pauses):
    outbox.put(alerts_for(world.TRENDY))
    for url in ("file:///etc/passwd", "http://127.0.0.1:1/"):
        with pytest.raises(UnreachableError):
            outbox.deliver(Webhook(url), pauses.append)


def test_alerts_keep_warehouses_from_selling_out(settings, days):
    sold = world.demand()[world.TRENDY]
    alerts = {alert.day: alert.after for alert in watch(world.TRENDY, days, sold, settings)}
    alerted, blind = (world.Stock(world.USUAL[world.TRENDY]) for _ in range(2))
    for day, units in zip(days, sold, strict=True):
        alerted.expected = alerts.get(day, alerted.expected)
        alerted.day(units)
        blind.day(units)
    assert alerted.days_sold_out < blind.days_sold_out / 2


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ("2026-01-01,tumbler,many", 2),
        ("2026-01-01,tumbler,-1", 2),
        ("2026-13-01,tumbler,1", 2),
        ("2026-01-01,../tumbler,1", 2),
        ("2026-01-02,tumbler,1\n2026-01-01,tumbler,1", 3),
        ("2026-01-01,tumbler,1\n2026-01-01,tumbler,1", 3),
    ],
)
def test_damaged_demand_is_refused_with_its_place(home, row, line):
    path = home / "demand.csv"
    path.parent.mkdir()
    path.write_text(f"day,product,units\n{row}\n")
    with pytest.raises(DemandError, match=rf"demand\.csv:{line}"):
        read_demand(path)


def test_an_alert_is_written_in_full_and_readable(outbox, alerts_for, home):
    outbox.put(alerts_for(world.TRENDY)[:1])
    [path] = (home / "alerts").iterdir()
    entry = json.loads(path.read_text(encoding="utf-8"))
    assert entry["id"] == path.stem
    assert set(entry) == {
        *("id", "product", "kind", "day", "before", "after", "change_percent", "is_taken")
    }
