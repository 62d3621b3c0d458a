"""What the feature store holds: entities, views of their features, and how they arrive."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from feast import Entity, FeatureService, FeatureView, Field, FileSource, PushSource, ValueType
from feast.types import Float64, Int64

from features.interests import CATEGORIES
from features.windows import TRANSACTIONS

FRAUD = "fraud"
RECOMMENDATIONS = "recommendations"
INTERESTS = "interests"
#: The moment of a value in microseconds since 1970: what Feast tells of it are whole seconds.
MOMENT = "moment"

USER = Entity(name="user", join_keys=["user"], value_type=ValueType.STRING)
_FIELDS = {
    TRANSACTIONS: [
        Field(name="tx_count_1h", dtype=Int64),
        Field(name="avg_amount_24h", dtype=Float64),
    ],
    INTERESTS: [Field(name=f"interest_{name}", dtype=Float64) for name in CATEGORIES],
}


def definitions(folder: Path, ttl: timedelta) -> list[Any]:
    """Return everything to be registered.

    Args:
        folder: Where the history lies, one file for each view.
        ttl: How long a value counts.
    """
    found: list[Any] = [USER]
    views = {}
    for name, fields in _FIELDS.items():
        history = FileSource(
            name=f"{name}_history",
            path=str(history_path(folder, name)),
            timestamp_field="event_timestamp",
        )
        push = PushSource(name=f"{name}_push", batch_source=history)
        views[name] = FeatureView(
            name=name,
            entities=[USER],
            schema=[*fields, Field(name=f"{name}_{MOMENT}", dtype=Int64)],
            source=push,
            ttl=ttl,
        )
        found += [push, views[name]]
    found.append(FeatureService(name=FRAUD, features=[views[TRANSACTIONS]]))
    found.append(FeatureService(name=RECOMMENDATIONS, features=[views[INTERESTS]]))
    return found


def history_path(folder: Path, view: str) -> Path:
    """Return where the history of a view lies."""
    return folder / f"{view}.parquet"
