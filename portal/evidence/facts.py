"""What one file shows, and what a scan remembers of it: the next reads changed files only."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.evidence.finding import Scope

#: Counted up when the code reads files differently: memories of before are ignored.
_VERSION = 3
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
    """What the files of a component showed, by path and blob id: known files are not read.

    Args:
        id: The rules and all else that decides what is found; memory of another is ignored.
        files: By path, the blob id; where the file shows something, a list of it and the facts.
        searched: The names that were looked for in all files of code.
        mentioned: Those that were found, by path.
    """

    def __init__(
        self,
        id: str,  # noqa: A002
        files: dict[str, Any] | None = None,
        searched: Collection[str] = (),
        mentioned: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self.id = id
        self._files = files or {}
        self.searched = frozenset(searched)
        self._mentioned = dict(mentioned or {})

    @classmethod
    def load(cls, data: bytes, id: str) -> Memory:  # noqa: A002
        """Return the memory of the last scan; an empty one when it is of no use."""
        digest = hashlib.sha256(f"{_VERSION}:{id}".encode()).hexdigest()
        try:
            unpacked = zlib.decompressobj().decompress(data, _LARGEST) if data else b"[]"
            document = json.loads(unpacked)
        except (zlib.error, ValueError):
            document = []
        if len(document) == 4 and document[0] == digest:
            return cls(*document)
        return cls(digest)

    def save(self) -> bytes:
        """Return what is to be kept for the next scan."""
        document = [
            self.id,
            self._files,
            sorted(self.searched),
            {path: sorted(names) for path, names in self._mentioned.items()},
        ]
        return zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 1)

    def facts(self, path: str, blob: str, id_of: Callable[[str], str]) -> Facts | None:
        """Return the facts of a file; ``None`` when it or what it depends on has changed."""
        found = self._files.get(path)
        if not blob or found is None:
            return None
        if found == blob:
            return NOTHING
        if isinstance(found, str) or found[0] != blob:
            return None
        facts = Facts.from_json(found[1])
        return facts if all(id_of(other) == id for other, id in facts.others) else None  # noqa: A001

    def keep(self, path: str, blob: str, facts: Facts = NOTHING) -> None:
        """Remember the facts of a file; nothing is remembered of files without an id."""
        if blob:
            self._files[path] = [blob, facts.to_json()] if facts != NOTHING else blob

    def mentioned(self, path: str) -> Collection[str]:
        """Return which names a file mentions, of the content that is known of it."""
        return self._mentioned.get(path, ())

    def keep_mentioned(self, path: str, blob: str, names: Collection[str]) -> None:
        """Remember which names a file mentions."""
        if blob and path not in self._files:
            self._files[path] = blob
        if names:
            self._mentioned[path] = names

    def knows(self, path: str, blob: str) -> bool:
        """Return whether a file is known with this content."""
        found = self._files.get(path)
        return (found if isinstance(found, str) or found is None else found[0]) == blob

    def forget_mentions(self) -> None:
        """Forget which names were looked for."""
        self.searched = frozenset()
        self._mentioned = {}

    def keep_only(self, paths: Collection[str]) -> None:
        """Forget all files but some."""
        there = set(paths)
        for path in self._files.keys() - there:
            self.forget(path)

    def forget(self, path: str) -> None:
        """Forget a file that is gone, or has changed."""
        self._files.pop(path, None)
        self._mentioned.pop(path, None)
