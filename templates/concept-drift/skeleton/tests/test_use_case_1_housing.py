"""The frozen model's error grows and is noticed; the model retrained every month recovers."""

import numpy as np
import pytest

import world
from driftwatch.__main__ import main
from driftwatch.detectors import PSI_CHANGED
from driftwatch.housing import MissingDataError, close_month, read_sales, review

NAMES = [world.month_name(number) for number in range(world.MONTHS)]


@pytest.fixture
def play(archive, settings):
    """Let months pass in a market of one's own, and go through them."""

    def months(count=world.MONTHS, change=world.rate_rise, area=lambda _number: 85.0):
        for number, name in enumerate(NAMES[:count]):
            sales = archive.sales_file(name)
            world.write_sales(sales, number, change(number), area=area(number))
            close_month(archive, name, settings)
        return list(review(archive, settings).values())

    return months


def calm(_number):
    return 0.0


def snapshot(home):
    return {path.relative_to(home): path.read_bytes() for path in home.rglob("*.json")}


def test_the_frozen_model_grows_worse_and_the_retrained_one_recovers(play):
    months = play()
    assert months[-1].frozen_error > 10 * months[0].frozen_error
    assert months[-1].served_error < 2 * months[0].served_error


def test_the_error_grows_month_by_month_while_the_market_changes(play):
    errors = {month.month: month.frozen_error for month in play()}
    rising = [errors[name] for name in NAMES[world.RISE_BEGINS - 1 : world.RISE_ENDS]]
    assert rising == sorted(rising)


def test_drift_is_noticed_once_and_within_three_months(play):
    noticed = [month.month for month in play() if month.is_drift]
    assert len(noticed) == 1
    assert noticed[0] in NAMES[world.RISE_BEGINS : world.RISE_BEGINS + 3]


def test_nothing_is_noticed_in_a_market_that_stays_as_it_is(play):
    assert not [month for month in play(change=calm) if month.is_drift]


def test_the_model_is_trained_every_month_drift_or_not(play, archive, settings):
    play(change=calm)
    models = archive.models()
    assert len(models) == world.MONTHS - settings.window_months + 1
    assert len({model.weights for model in models}) == len(models)
    for model, month in zip(reversed(models), reversed(NAMES), strict=False):
        assert model.months[-1] == month
        assert len(model.months) == settings.window_months


def test_the_frozen_model_is_never_trained_again(play, archive, settings):
    play(count=settings.window_months)
    first = archive.frozen()
    play()
    assert archive.frozen() == first


def test_a_month_is_measured_by_models_that_have_not_seen_it(play, archive, settings):
    play(count=world.RISE_BEGINS + 1)
    month = NAMES[world.RISE_BEGINS]
    served = archive.model_before(month)
    assert month not in served.months
    expected = served.errors(archive.sales([month]))
    assert archive.errors()[month]["served"] == pytest.approx(expected.tolist())


def test_it_is_the_meaning_that_changed_and_not_the_inputs(play):
    months = play()
    assert max(max(month.stability.values()) for month in months) < PSI_CHANGED


def test_other_inputs_with_the_old_meaning_are_told_apart(play):
    months = play(change=calm, area=lambda number: 85.0 if number < world.RISE_BEGINS else 125.0)
    last = months[-1]
    assert last.stability["area"] > PSI_CHANGED
    assert last.stability["age"] < PSI_CHANGED
    assert not [month for month in months if month.is_drift]


def test_closing_a_month_twice_changes_nothing(play, archive, settings, home):
    play(count=world.RISE_BEGINS + 3)
    before = snapshot(home)
    close_month(archive, NAMES[world.RISE_BEGINS + 2], settings)
    close_month(archive, NAMES[world.RISE_BEGINS], settings)
    assert snapshot(home) == before


def test_a_month_without_sales_leaves_the_model_in_service(play, archive, settings, home, capsys):
    play(count=settings.window_months + 2)
    before = snapshot(home)
    missing = NAMES[settings.window_months + 2]
    assert main(["--home", str(home), "monthly", "--month", missing]) == 1
    assert f"{missing}.csv" in capsys.readouterr().err
    assert snapshot(home) == before


def test_the_command_tells_of_a_month_and_the_report_of_all(play, home, capsys, settings):
    play()
    assert main(["--home", str(home), "monthly", "--month", NAMES[-1]]) == 0
    assert NAMES[-1] in capsys.readouterr().out
    assert main(["--home", str(home), "report"]) == 0
    html = (home / "report.html").read_text(encoding="utf-8")
    assert settings.project in html
    assert html.count("<polyline") == 2
    assert html.count("<circle") == 1
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        (lambda text: text.replace("price", "cost"), "2022-01.csv:2"),
        (lambda text: text.replace(text.splitlines()[3], "1,2,3,free"), "2022-01.csv:4"),
        (lambda text: text.replace(text.splitlines()[3], "1,2,3,0"), "2022-01.csv:4"),
        (lambda text: text.replace(text.splitlines()[3], "nan,2,3,4"), "2022-01.csv:4"),
        (lambda text: "\n".join(text.splitlines()[:10]), "2022-01.csv"),
    ],
)
def test_damaged_sales_are_refused_with_their_place(home, damage, place):
    path = home / "2022-01.csv"
    world.write_sales(path, 0, 0.0)
    path.write_text(damage(path.read_text()))
    with pytest.raises(MissingDataError, match=place.replace(".", r"\.")):
        read_sales(path)


def test_a_month_is_a_month_and_no_path(archive):
    with pytest.raises(MissingDataError):
        archive.sales_file("../2022-01")


def test_the_price_model_finds_the_weights_of_the_market(play, archive):
    play(change=calm)
    assert np.allclose(archive.models()[-1].weights[:3], world.BEFORE[:3], atol=0.5)
