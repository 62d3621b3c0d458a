"""A component's files become findings."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cached_property

from portal.evidence.facts import NOTHING
from portal.evidence.facts import Facts
from portal.evidence.facts import Hit
from portal.evidence.facts import Memory
from portal.evidence.finding import Finding
from portal.evidence.finding import Gap
from portal.evidence.finding import Scan
from portal.evidence.finding import Scope
from portal.evidence.finding import Strength
from portal.evidence.languages.language import language_of
from portal.evidence.languages.source import Source
from portal.evidence.languages.syntax import AVAILABLE
from portal.evidence.manifests.dependency import decoded
from portal.evidence.matching import Matchers
from portal.evidence.reading import File
from portal.evidence.reading import facts_of
from portal.evidence.rule import Rule
from portal.evidence.rule import RuleSet
from portal.evidence.scopes import Attributes
from portal.evidence.scopes import PathScope
from portal.evidence.scopes import attributes_of
from portal.evidence.scopes import scope_of
from portal.evidence.wiring import is_library
from portal.evidence.wiring import mentions
from portal.evidence.wiring import stem_of
from portal.kernel.errors import PortalError
from portal.scm.snapshot import FileTree


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one scan.

    Attributes:
        file_bytes: The size of the largest file that is read.
        bytes: How much is read in all.
        files: How many files are read.
        seconds: How long it may take.
        places: How many findings a rule of evidence has in one component.
        observations: How many a rule of a check has, in each scope.
    """

    file_bytes: int = 1_000_000
    bytes: int = 2_000_000_000
    files: int = 200_000
    seconds: float = 300.0
    places: int = 50
    observations: int = 10


LIMITS = Limits()


def scan(
    tree: FileTree,
    folder: str,
    rules: RuleSet,
    *,
    without: Collection[str] = (),
    memory: bytes = b"",
    limits: Limits = LIMITS,
) -> Scan:
    """Apply rules to the files of one component.

    Args:
        tree: The repository at a commit, or a working tree.
        folder: The component's folder; empty for the whole repository.
        rules: What to look for.
        without: Folders below it that are components of their own.
        memory: ``Scan.memory`` of the component's last scan: files that have not changed
            since are not read again. Memory of another rule set is ignored.
        limits: When to stop.
    """
    return _Scanner(tree, folder, Matchers(rules), tuple(without), limits).scan(memory)


class _Scanner:
    """One scan.

    Args:
        tree: The files.
        folder: The component's folder.
        matchers: The rules.
        without: Folders below it that are components of their own.
        limits: When to stop.
    """

    def __init__(
        self,
        tree: FileTree,
        folder: str,
        matchers: Matchers,
        without: tuple[str, ...],
        limits: Limits,
    ) -> None:
        self._tree = tree
        self._start = f"{folder}/" if folder else ""
        self._folder = folder
        self._matchers = matchers
        self._limits = limits
        others = tuple(f"{other}/" for other in without)
        self._paths = [p for p in tree.names.below(folder) if not p.startswith(others or ("\0",))]
        self._gaps: list[Gap] = []
        #: The other files that the file being read depends on, with their ids.
        self._others: dict[str, str] = {}
        self._read_files = 0
        self._read_bytes = 0
        self._until = time.monotonic() + limits.seconds

    def scan(self, memory: bytes) -> Scan:
        known = Memory.load(memory, self._memory_id)
        facts = dict(self._all_facts(known))
        used = self._used_names(facts, known)
        found = [*self._by_name(), *self._findings(facts, used)]
        found.sort(key=lambda one: (one[1].path, one[1].line, one[1].concept, one[1].rule))
        if not AVAILABLE:
            self._gap("parser", "the extra 'evidence' is not installed: code was read by lines")
        return Scan(
            self._folder,
            self._tree.commit,
            self._matchers.rules.id,
            tuple(one for rule, one in found if not rule.decides),
            tuple(self._gaps),
            len(self._paths),
            self._read_files,
            known.save(),
            tuple(one for rule, one in found if rule.decides),
        )

    @property
    def _memory_id(self) -> str:
        return f"{self._matchers.rules.id}:{AVAILABLE}"

    # --- reading -----------------------------------------------------------------

    def _all_facts(self, known: Memory) -> Iterator[tuple[str, Facts]]:
        remembered = known.begin()
        for path in self._paths:
            entry = self._tree.entries[path]
            inner = self._inner(path)
            where = self._scope(path)
            if entry.is_link or where.scope is None:
                continue
            numbers = self._matchers.for_path(inner, is_documentation=where.is_documentation)
            if not numbers:
                continue
            found = remembered.get(path, entry.id, self._id_of)
            if found is None:
                data = self._data(path)
                if data is None:
                    continue
                self._others = {}
                file = File(path, data, self._other, self._is_local)
                found = replace(
                    facts_of(file, self._matchers, numbers), others=tuple(self._others.items())
                )
            known.keep(path, entry.id, found)
            if found.gap:
                self._gap("syntax", found.gap, path)
            if found.hits:
                yield path, found

    def _data(self, path: str) -> bytes | None:
        """Return a file's content; ``None`` when a limit forbids it, which is then told."""
        size = self._tree.entries[path].size
        if size > self._limits.file_bytes:
            self._gap("size", f"has {size:,} bytes, more than are read", path)
            return None
        spent = self._read_bytes + size > self._limits.bytes
        if spent or self._read_files >= self._limits.files or time.monotonic() > self._until:
            self._gap("limit", "the limits of the scan were reached: not all files were read")
            return None
        try:
            data = self._tree.read(path).data
        except PortalError as error:
            self._gap("unreadable", error.message, path)
            return None
        self._read_files += 1
        self._read_bytes += size
        return data

    def _other(self, path: str) -> str | None:
        """Return another manifest: of the repository, or, by a relative path, of the component."""
        for candidate in (path, self._start + path):
            self._others[candidate] = self._id_of(candidate)
            entry = self._tree.entries.get(candidate)
            if entry and not entry.is_link and entry.size <= self._limits.file_bytes:
                try:
                    return decoded(self._tree.read(candidate).data)
                except PortalError:
                    return None
        return None

    def _is_local(self, name: str, path: str) -> bool:
        """Return whether a file of Python that imports a top-level module means an own one."""
        folder = f"{path.rpartition('/')[0]}/".removeprefix("/")
        candidates = [
            f"{root}{name}{end}"
            for root in (folder, self._start, f"{self._start}src/")
            for end in (".py", "/__init__.py")
        ]
        self._others.update({path: self._id_of(path) for path in candidates})
        return any(path in self._tree.entries for path in candidates)

    def _id_of(self, path: str) -> str:
        entry = self._tree.entries.get(path)
        return entry.id if entry else ""

    def _gap(self, reason: str, message: str, path: str = "") -> None:
        gap = Gap(reason, message, path)
        if gap not in self._gaps and len(self._gaps) < 200:
            self._gaps.append(gap)

    # --- paths -------------------------------------------------------------------

    def _inner(self, path: str) -> str:
        return path.removeprefix(self._start)

    def _scope(self, path: str) -> PathScope:
        return scope_of(self._inner(path), self._attributes)

    @cached_property
    def _attributes(self) -> Attributes:
        """The attributes of the repository's root, over paths inside of the component."""
        text = self._other(f"{self._start}.gitattributes")
        return attributes_of(text) if text else Attributes()

    # --- use ---------------------------------------------------------------------

    def _used_names(self, facts: Mapping[str, Facts], known: Memory) -> dict[str, set[str]]:
        """Return, for names that must be used, which files mention them."""
        names = {name for found in facts.values() for hit in found.hits for name in hit.needs_use}
        if not names:
            return {}
        stems = {
            stem_of(path)
            for path, found in facts.items()
            if any(hit.needs_use for hit in found.hits)
        }
        needles = tuple(one.encode() for one in names | stems)
        found: dict[str, set[str]] = {}
        remembered = known.begin_mentions(names | stems)
        for path in self._paths:
            entry = self._tree.entries[path]
            language = language_of(path)
            if language is None or entry.is_link or self._scope(path).scope is not Scope.RUNTIME:
                continue
            mentioned = remembered.get(path, entry.id)
            if mentioned is None:
                data = self._data(path) or b""
                mentioned = frozenset()
                if any(needle in data for needle in needles):
                    mentioned = mentions(Source(path, decoded(data), language), names, stems)
            known.keep_mentions(path, mentioned)
            for name in mentioned:
                found.setdefault(name, set()).add(path)
        return found

    def _is_used(self, path: str, scope: Scope, hit: Hit, used: Mapping[str, set[str]]) -> bool:
        # Who runs tests finds them by their names.
        if not hit.needs_use or self._is_library or scope is Scope.TEST:
            return True
        return any(used.get(name, set()) - {path} for name in (*hit.needs_use, stem_of(path)))

    @cached_property
    def _is_library(self) -> bool:
        return is_library(
            self._inner(path) for path in self._paths if self._scope(path).scope is Scope.RUNTIME
        )

    # --- findings ----------------------------------------------------------------

    def _findings(
        self, facts: Mapping[str, Facts], used: Mapping[str, set[str]]
    ) -> Iterator[tuple[Rule, Finding]]:
        count: Counter[tuple[int, Scope, str]] = Counter()
        for path, found in facts.items():
            where = self._scope(path).scope
            assert where is not None
            for hit in found.hits:
                if not hit.weakened and not self._is_used(path, where, hit, used):
                    hit = replace(hit, weakened="unwired")  # noqa: PLW2901
                rule, finding = self._finding(path, hit, where.narrowed(hit.scope))
                if hit.place:
                    placed = self._placed(finding, hit.place)
                    if placed is None:
                        continue
                    finding = placed
                kind = (hit.rule, finding.scope, finding.weakened)
                count[kind] += 1
                if count[kind] <= self._most(rule, finding):
                    yield rule, finding

    def _placed(self, finding: Finding, place: str) -> Finding | None:
        """Return what a report tells at the file it is about; ``None`` if that says nothing."""
        entries = self._tree.entries
        path = next((path for path in (place, self._start + place) if path in entries), "")
        if not path:
            message = f"tells of {place[:200]}, which is not there"
            self._gap("outdated", message, finding.path)
            return None
        scope = self._scope(path).scope if path.startswith(self._start) else None
        return replace(finding, path=path, scope=scope, blob=entries[path].id) if scope else None

    def _most(self, rule: Rule, finding: Finding) -> float:
        """Return how many findings of a kind are kept: weak evidence is shown as a whole."""
        if rule.decides:
            return self._limits.observations
        return self._limits.places if finding.counts else math.inf

    def _finding(self, path: str, hit: Hit, scope: Scope) -> tuple[Rule, Finding]:
        rule = self._matchers.rules.rules[hit.rule]
        return rule, Finding(
            rule.concept,
            rule.id,
            rule.form,
            path,
            hit.line,
            self._tree.commit,
            scope,
            Strength.SUPPORTING if hit.weakened else rule.strength,
            rule.because,
            hit.matched,
            self._tree.entries[path].id,
            hit.weakened,
        )

    def _by_name(self) -> Iterator[tuple[Rule, Finding]]:
        for number, patterns in self._matchers.by_name():
            rule = self._matchers.rules.rules[number]
            found = []
            for path in self._paths:
                inner = self._inner(path).casefold()
                for one in patterns:
                    if one.has(inner):
                        scope = self._scope(path).scope
                        if scope and self._has_beside(path, rule):
                            found.append((path, Hit(number, 1, one.pattern), scope))
                        break
            if len(found) >= int(rule.body.get("least") or 1):
                for path, hit, scope in found[: self._limits.places]:
                    yield self._finding(path, hit, scope)

    def _has_beside(self, path: str, rule: Rule) -> bool:
        """Return whether the names that a rule wants beside a file are there."""
        folder = path.rpartition("/")[0]
        names = self._names_in.get(folder, set()) | (
            self._names_in.get(folder.rpartition("/")[0], set()) if folder else set()
        )
        return all(
            any(fnmatchcase(name.casefold(), one.casefold()) for name in names for one in wanted)
            for wanted in rule.body.get("beside") or ()
        )

    @cached_property
    def _names_in(self) -> dict[str, set[str]]:
        """The names of files and folders in each folder."""
        found: dict[str, set[str]] = {}
        for path in self._paths:
            while path:
                folder, _, name = path.rpartition("/")
                names = found.setdefault(folder, set())
                if name in names:
                    break
                names.add(name)
                path = folder  # noqa: PLW2901
        return found


__all__ = ["LIMITS", "NOTHING", "Limits", "scan"]
