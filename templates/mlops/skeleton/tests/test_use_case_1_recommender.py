"""Retrain every night, promote only what wins its A/B test."""

import math

import numpy as np
import pytest

import world
from modelops import ab, nightly
from modelops.recommender import MissingDataError
from modelops.serving import create_app


class Shop:
    """The pipeline, the service and the outcomes of one shop."""

    def __init__(self, registry, settings, home):
        self.registry, self.settings, self.home = registry, settings, home
        self.outcomes = nightly.Outcomes(home / "outcomes")
        self._client = create_app(registry, settings, self.outcomes).test_client()

    def retrain(self, night, histories):
        log = self.home / "events" / f"{night}.jsonl"
        world.write_log(log, histories)
        return nightly.retrain(self.registry, night, log)

    def day(self, shoppers, users=None):
        """Let users come; as many as a verdict needs when no number is given."""
        rules = self.settings
        needed = world.users_needed(rules.minimum_users, rules.challenger_percent)
        world.visit(self.post, shoppers, shoppers.histories(users or needed))

    def post(self, path, body):
        return self._client.post(path, json=body).get_json(silent=True)

    def conclude(self):
        return nightly.conclude(self.registry, self.settings, self.outcomes)

    @property
    def aliases(self):
        return tuple(
            self.registry.version(nightly.MODEL, alias) for alias in (ab.CHAMPION, ab.CHALLENGER)
        )


@pytest.fixture
def shop(registry, settings, home):
    return Shop(registry, settings, home)


@pytest.fixture
def summer():
    return world.Shoppers(world.SUMMER, seed=1)


@pytest.fixture
def autumn():
    return world.Shoppers(world.AUTUMN, seed=2)


def test_the_first_model_serves_without_a_test(shop, summer):
    shop.retrain("2026-08-28", summer.histories(400))
    answer = shop.post("/recommendations", {"histories": {"user-00001": ["item-11", "item-12"]}})
    assert answer["test"] is None
    assert answer["users"]["user-00001"]["version"] == "1"


def test_a_better_challenger_is_promoted_and_serves_at_once(shop, summer, autumn):
    shop.retrain("2026-08-28", summer.histories(400))
    shop.retrain("2026-08-31", autumn.histories(400))
    assert shop.aliases[0] == "1", "a new model must not serve everybody before its test"

    shop.day(autumn)
    conclusion = shop.conclude()

    assert conclusion.verdict is ab.Verdict.BETTER
    assert conclusion.challenger.rate > 2 * conclusion.champion.rate
    assert shop.aliases == ("2", None)
    answer = shop.post("/recommendations", {"histories": {"user-00001": ["item-01"]}})
    assert answer["users"]["user-00001"]["version"] == "2"


def test_a_worse_challenger_is_sent_away(shop, summer, autumn):
    shop.retrain("2026-08-28", summer.histories(400))
    shop.retrain("2026-08-30", world.scrambled(summer.histories(400), seed=3))
    shop.day(summer)
    conclusion = shop.conclude()
    assert conclusion.verdict is ab.Verdict.NOT_BETTER
    assert shop.aliases == ("1", None)


def test_equal_challengers_pass_as_seldom_as_the_confidence_says(settings):
    rules = ab.Rules(settings.confidence, settings.minimum_users, 50)
    random, trials, users = np.random.default_rng(1), 2000, 2 * settings.minimum_users
    arms = [ab.Arm(users, int(clicks)) for clicks in random.binomial(users, 0.2, 2 * trials)]
    verdicts = [ab.judge(a, b, rules) for a, b in zip(arms[::2], arms[1::2], strict=True)]
    chance = 1 - settings.confidence
    spread = math.sqrt(trials * chance * (1 - chance))
    assert abs(verdicts.count(ab.Verdict.BETTER) - trials * chance) < 4 * spread + 1


def test_a_test_is_not_decided_before_both_arms_are_full(shop, summer, autumn):
    shop.retrain("2026-08-28", summer.histories(400))
    shop.retrain("2026-08-31", autumn.histories(400))
    shop.day(autumn, users=shop.settings.minimum_users)
    assert shop.conclude().verdict is ab.Verdict.UNDECIDED
    assert shop.aliases == ("1", "2")


def test_each_user_meets_the_chosen_share_of_challengers_and_always_the_same_one(shop, summer):
    for night in ("2026-08-28", "2026-08-29"):
        shop.retrain(night, summer.histories(400))
    histories = summer.histories(4000)
    versions = [
        {user: choice["version"] for user, choice in answer["users"].items()}
        for answer in (shop.post("/recommendations", {"histories": histories}) for _ in range(2))
    ]
    assert versions[0] == versions[1]
    share = list(versions[0].values()).count("2") / 4000
    assert share == pytest.approx(shop.settings.challenger_percent / 100, abs=0.03)


def test_a_missing_log_changes_nothing(shop, summer):
    shop.retrain("2026-08-28", summer.histories(400))
    with pytest.raises(MissingDataError, match=r"2026-08-29\.jsonl"):
        nightly.retrain(shop.registry, "2026-08-29", shop.home / "events" / "2026-08-29.jsonl")
    assert shop.aliases == ("1", None)


def test_a_damaged_log_is_refused_with_its_line(shop, summer):
    log = shop.home / "night.jsonl"
    world.write_log(log, summer.histories(150))
    log.write_text(log.read_text() + '{"user": "u"')
    with pytest.raises(MissingDataError, match=r"night\.jsonl:901"):
        nightly.retrain(shop.registry, "2026-08-29", log)
    assert shop.aliases[0] is None


def test_a_log_of_a_handful_of_users_is_an_outage_and_no_night(shop, summer):
    with pytest.raises(MissingDataError):
        shop.retrain("2026-08-29", summer.histories(20))


def test_the_same_night_twice_makes_one_version(shop, summer):
    histories = summer.histories(400)
    first, again = shop.retrain("2026-08-28", histories), shop.retrain("2026-08-28", histories)
    assert (first.is_new, again.is_new, first.version) == (True, False, again.version)
    corrected = shop.retrain("2026-08-28", world.Shoppers(world.SUMMER, seed=2).histories(400))
    assert (corrected.is_new, corrected.version) == (True, "2")


def test_a_version_that_lost_does_not_come_back_when_its_night_is_run_again(shop, summer, autumn):
    shop.retrain("2026-08-28", summer.histories(400))
    damaged = world.scrambled(summer.histories(400), seed=3)
    shop.retrain("2026-08-30", damaged)
    shop.day(summer)
    shop.conclude()
    shop.retrain("2026-08-30", damaged)
    assert shop.aliases[1] is None


def test_a_running_test_is_not_cut_short_by_the_next_night(shop, summer):
    versions = [
        shop.retrain(f"2026-08-{day}", summer.histories(400)).version for day in (28, 29, 30)
    ]
    assert versions == ["1", "2", "3"]
    assert shop.aliases[1] == "2"


def test_the_registry_tells_where_a_version_came_from_and_why_it_serves(shop, summer, autumn):
    shop.retrain("2026-08-28", summer.histories(400))
    shop.retrain("2026-08-31", autumn.histories(400))
    shop.day(autumn)
    conclusion = shop.conclude()
    tags = shop.registry.tags(nightly.MODEL, "2")
    assert (tags["night"], tags[nightly.VERDICT_TAG]) == ("2026-08-31", "better")
    assert len(tags["data_sha256"]) == 64
    [judged] = shop.registry.runs(nightly.MODEL, "tags.ab_verdict = 'better'", "start_time DESC")
    assert judged.data.metrics["z"] == pytest.approx(conclusion.z)


def test_a_promotion_can_be_rolled_back(shop, summer, autumn):
    shop.retrain("2026-08-28", summer.histories(400))
    shop.retrain("2026-08-31", autumn.histories(400))
    shop.day(autumn)
    shop.conclude()
    assert shop.registry.rollback(nightly.MODEL) == "1"
    assert shop.aliases[0] == "1"
