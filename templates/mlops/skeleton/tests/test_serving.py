import pytest

import world
from modelops import fraud, nightly
from modelops.recommender import train
from modelops.serving import create_app

PAYMENT = dict.fromkeys(fraud.FEATURES, 1.0)


@pytest.fixture
def client(registry, settings, home):
    histories = world.Shoppers(world.SUMMER, seed=1).histories(200)
    payments = home / "payments.csv"
    world.write_payments(payments, 500, seed=1)
    table = fraud.read_payments(payments)
    forest = fraud.RandomForestClassifier(5, random_state=1).fit(table.features, table.labels)
    for model, estimator in ((nightly.MODEL, train(histories)), (fraud.MODEL, forest)):
        with registry.run(model, "train"):
            registry.deploy(model, registry.register(model, estimator, {}))
    outcomes = nightly.Outcomes(home / "outcomes")
    return create_app(registry, settings, outcomes).test_client()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/fraud/scores", b"no json"),
        ("/fraud/scores", []),
        ("/fraud/scores", {}),
        ("/fraud/scores", {"payments": []}),
        ("/fraud/scores", {"payments": [{"amount": 1}]}),
        ("/fraud/scores", {"payments": [PAYMENT | {"amount": "much"}]}),
        ("/fraud/scores", {"payments": [PAYMENT | {"amount": float("nan")}]}),
        ("/recommendations", {}),
        ("/recommendations", {"histories": {}}),
        ("/recommendations", {"histories": {"user-1": "item-01"}}),
        ("/outcomes", {"test": "1-2"}),
        ("/outcomes", {"test": "../../escape", "clicked": {"user-1": True}}),
        ("/outcomes", {"test": 12, "clicked": {}}),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(client, home, path, body):
    sent = {"data": body} if isinstance(body, bytes) else {"json": body}
    answer = client.post(path, **sent)
    assert answer.status_code == 400
    assert answer.get_json()["error"]
    assert not list(home.rglob("*escape*"))


def test_an_item_the_model_never_saw_does_no_harm(client):
    answer = client.post("/recommendations", json={"histories": {"user-1": ["brand-new"]}})
    assert answer.get_json()["users"]["user-1"]["item"].startswith("item-")


def test_what_a_user_has_seen_is_not_recommended(client):
    seen = [f"item-{n:02}" for n in range(39)]
    answer = client.post("/recommendations", json={"histories": {"user-1": seen}})
    assert answer.get_json()["users"]["user-1"]["item"] == "item-39"


def test_a_user_who_comes_twice_counts_once(home):
    outcomes = nightly.Outcomes(home / "outcomes")
    for did_click in (False, True, False):
        outcomes.add("1-2", {"user-1": did_click})
    champion, challenger = outcomes.tally("1-2", 50)
    assert (champion.users + challenger.users, champion.clicks + challenger.clicks) == (1, 1)
