"""The feature store: history for training, the newest values for serving.

Feast does the work. Three of its gaps are closed here, and tested: a late value does
not overwrite a newer one, a value that is too old counts as missing, and two moments of
the same second are two.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pandas as pd
from feast import FeatureStore as Feast
from feast import RepoConfig
from feast.data_source import PushMode

from features.definitions import MOMENT, definitions, history_path
from features.log import EventLog, RedisLog, SqliteLog

# Feast's own affair: it calls DuckDB, through ibis, by a name that will change.
warnings.filterwarnings("ignore", category=DeprecationWarning, module="ibis")

Row = Mapping[str, Any]
_TIME = "event_timestamp"
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
#: Parquet files hold microseconds; DuckDB cannot cast nanoseconds with a time zone.
_MICROSECONDS: Final = "datetime64[us, UTC]"


class StoreError(RuntimeError):
    """The store is not there, or cannot be used like this."""


class FeatureStore:
    """Features of users, by time.

    Args:
        folder: Where registry, history and the embedded online store lie.
        ttl: How long a value counts.

    Attributes:
        log: The events that windows are counted from.
    """

    def __init__(self, folder: Path, ttl: timedelta) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._ttl = ttl
        address = os.environ.get("ONLINE_STORE", "")
        self._feast = Feast(config=_config(folder, address))
        self.log: EventLog = RedisLog(address) if address else SqliteLog(folder / "events.db")

    def register(self) -> None:
        """Make what ``definitions`` says known; a second time changes nothing."""
        self._feast.apply(definitions(self._folder, self._ttl))

    def write_history(self, view: str, rows: Iterable[Row]) -> None:
        """Replace the history of a view.

        Args:
            view: Its name.
            rows: Each with ``user``, ``event_timestamp`` and the features.
        """
        frame = pd.DataFrame(list(rows))
        frame[_TIME] = frame[_TIME].astype(_MICROSECONDS)
        frame[f"{view}_{MOMENT}"] = frame[_TIME].astype("int64")
        frame.to_parquet(history_path(self._folder, view))

    def training_set(self, service: str, labels: pd.DataFrame) -> pd.DataFrame:
        """Return labels with the features as they were at each label's moment.

        That is the point-in-time join: nothing that happened later gets in.

        Args:
            service: Which features.
            labels: With ``user``, ``event_timestamp`` and whatever is to be learned.
        """
        known = labels.assign(**{_TIME: labels[_TIME].astype(_MICROSECONDS)})
        features = self._feast.get_feature_service(service)
        found: pd.DataFrame = self._feast.get_historical_features(known, features).to_df()
        return found.sort_values([_TIME, "user"], ignore_index=True)

    def load_online(self, view: str, until: datetime) -> None:
        """Bring the newest values of a view's history online."""
        self._feast.materialize(until - self._ttl, until, feature_views=[view])

    def push(self, view: str, row: Row) -> bool:
        """Bring a value online, unless a newer one is there; return whether it was.

        Between looking and writing nobody else may write: this belongs into the user's
        ``log.turn``.
        """
        newest = self._newest(view, row["user"])
        if newest is not None and newest > row[_TIME]:
            return False
        frame = pd.DataFrame([{**row, f"{view}_{MOMENT}": _number(row[_TIME])}])
        self._feast.push(f"{view}_push", frame, to=PushMode.ONLINE)
        return True

    def _newest(self, view: str, user: str) -> datetime | None:
        name = f"{view}_{MOMENT}"
        found = self._feast.get_online_features(
            features=[f"{view}:{name}"], entity_rows=[{"user": user}]
        )
        return _time(found.to_dict()[name][0])

    def online(self, service: str, user: str, at: datetime) -> dict[str, Any]:
        """Return a user's newest features; ``None`` for what is missing or too old."""
        features = self._feast.get_feature_service(service)
        found = self._feast.get_online_features(features=features, entity_rows=[{"user": user}])
        values = found.to_dict()
        fresh = {}
        for view in features.feature_view_projections:
            moment = f"{view.name}_{MOMENT}"
            time = _time(values[moment][0])
            is_fresh = time is not None and at - time <= self._ttl
            for name in (field.name for field in view.features if field.name != moment):
                fresh[name] = values[name][0] if is_fresh else None
        return fresh


def _number(moment: datetime) -> int:
    return (moment - _BEGINNING) // timedelta(microseconds=1)


def _time(number: int | None) -> datetime | None:
    return None if number is None else _BEGINNING + timedelta(microseconds=number)


def _config(folder: Path, address: str) -> RepoConfig:
    """Return Feast's settings: files here, or the online store of ONLINE_STORE."""
    return RepoConfig(
        project="starter",
        provider="local",
        registry=str(folder / "registry.db"),
        offline_store={"type": "duckdb"},
        online_store=_online_store(address, folder),
        entity_key_serialization_version=3,
    )


def _online_store(address: str, folder: Path) -> dict[str, Any]:
    if not address:
        return {"type": "sqlite", "path": str(folder / "online.db")}
    url = urlsplit(address)
    if url.scheme != "redis" or not url.hostname:
        raise StoreError("ONLINE_STORE must be redis://host:port[/db], or not set")
    parts = [f"{url.hostname}:{url.port or 6379}"]
    if url.path.strip("/"):
        parts.append(f"db={url.path.strip('/')}")
    if url.password:
        parts.append(f"password={url.password}")
    return {"type": "redis", "connection_string": ",".join(parts)}
