"""Sweep, register the best, deploy and roll back with one command and without a restart."""

import urllib.error

import numpy as np
import pytest
from mlflow import MlflowClient

import world
from demo import PARENT, PAYMENT, serving
from modelops import ab, fraud
from modelops.__main__ import main
from modelops.registry import NoSuchVersionError
from modelops.serving import RETRY_SECONDS, Live


@pytest.fixture
def payments(tmp_path):
    path = tmp_path / "payments.csv"
    world.write_payments(path, 3000, seed=1)
    return fraud.read_payments(path)


@pytest.fixture
def two_versions(registry, payments):
    for trees in (5, 7):
        model = fraud.RandomForestClassifier(trees, random_state=1)
        with registry.run(fraud.MODEL, "train"):
            registry.register(fraud.MODEL, model.fit(payments.features, payments.labels), {})
    return registry


def champion(registry):
    return registry.version(fraud.MODEL, ab.CHAMPION)


def test_every_setting_is_tracked_and_the_best_is_registered(registry, settings, payments):
    found = fraud.sweep(registry, payments, settings.sweep_runs)
    tried = [
        run
        for run in registry.runs(fraud.MODEL, f"metrics.{fraud.METRIC} > 0", "start_time ASC")
        if PARENT in run.data.tags
    ]
    assert len({tuple(sorted(run.data.params.items())) for run in tried}) == settings.sweep_runs
    assert all(set(run.data.params) == set(fraud.GRID) for run in tried)
    best = max(tried, key=lambda run: run.data.metrics[fraud.METRIC])
    assert found.validation == best.data.metrics[fraud.METRIC]
    assert found.validation > min(run.data.metrics[fraud.METRIC] for run in tried)
    winner = registry.load(fraud.MODEL, found.version)
    assert {key: str(winner.get_params()[key]) for key in fraud.GRID} == best.data.params


def test_the_winner_finds_fraud_where_never_saying_fraud_is_as_accurate(registry, payments):
    found = fraud.sweep(registry, payments, 12)
    share = payments.labels.mean()
    assert 1 - share > 0.95, "never saying fraud is right this often"
    assert found.test > 10 * share, "and has an average precision of the share of fraud"


def test_a_registered_model_does_not_serve_before_it_is_deployed(registry, payments):
    fraud.sweep(registry, payments, 12)
    assert Live(registry, fraud.MODEL).current() is None


def test_one_command_deploys_and_one_rolls_back_under_a_running_service(two_versions, home):
    payment = np.array([[PAYMENT[name] for name in fraud.FEATURES]])
    expected = {
        version: pytest.approx(fraud.scores(two_versions.load(fraud.MODEL, version), payment)[0])
        for version in ("1", "2")
    }
    with serving(home) as service:

        def answer():
            return service.post("/fraud/scores", {"payments": [PAYMENT]})

        with pytest.raises(urllib.error.HTTPError, match="503"):
            answer()
        for command, version in (
            (["deploy", fraud.MODEL, "1"], "1"),
            (["deploy", fraud.MODEL, "2"], "2"),
            (["rollback", fraud.MODEL], "1"),
        ):
            assert main(["--home", str(home), *command]) == 0
            assert answer() == {"version": version, "scores": [expected[version]]}
        assert service.is_the_same_process


def test_a_version_that_does_not_exist_is_refused(two_versions, home, capsys):
    two_versions.deploy(fraud.MODEL, "1")
    assert main(["--home", str(home), "deploy", fraud.MODEL, "9"]) == 1
    assert "9" in capsys.readouterr().err
    assert champion(two_versions) == "1"


def test_rolling_back_twice_goes_back_two_deployments(two_versions):
    for version in ("1", "2", "1"):
        two_versions.deploy(fraud.MODEL, version)
    assert [two_versions.rollback(fraud.MODEL) for _ in range(2)] == ["2", "1"]
    with pytest.raises(NoSuchVersionError):
        two_versions.rollback(fraud.MODEL)
    assert champion(two_versions) == "1"


def test_deploying_what_serves_already_leaves_nothing_to_roll_back_to(two_versions):
    two_versions.deploy(fraud.MODEL, "1")
    two_versions.deploy(fraud.MODEL, "1")
    with pytest.raises(NoSuchVersionError):
        two_versions.rollback(fraud.MODEL)


def test_the_service_outlives_its_registry(two_versions, monkeypatch):
    now = [0.0]
    live = Live(two_versions, fraud.MODEL, clock=lambda: now[0])
    two_versions.deploy(fraud.MODEL, "1")
    assert live.current().version == "1"

    reachable = two_versions.client
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    two_versions.client = MlflowClient("http://127.0.0.1:9", "http://127.0.0.1:9")
    assert live.current().version == "1"

    two_versions.client = reachable
    two_versions.deploy(fraud.MODEL, "2")
    assert live.current().version == "1", "it leaves the registry alone for a while"
    now[0] += RETRY_SECONDS
    assert live.current().version == "2"


def test_a_version_that_cannot_be_loaded_does_not_replace_one_that_serves(two_versions, home):
    live = Live(two_versions, fraud.MODEL)
    two_versions.deploy(fraud.MODEL, "1")
    assert live.current().version == "1"
    newest = max((home / "artifacts").rglob("model.skops"), key=lambda file: file.stat().st_mtime)
    newest.unlink()
    two_versions.deploy(fraud.MODEL, "2")
    assert live.current().version == "1"


@pytest.mark.parametrize("text", ["amount\n1\n", "", "amount,hour\n"])
def test_a_file_without_the_columns_is_refused(tmp_path, text):
    path = tmp_path / "payments.csv"
    path.write_text(text)
    with pytest.raises(fraud.PaymentsError, match=r"payments\.csv"):
        fraud.read_payments(path)


def test_a_value_that_is_no_number_is_refused_with_its_line(tmp_path):
    path = tmp_path / "payments.csv"
    world.write_payments(path, 3, seed=1)
    path.write_text(path.read_text().rsplit(",", 1)[0] + ",x\n")
    with pytest.raises(fraud.PaymentsError, match=r"payments\.csv:4"):
        fraud.read_payments(path)
