"""What one file shows, and what a scan remembers of it: the next reads changed files only."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from portal.evidence.finding import Scope

#: Counted up when the code reads files differently: memories of before are ignored.
_VERSION = 2
#: The size of a memory when it is unpacked, in bytes.
_LARGEST = 200_000_000


@dataclass(frozen=True, slots=True)
class Hit:
    """A place in a file that a rule matches.

    Attributes:
        rule: The position of the rule in its set.
        line: The line, from 1.
        matched: What was matched.
        scope: When it takes effect, as far as the file's content says.
        weakened: Why it says less than its rule; see ``Finding.weakened``.
        needs_use: Whether it counts only when the component uses what the file defines.
        place: The file that it is about, when that is another one.
    """

    rule: int
    line: int
    matched: str
    scope: Scope = Scope.RUNTIME
    weakened: str = ""
    needs_use: tuple[str, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What one file shows.

    Attributes:
        hits: The places that rules match.
        gap: Why it could not be read as a whole; empty when it could.
        others: Other files these facts depend on, with their blob ids; the id of one that
            does not exist is empty.
    """

    hits: tuple[Hit, ...] = ()
    gap: str = ""
    others: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> list[Any]:
        """Return the facts as JSON values; see ``from_json``."""
        hits = [
            [
                hit.rule,
                hit.line,
                hit.matched,
                hit.scope.value,
                hit.weakened,
                list(hit.needs_use),
                hit.place,
            ]
            for hit in self.hits
        ]
        return [hits, self.gap, [list(other) for other in self.others]]

    @classmethod
    def from_json(cls, value: Any) -> Facts:
        """Return facts from the JSON values that ``to_json`` made."""
        hits = (
            Hit(rule, line, matched, Scope(scope), weakened, tuple(names), place)
            for rule, line, matched, scope, weakened, names, place in value[0]
        )
        return cls(tuple(hits), value[1], tuple((path, id) for path, id in value[2]))  # noqa: A001


NOTHING = Facts()


class Memory:
    """Facts by path and blob id, of the last scan and of this one.

    Args:
        id: The rules and all else that decides what is found; memory of another is ignored.
        files: Blob id and facts by path.
        mentions: The names that were looked for, and those found by path.
    """

    def __init__(self, id: str, files: dict[str, Any], mentions: Any) -> None:  # noqa: A002
        self._id = id
        self._old = files
        self._new: dict[str, Any] = {}
        self._old_mentions = mentions
        self._new_mentions: Any = [[], {}]

    @classmethod
    def load(cls, data: bytes, id: str) -> Memory:  # noqa: A002
        """Return the memory of the last scan; an empty one when it is of no use."""
        digest = hashlib.sha256(f"{_VERSION}:{id}".encode()).hexdigest()
        try:
            unpacked = zlib.decompressobj().decompress(data, _LARGEST) if data else b"[]"
            document = json.loads(unpacked)
        except (zlib.error, ValueError):
            document = []
        if len(document) == 3 and document[0] == digest:
            return cls(digest, document[1], document[2])
        return cls(digest, {}, [[], {}])

    def save(self) -> bytes:
        """Return what is to be kept for the next scan."""
        document = [self._id, self._new, self._new_mentions]
        return zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 1)

    def begin(self) -> _Remembered:
        """Return the facts of the last scan."""
        return _Remembered(self._old)

    def keep(self, path: str, blob: str, facts: Facts) -> None:
        """Remember the facts of a file; nothing is remembered of files without an id."""
        if blob:
            self._new[path] = [blob, facts.to_json()] if facts != NOTHING else blob

    def begin_mentions(self, names: Collection[str]) -> _Mentioned:
        """Return who mentioned some names in the last scan; empty if others were looked for."""
        wanted = sorted(names)
        self._new_mentions = [wanted, {}]
        same = self._old_mentions[0] == wanted
        return _Mentioned(self._old, self._old_mentions[1] if same else None, self._new)

    def keep_mentions(self, path: str, names: frozenset[str]) -> None:
        """Remember which of the names a file mentions."""
        if names:
            self._new_mentions[1][path] = sorted(names)


class _Remembered:
    def __init__(self, files: dict[str, Any]) -> None:
        self._files = files

    def get(self, path: str, blob: str, id_of: Callable[[str], str]) -> Facts | None:
        """Return the facts of a file; ``None`` when it or what it depends on has changed."""
        found = self._files.get(path)
        if not blob or found is None:
            return None
        if found == blob:
            return NOTHING
        if found[0] != blob:
            return None
        facts = Facts.from_json(found[1])
        return facts if all(id_of(other) == id for other, id in facts.others) else None  # noqa: A001


class _Mentioned:
    def __init__(self, old: dict[str, Any], names: dict[str, Any] | None, new: Any) -> None:
        self._old = old
        self._names = names
        self._new = new

    def get(self, path: str, blob: str) -> frozenset[str] | None:
        """Return the names a file mentions; ``None`` when it has changed or is new."""
        found = self._old.get(path)
        known = found if isinstance(found, str) or found is None else found[0]
        if self._names is None or not blob or known != blob:
            return None
        return frozenset(self._names.get(path, ()))
