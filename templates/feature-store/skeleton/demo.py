"""Both use cases, from end to end: ``make run``."""

from __future__ import annotations

import sys
import tempfile
import uuid
from collections import Counter
from datetime import timedelta
from pathlib import Path

from features import fraud, messages, recommendations, sample
from features.definitions import FRAUD, INTERESTS, RECOMMENDATIONS
from features.interests import View
from features.settings import Settings, load_settings
from features.store import FeatureStore, StoreError
from features.windows import Transaction, batch_features

# An online store that lives longer than this story knows the users of the last one.
_BUYER, _VISITOR = (f"{name}-{uuid.uuid4()}" for name in ("kim", "lee"))
#: One of those whose past the model learned from.
_REGULAR = "visitor-3"
_USUAL = 25.0
_BURST = 8


def detect_fraud(store: FeatureStore, settings: Settings) -> tuple[bool, str]:
    """Train on history, then judge a new user's transactions as they come."""
    history = sample.transactions()
    fraud.backfill(store, history)
    training_set = store.training_set(FRAUD, fraud.labels(history))
    model = fraud.FraudModel()
    model.train(training_set)
    print(messages.DEMO_TRAINED.format(count=len(training_set)))
    check = fraud.FraudCheck(store, model, settings.threshold)
    seen = []
    for transaction in _story():
        decision = check.judge(transaction)
        seen.append((transaction, decision))
        print(messages.DEMO_JUDGED.format(at=transaction.at, one=transaction, decision=decision))
    last, decision = seen[-1]
    online = store.online(FRAUD, last.user, last.at)
    batch = dict(batch_features([one for one, _ in seen]))[last]
    is_same = online["tx_count_1h"] == batch.tx_count_1h
    first_held = next((number for number, (_, one) in enumerate(seen, 1) if one.is_held), 0)
    fact = messages.DEMO_DETECTED.format(
        held=first_held - _BURST, count=online["tx_count_1h"], probability=decision.probability
    )
    calm = [one.is_held for _transaction, one in seen[:_BURST]]
    return is_same and not any(calm) and first_held > _BURST, fact


def _story() -> list[Transaction]:
    """Return eight days of shopping, and then a stolen card."""
    day = sample.START + timedelta(days=30)
    calm = [
        Transaction(day + timedelta(days=number, hours=12), _BUYER, _USUAL)
        for number in range(_BURST)
    ]
    night = day + timedelta(days=_BURST, hours=3)
    burst = [
        Transaction(night + timedelta(minutes=4 * number), _BUYER, 5 * _USUAL)
        for number in range(_BURST)
    ]
    return calm + burst


def recommend(store: FeatureStore, settings: Settings) -> tuple[bool, str]:
    """Train on history, then show a visitor a list before and after they look around."""
    shelf = sample.products(messages.PRODUCTS)
    views, impressions = sample.visits(shelf)
    moments = recommendations.moments(sample.START, 10, timedelta(hours=settings.ttl_hours))
    recommendations.backfill(store, views, moments)
    training_set = store.training_set(RECOMMENDATIONS, recommendations.labels(impressions))
    recommender = recommendations.Recommender()
    recommender.train(training_set)
    print(messages.DEMO_LEARNED.format(count=len(training_set)))
    shop = recommendations.Shop(store, recommender, shelf, settings.products)
    # The interests the model learned from go online, as a nightly job does; a regular gets a list.
    morning = moments[-1]
    unknown = shop.list_for(_REGULAR, morning)
    store.load_online(INTERESTS, morning)
    known = shop.list_for(_REGULAR, morning)
    print(messages.DEMO_MOVED.format(products=", ".join(one.name for one in known)))
    liked = Counter(one.category for one in views if one.user == _REGULAR).most_common(1)[0][0]
    is_moved = known != unknown and known[0].category == liked
    now = sample.START + timedelta(days=30)
    before = shop.list_for(_VISITOR, now)
    print(messages.DEMO_LIST.format(products=", ".join(one.name for one in before)))
    for minute in range(3):
        at = now + timedelta(minutes=minute)
        shop.look(View(at, _VISITOR, "garden"), at + timedelta(seconds=1))
    print(messages.DEMO_LOOKED)
    after = shop.list_for(_VISITOR, now + timedelta(minutes=5))
    print(messages.DEMO_LIST.format(products=", ".join(one.name for one in after)))
    fact = messages.DEMO_RECOMMENDED.format(
        regular=known[0].name, before=before[0].name, after=after[0].name
    )
    is_changed = after[0].category == "garden" and before[0].category != "garden"
    return is_moved and is_changed, fact


def main() -> int:
    """Play both use cases and return 0 when both showed what they should."""
    settings = load_settings()
    try:
        with tempfile.TemporaryDirectory() as name:
            store = FeatureStore(Path(name), timedelta(hours=settings.ttl_hours))
            store.register()
            results = [detect_fraud(store, settings), recommend(store, settings)]
    except StoreError as error:
        sys.exit(str(error))
    for number, (is_ok, fact) in enumerate(results, 1):
        verdict = "OK" if is_ok else "FAILED"
        print(f"[{number}/2] {verdict} {messages.USE_CASES[number - 1]}: {fact}")
    return 0 if all(is_ok for is_ok, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
