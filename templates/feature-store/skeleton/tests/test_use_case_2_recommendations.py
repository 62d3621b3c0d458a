"""Personalised recommendations: trained on the past, served the latest."""

from __future__ import annotations

from datetime import timedelta

import pytest

from features import messages, recommendations, sample
from features.definitions import INTERESTS, RECOMMENDATIONS
from features.interests import CATEGORIES, View, interest_features
from features.sample import START
from features.settings import Settings, SettingsError, load_settings

TTL = timedelta(hours=24)
NOW = START + timedelta(days=30)
SHELF = sample.products(messages.PRODUCTS)


@pytest.fixture
def shop(store):
    views, impressions = sample.visits(SHELF)
    moments = [START + timedelta(days=day) for day in range(1, 11)]
    recommendations.backfill(store, views, moments)
    training_set = store.training_set(RECOMMENDATIONS, recommendations.labels(impressions))
    recommender = recommendations.Recommender()
    recommender.train(training_set)
    return recommendations.Shop(store, recommender, SHELF, load_settings().products)


def test_interests_are_the_shares_of_the_past_week():
    views = [View(START + timedelta(days=day), "lee", "tea") for day in (0, 9)]
    views.append(View(START + timedelta(days=9, hours=1), "lee", "books"))
    views.append(View(START + timedelta(days=10), "lee", "garden"))  # not before
    found = interest_features(views, START + timedelta(days=10))
    assert found == {
        "interest_tea": 0.5,
        "interest_books": 0.5,
        "interest_coffee": 0.0,
        "interest_garden": 0.0,
    }


def test_the_training_set_has_the_interests_of_each_moment(store):
    views = [View(START + timedelta(hours=1), "lee", "tea")]
    views += [View(START + timedelta(days=1, hours=n), "lee", "garden") for n in range(1, 10)]
    moments = [START + timedelta(days=day) for day in (1, 2)]
    recommendations.backfill(store, views, moments)
    shown = [
        recommendations.Impression(at + timedelta(hours=1), "lee", SHELF[0], is_clicked=True)
        for at in moments
    ]
    found = store.training_set(RECOMMENDATIONS, recommendations.labels(shown))
    assert list(found["interest_tea"]) == [1.0, 0.1]
    assert list(found["interest_garden"]) == [0.0, 0.9]


def test_the_history_goes_online_and_a_regular_gets_a_list_without_a_push(store):
    views, impressions = sample.visits(SHELF)
    moments = recommendations.moments(START, 10, TTL)
    recommendations.backfill(store, views, moments)
    recommender = recommendations.Recommender()
    recommender.train(store.training_set(RECOMMENDATIONS, recommendations.labels(impressions)))
    shop = recommendations.Shop(store, recommender, SHELF, 3)
    morning = moments[-1]
    popular = shop.list_for("visitor-3", morning)
    store.load_online(INTERESTS, morning)
    assert {one.category for one in shop.list_for("visitor-3", morning)} == {"garden"}
    assert {one.category for one in popular} != {"garden"}
    seen = [view for view in views if view.user == "visitor-3"]
    online = store.online(RECOMMENDATIONS, "visitor-3", morning)
    expected = interest_features(seen, morning)
    assert {name: online[name] for name in expected} == pytest.approx(expected)


def test_interests_that_were_missing_at_the_moment_are_learned_as_none(store):
    """In a training set what is missing is NaN, which counts as true."""
    views, impressions = sample.visits(SHELF)
    recommendations.backfill(store, views, [START + timedelta(days=1)])  # long expired
    training_set = store.training_set(RECOMMENDATIONS, recommendations.labels(impressions))
    assert training_set["interest_tea"].isna().all()
    recommender = recommendations.Recommender()
    recommender.train(training_set)
    unknown = {f"interest_{name}": None for name in CATEGORIES}
    assert recommender.rank(SHELF, unknown)[0].popularity == max(one.popularity for one in SHELF)


@pytest.mark.parametrize("hours", [1, 7, 24, 720])
def test_no_label_is_without_interests_however_short_they_live(hours):
    ttl = timedelta(hours=hours)
    computed = recommendations.moments(START, 10, ttl)
    _views, impressions = sample.visits(SHELF)
    assert all(any(at <= one.at <= at + ttl for at in computed) for one in impressions)


def test_what_a_visitor_looked_at_survives_a_restart(shop, store):
    for minute in range(3):
        shop.look(View(NOW + timedelta(minutes=minute), "lee", "tea"), NOW + timedelta(minutes=5))
    again = recommendations.Shop(store, shop._recommender, SHELF, 1)
    later = NOW + timedelta(minutes=10)
    again.look(View(NOW + timedelta(minutes=9), "lee", "books"), later)
    assert store.online(RECOMMENDATIONS, "lee", later)["interest_tea"] == 0.75


@pytest.mark.parametrize("category", CATEGORIES)
def test_the_list_changes_after_a_push(shop, category):
    unknown = shop.list_for("lee", NOW)
    assert [one.popularity for one in unknown] == sorted(
        (one.popularity for one in SHELF), reverse=True
    )[: len(unknown)]
    for minute in range(3):
        at = NOW + timedelta(minutes=minute)
        shop.look(View(at, "lee", category), at + timedelta(seconds=1))
    known = shop.list_for("lee", NOW + timedelta(minutes=5))
    assert known[0].category == category
    assert {one.category for one in known[:3]} == {category}


def test_each_visitor_has_their_own_list(shop):
    shop.look(View(NOW, "kim", "books"), NOW + timedelta(seconds=1))
    shop.look(View(NOW, "lee", "garden"), NOW + timedelta(seconds=1))
    later = NOW + timedelta(minutes=1)
    assert shop.list_for("kim", later)[0].category == "books"
    assert shop.list_for("lee", later)[0].category == "garden"


def test_new_interests_replace_old_ones(shop):
    shop.look(View(NOW, "lee", "books"), NOW + timedelta(seconds=1))
    for hour in range(1, 6):
        at = NOW + timedelta(hours=hour)
        shop.look(View(at, "lee", "tea"), at + timedelta(seconds=1))
    assert shop.list_for("lee", NOW + timedelta(hours=6))[0].category == "tea"


def test_interests_that_are_too_old_are_forgotten(shop):
    shop.look(View(NOW, "lee", "garden"), NOW + timedelta(seconds=1))
    later = NOW + timedelta(days=3)
    assert shop.list_for("lee", later) == shop.list_for("somebody", later)


def test_the_list_is_as_long_as_the_settings_say(shop):
    assert len(shop.list_for("lee", NOW)) == load_settings().products


def test_a_category_nobody_has_is_refused(shop):
    with pytest.raises(ValueError, match="cars"):
        shop.look(View(NOW, "lee", "cars"), NOW)


@pytest.mark.parametrize("values", [(0, 0.5, 5), (24, 1.5, 5), (24, 0.5, 0), ("24", 0.5, 5)])
def test_settings_that_make_no_sense_are_refused(values):
    with pytest.raises(SettingsError, match="must be from"):
        Settings(*values)
