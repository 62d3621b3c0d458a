"""Compares recorded answers with those of another run: what differs, and what never counts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.contract import make_auth_recordings
from tests.contract import make_recordings
from tests.contract import make_scaffolder_recordings

Record = dict[str, Any]
#: The greatest number of places shown of one answer, and the longest text of a value.
_MOST_PLACES, _LONGEST = 6, 120
#: How much is shown before the place where two texts begin to differ.
_CONTEXT = 30
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_MANAGED_BY = "backstage.io/managed-by-location"
_ORIGIN = "backstage.io/managed-by-origin-location"
_LOG_ID = re.compile(r"logId=[0-9a-f]+")

#: What depends on the run and not on the version, by recording and name.
CHANCE = {
    ("auth-and-core", "static token"): "one entity of many, by uid",
    ("auth-and-core", "cors get"): "one entity of many, by uid",
    ("auth-and-core", "guest refresh"): "a second more or less",
    ("auth-and-core", "guest refresh xhr"): "a second more or less",
    ("search", "pageLimit"): "a page of equal scores",
    ("search", "cursor p1"): "a page of equal scores",
    ("catalog-write", "bq noorder page2"): "entities of another order, by uid",
    ("catalog-write", "bq two orders"): "entities of the same order, by uid",
    ("catalog-write", "after del"): "it may have been read again already",
    ("scaffolder-failures", "cancelled events"): "how far the task had come",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """An answer that is not as recorded.

    Attributes:
        recording: The recording it is in.
        name: The name of the request there.
        request: Method and path, or the action.
        places: Where the answers differ: ``path: recorded -> now``.
    """

    recording: str
    name: str
    request: str
    places: tuple[str, ...]


def _catalog(folder: Path, recording: str) -> Iterator[Record]:
    for row in make_recordings.golden(folder, recording):
        record = row | {"answer": _without_race(make_recordings.opened(row["answer"]))}
        text = json.dumps(make_recordings.without_cursor(record), ensure_ascii=False)
        yield json.loads(_LOG_ID.sub("$LOG", _TIME.sub("$TIME", _UUID.sub("$UUID", text))))


def _without_race(value: Any) -> Any:
    """Leave out what the order decides in which entities were read and indexed.

    That is which of two Locations an entity was read from, and the rank of equal scores.
    """
    if isinstance(value, list):
        return [_without_race(item) for item in value]
    if not isinstance(value, dict):
        return value
    left_out = {"rank"} if "document" in value else set()
    if "/sub/one.yaml" in str(value.get(_MANAGED_BY)):
        left_out.add(_ORIGIN)
    return {name: _without_race(item) for name, item in value.items() if name not in left_out}


#: How the rows of a recording are made the same, as for the tests.
_NORMALISED: dict[str, Callable[[Path, str], Iterator[Record]]] = {
    "auth-and-core": make_auth_recordings.golden,
    "scaffolder": make_scaffolder_recordings.rows,
    "scaffolder-failures": make_scaffolder_recordings.rows,
}
_COMPARED = ("status", "type", "link", "chunked", "cookie", "answer")


def differences(recorded: Path, now: Path, recording: str) -> Iterator[Difference]:
    """Yield the answers of one recording that are not as recorded.

    Args:
        recorded: The folder that holds the folder of recordings.
        now: The same of this run.
        recording: The name of the recording.
    """
    rows = _NORMALISED.get(recording, _catalog)
    for old, new in zip(rows(recorded, recording), rows(now, recording), strict=True):
        if (recording, old["name"]) in CHANCE:
            continue
        before = {name: old.get(name) for name in _COMPARED}
        after = {name: new.get(name) for name in _COMPARED}
        if in_order(before) != in_order(after):
            request = f"{old['method']} {old['url']}"
            yield Difference(recording, old["name"], request, places(before, after))


def in_order(value: Any) -> Any:
    """Return a value whose lists are sorted: what no version decides is their order."""
    if isinstance(value, dict):
        return {name: in_order(item) for name, item in value.items()}
    if isinstance(value, list):
        return sorted(map(in_order, value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


def places(before: Any, after: Any) -> tuple[str, ...]:
    """Return where two values differ; the first few of many."""
    found = list(_places(before, after, ""))
    more = [f"… and {len(found) - _MOST_PLACES} more places"] if len(found) > _MOST_PLACES else []
    return (*found[:_MOST_PLACES], *more)


def _places(before: Any, after: Any, path: str) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(name for name in after if name not in before)]:
            yield from _places(before.get(name), after.get(name), f"{path}.{name}".lstrip("."))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _places(old, new, f"{path}[{index}]")
    elif before != after:
        yield f"{path}: {_shown(before, after)}"


def _shown(before: Any, after: Any) -> str:
    """Return two values, of long ones what follows their common beginning."""
    texts = [json.dumps(value, ensure_ascii=False) for value in (before, after)]
    same = _common(*texts) if max(map(len, texts)) > _LONGEST else 0
    start = max(0, same - _CONTEXT)
    cut = [text[start : start + _LONGEST] for text in texts]
    return " -> ".join(f"…{text}" if start else text for text in cut)


def _common(before: str, after: str) -> int:
    """Return how many characters two texts begin with alike."""
    pairs = enumerate(zip(before, after, strict=False))
    return next((at for at, (old, new) in pairs if old != new), min(len(before), len(after)))
