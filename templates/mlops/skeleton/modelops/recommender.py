"""The recommender: from a night's clicks to a model, from a user's history to the next item.

The model is a scikit-learn pipeline, so that the registry keeps it as one piece:
histories become a user x item matrix, which a truncated SVD squeezes into a few tastes.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction import DictVectorizer
from sklearn.pipeline import Pipeline

from modelops import messages

TASTES = 4
# A log with fewer users than this is an outage, not a quiet night.
MINIMUM_LOG_USERS = 100
_TOP = 5
_SEED = 7

Histories = Mapping[str, Sequence[str]]


class MissingDataError(RuntimeError):
    """The log of a night is not there, or is not what it should be."""


@dataclass(frozen=True)
class NightLog:
    """The clicks of one night by user, in order, and the fingerprint of the file."""

    histories: dict[str, list[str]]
    sha256: str


def read_log(path: Path) -> NightLog:
    """Read a night's events, one JSON object a line: {"user": ..., "item": ...}.

    Raises:
        MissingDataError: no file, a line that is no event, or too few users.

    """
    if not path.is_file():
        raise MissingDataError(messages.NO_LOG.format(file=path.name))
    data = path.read_bytes()
    histories: dict[str, list[str]] = {}
    for number, line in enumerate(data.splitlines(), start=1):
        user, item = _event(line, f"{path.name}:{number}")
        histories.setdefault(user, []).append(item)
    if len(histories) < MINIMUM_LOG_USERS:
        reason = messages.FEW_USERS.format(
            file=path.name, users=len(histories), needed=MINIMUM_LOG_USERS
        )
        raise MissingDataError(reason)
    return NightLog(histories, hashlib.sha256(data).hexdigest())


def train(histories: Histories) -> Pipeline:
    """Learn which items are liked together."""
    steps = [("items", DictVectorizer()), ("tastes", TruncatedSVD(TASTES, random_state=_SEED))]
    return Pipeline(steps).fit(_counts(list(histories.values())))


def recommend(model: Pipeline, histories: Sequence[Sequence[str]], top: int = 1) -> list[list[str]]:
    """Rank the items each user has not seen yet, and return the first `top` of them."""
    items, tastes = model.named_steps["items"], model.named_steps["tastes"]
    seen = items.transform(_counts(histories))
    scores = tastes.inverse_transform(tastes.transform(seen))
    scores[seen.nonzero()] = -np.inf
    best = np.argsort(-scores, axis=1, kind="stable")[:, :top]
    names = items.get_feature_names_out()
    return [[str(name) for name in names[row]] for row in best]


def hit_rate(histories: Histories) -> float:
    """Train without each user's last click and see how often the first five guesses hold it."""
    known = {user: items[:-1] for user, items in histories.items() if len(items) > 1}
    guesses = recommend(train(known), list(known.values()), _TOP)
    hits = [histories[user][-1] in guess for user, guess in zip(known, guesses, strict=True)]
    return float(np.mean(hits))


def _counts(histories: Sequence[Sequence[str]]) -> list[dict[str, float]]:
    return [dict.fromkeys(items, 1.0) for items in histories]


def _event(line: bytes, place: str) -> tuple[str, str]:
    try:
        event = json.loads(line)
        return str(event["user"]), str(event["item"])
    except (ValueError, KeyError, TypeError) as error:
        raise MissingDataError(messages.BAD_EVENT.format(place=place)) from error
