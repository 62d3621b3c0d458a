"""What a user wants to be told: by origin, and by topic of an origin. Pure.

Stored is ``{origin: {"enabled": bool, "topics": {topic: bool}}}``, of the one channel there is.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

from portal.kernel.errors import InputError

#: The only channel: the list of notifications of a frontend.
CHANNEL = "Web"
Preferences = Mapping[str, Mapping[str, Any]]


def is_wanted(preferences: Preferences, origin: str, topic: str | None) -> bool:
    """Return whether a user wants what an origin says of a topic."""
    found = preferences.get(origin)
    if found is None:
        return True
    topics: Mapping[str, bool] = found["topics"]
    return topics.get(topic, found["enabled"]) if topic else bool(found["enabled"])


def described(preferences: Preferences, seen: Iterable[tuple[str, str | None]]) -> dict[str, Any]:
    """Return the settings of a user as clients get them.

    Args:
        preferences: What the user has chosen.
        seen: The origins the user has notifications of, each with a topic or without.
    """
    topics: dict[str, list[str]] = {}
    for origin, topic in sorted(seen, key=lambda pair: (pair[0], pair[1] or "")):
        topics.setdefault(origin, []).extend(filter(None, [topic]))
    origins = [
        {
            "id": origin,
            "enabled": is_wanted(preferences, origin, None),
            "topics": [
                {"id": topic, "enabled": is_wanted(preferences, origin, topic)} for topic in named
            ],
        }
        for origin, named in topics.items()
    ]
    return {"channels": [{"id": CHANNEL, "origins": origins}]}


def chosen(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a client's settings say, to be stored; a topic is off with its origin.

    Raises:
        InputError: When there is a channel that does not exist.
    """
    if any(channel["id"] != CHANNEL for channel in settings["channels"]):
        raise InputError("Invalid channel")
    return {
        origin["id"]: {
            "enabled": origin["enabled"],
            "topics": {
                topic["id"]: origin["enabled"] and topic["enabled"]
                for topic in origin.get("topics", ())
            },
        }
        for channel in settings["channels"]
        for origin in channel["origins"]
    }
