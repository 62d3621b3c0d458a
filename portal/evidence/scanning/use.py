"""Whether files that show something are used: who mentions the names that they define."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator

from portal.evidence.facts import Hit
from portal.evidence.finding import Scope
from portal.evidence.languages.language import language_of
from portal.evidence.languages.source import Source
from portal.evidence.manifests.dependency import decoded
from portal.evidence.scanning.component import Component
from portal.evidence.scanning.seen import Seen
from portal.evidence.wiring import AS_FILE
from portal.evidence.wiring import mentions
from portal.evidence.wiring import stem_of


class Uses:
    """Finds who mentions the names of which one must be used.

    A file is searched for all names when it changes. All files are searched for a name only
    when it decides: when none of the names that are known already is mentioned.

    Args:
        component: The component.
        seen: What is known of its files.
        data_of: Reads a file; ``None`` when it may not be read.
    """

    def __init__(
        self, component: Component, seen: Seen, data_of: Callable[[str], bytes | None]
    ) -> None:
        self._component = component
        self._seen = seen
        self._data_of = data_of
        self._is_expected = bool(seen.beginnings)

    def settle(self, touched: Iterable[str], new: Collection[str]) -> None:
        """Search files, so that ``is_used`` is known of everything that was found.

        Args:
            touched: The files that were looked at.
            new: Those of them that are new, or of another content than is known.
        """
        memory = self._seen.memory
        needing = list(self._needing())
        if not needing:
            # Nothing is known then of files that change meanwhile.
            memory.forget_mentions()
            self._seen.mentions.clear()
            return
        wanted = frozenset(name for _path, names in needing for name in names)
        done = self._search_new(touched, new, wanted)
        is_open = any(
            not self._is_mentioned(path, names) and not memory.searched.issuperset(names)
            for path, names in needing
        )
        if is_open:
            fresh = wanted - memory.searched
            for path in self._code(self._seen.paths):
                if path not in done:
                    self._search(path, fresh)
            memory.searched = wanted

    def is_used(self, path: str, scope: Scope, hit: Hit) -> bool:
        """Return whether what a file shows is used, as far as that can be expected."""
        if not self._needs_use(scope, hit):
            return True
        return self._is_mentioned(path, _names_of(path, hit))

    def _needs_use(self, scope: Scope, hit: Hit) -> bool:
        # A library is used by others; who runs tests finds them by their names.
        return bool(hit.needs_use) and self._is_expected and scope is not Scope.TEST

    def _needing(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        for path, (scope, facts) in self._seen.facts.items():
            for hit in facts.hits:
                if not hit.weakened and self._needs_use(scope, hit):
                    yield path, _names_of(path, hit)

    def _is_mentioned(self, path: str, names: Iterable[str]) -> bool:
        found = (self._seen.mentions.get(name) for name in names)
        return any(paths and (len(paths) > 1 or path not in paths) for paths in found)

    def _search_new(
        self, touched: Iterable[str], new: Collection[str], wanted: frozenset[str]
    ) -> set[str]:
        """Search changed files; return which were searched for all that is wanted."""
        memory, done = self._seen.memory, set()
        for path in self._code(touched):
            if path in new:
                self._search(path, wanted | memory.searched)
                done.add(path)
            else:
                self._seen.mention(path, memory.mentioned(path))
        return done

    def _code(self, paths: Iterable[str]) -> Iterator[str]:
        component = self._component
        for path in paths:
            is_code = language_of(path) is not None and not component.entry(path).is_link
            if is_code and component.scope(path).scope is Scope.RUNTIME:
                yield path

    def _search(self, path: str, names: Collection[str]) -> None:
        memory, blob = self._seen.memory, self._component.id_of(path)
        data = self._data_of(path)
        if data is None:
            gap = self._seen.gaps.get(path)
            if gap is None or gap.reason != "size":
                memory.forget(path)  # so that the next scan reads it
            return
        plain = {name for name in names if not name.startswith(AS_FILE)}
        files = {name.removeprefix(AS_FILE) for name in names if name.startswith(AS_FILE)}
        found: Collection[str] = ()
        language = language_of(path)
        assert language is not None
        if any(name.encode() in data for name in plain | files):
            found = mentions(Source(path, decoded(data), language), plain, files)
        memory.keep_mentioned(path, blob, {*memory.mentioned(path), *found})
        self._seen.mention(path, found)


def _names_of(path: str, hit: Hit) -> tuple[str, ...]:
    return (*hit.needs_use, AS_FILE + stem_of(path))
