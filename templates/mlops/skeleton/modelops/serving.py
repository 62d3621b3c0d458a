"""The serving application: asks the registry at every request which version serves.

So a deployment and a rollback need no restart. When the registry cannot be reached, or a new
version cannot be loaded, the version at hand goes on serving, and the registry is left alone
for some seconds: requests must not wait for it one after the other.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, HTTPException, ServiceUnavailable

from modelops import ab, fraud, messages, nightly
from modelops.recommender import recommend
from modelops.registry import Registry
from modelops.settings import Settings

RETRY_SECONDS = 10.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Loaded:
    """A version of a model, in memory."""

    version: str
    estimator: Any


class Live:
    """The model an alias points to, loaded again only when the alias has moved."""

    def __init__(
        self,
        registry: Registry,
        model: str,
        alias: str = ab.CHAMPION,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = registry
        self._model = model
        self._alias = alias
        self._clock = clock
        self._ask_again = -math.inf
        self._loaded: Loaded | None = None
        self._lock = threading.Lock()

    def current(self) -> Loaded | None:
        """Return what serves now; None when nothing was ever deployed."""
        with self._lock:
            if self._clock() >= self._ask_again:
                try:
                    self._loaded = self._follow()
                except Exception as error:
                    _log.warning("%s: keeping what is loaded: %s", self._model, error)
                    self._ask_again = self._clock() + RETRY_SECONDS
            return self._loaded

    def _follow(self) -> Loaded | None:
        version = self._registry.version(self._model, self._alias)
        if version is None or (self._loaded and self._loaded.version == version):
            return self._loaded if version else None
        return Loaded(version, self._registry.load(self._model, version))


def create_app(registry: Registry, settings: Settings, outcomes: nightly.Outcomes) -> Flask:
    """Build the application over a registry and the log of outcomes."""
    app = Flask(__name__)
    detector = Live(registry, fraud.MODEL)
    champion = Live(registry, nightly.MODEL)
    challenger = Live(registry, nightly.MODEL, ab.CHALLENGER)

    @app.post("/fraud/scores")
    def score() -> ResponseReturnValue:
        """{"payments": [{"amount": 10.0, ...}]} -> the version and a probability each."""
        features = _features(_body().get("payments"))
        serving = _deployed(detector, fraud.MODEL)
        probabilities = fraud.scores(serving.estimator, features)
        return jsonify(version=serving.version, scores=[round(float(p), 6) for p in probabilities])

    @app.post("/recommendations")
    def choose() -> ResponseReturnValue:
        """{"histories": {"user": ["item", ...]}} -> an item for each user, and the running test."""
        histories = _histories(_body().get("histories"))
        models = {ab.CHAMPION: _deployed(champion, nightly.MODEL)}
        rival = challenger.current()
        if rival is None:
            arms = dict.fromkeys(histories, ab.CHAMPION)
            return jsonify(test=None, users=_choices(models, arms, histories))
        test = nightly.Trial(models[ab.CHAMPION].version, rival.version).name
        models[ab.CHALLENGER] = rival
        arms = {user: ab.assign(user, test, settings.challenger_percent) for user in histories}
        return jsonify(test=test, users=_choices(models, arms, histories))

    @app.post("/outcomes")
    def record() -> ResponseReturnValue:
        """{"test": "1-2", "clicked": {"user": true}} -> written down for the nightly judgement."""
        body = _body()
        test, clicked = body.get("test"), body.get("clicked")
        if not isinstance(test, str) or not isinstance(clicked, dict):
            raise BadRequest(messages.BAD_OUTCOMES)
        try:
            outcomes.add(test, {str(user): bool(click) for user, click in clicked.items()})
        except ValueError as error:
            raise BadRequest(messages.BAD_OUTCOMES) from error
        return "", 204

    @app.errorhandler(HTTPException)
    def explain(error: HTTPException) -> ResponseReturnValue:
        return jsonify(error=error.description), error.code or 500

    return app


def _choices(
    models: Mapping[str, Loaded], arms: Mapping[str, str], histories: Mapping[str, list[str]]
) -> dict[str, dict[str, str]]:
    """Let each arm's model choose for the arm's users, all of them at once."""
    choices = {}
    for arm, model in models.items():
        users = [user for user, place in arms.items() if place == arm]
        items = recommend(model.estimator, [histories[user] for user in users]) if users else []
        for user, item in zip(users, items, strict=True):
            choices[user] = {"item": item[0], "version": model.version}
    return choices


def _deployed(live: Live, model: str) -> Loaded:
    serving = live.current()
    if serving is None:
        raise ServiceUnavailable(messages.NOT_DEPLOYED.format(model=model))
    return serving


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadRequest(messages.BAD_JSON)
    return body


def _features(payments: object) -> fraud.Matrix:
    try:
        rows = [[float(payment[name]) for name in fraud.FEATURES] for payment in payments]  # type: ignore[attr-defined]
    except (TypeError, KeyError, ValueError) as error:
        raise BadRequest(messages.BAD_PAYMENTS.format(names=", ".join(fraud.FEATURES))) from error
    matrix = np.array(rows)
    if not rows or not np.isfinite(matrix).all():
        raise BadRequest(messages.BAD_PAYMENTS.format(names=", ".join(fraud.FEATURES)))
    return matrix


def _histories(histories: object) -> dict[str, list[str]]:
    if not isinstance(histories, dict) or not histories:
        raise BadRequest(messages.BAD_HISTORIES)
    if not all(isinstance(items, list) for items in histories.values()):
        raise BadRequest(messages.BAD_HISTORIES)
    return {str(user): [str(item) for item in items] for user, items in histories.items()}
