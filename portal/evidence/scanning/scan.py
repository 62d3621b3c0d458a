"""A component's files become findings."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator
from dataclasses import replace

from portal.evidence.facts import Facts
from portal.evidence.facts import Hit
from portal.evidence.facts import Memory
from portal.evidence.finding import Finding
from portal.evidence.finding import Gap
from portal.evidence.finding import Scan
from portal.evidence.finding import Scope
from portal.evidence.finding import Strength
from portal.evidence.languages.syntax import AVAILABLE
from portal.evidence.matching import Matchers
from portal.evidence.reading import File
from portal.evidence.reading import facts_of
from portal.evidence.rule import Rule
from portal.evidence.rule import RuleSet
from portal.evidence.scanning.component import Component
from portal.evidence.scanning.limits import LIMITS
from portal.evidence.scanning.limits import Limits
from portal.evidence.scanning.names import NameRules
from portal.evidence.scanning.names import beside
from portal.evidence.scanning.seen import Earlier
from portal.evidence.scanning.seen import Seen
from portal.evidence.scanning.use import Uses
from portal.evidence.wiring import is_beginning
from portal.kernel.errors import PortalError
from portal.scm.snapshot import FileTree

#: How many gaps are told of one component.
_MOST_GAPS = 200


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
    component = Component(tree, folder, without, limits.file_bytes)
    return look(component, Matchers(rules), limits, lambda: memory)[0]


def look(
    component: Component,
    matchers: Matchers,
    limits: Limits,
    memory: Callable[[], bytes],
    earlier: Earlier | None = None,
) -> tuple[Scan, Seen | None]:
    """Apply rules to the files of one component; look at what changed only, where that is known.

    Args:
        component: The component.
        matchers: What to look for.
        limits: When to stop.
        memory: Returns what is stored of the component's last scan; asked for when nothing
            earlier is of use.
        earlier: What is known of an earlier commit.

    Returns:
        What was found, and what the next scan may begin with; ``None`` when not all was read.
    """
    id = f"{matchers.rules.id}:{AVAILABLE}:{component.attributes_id}"  # noqa: A001
    key = (id, component.folder, component.without, limits)
    if earlier is not None and earlier.seen.key == key:
        seen, changed = earlier.seen, earlier.changed
    else:
        seen, changed = Seen(key, Memory.load(memory(), id)), None
    scanner = _Scanner(component, matchers, limits, seen)
    found = scanner.scan(changed)
    return found, seen if scanner.is_whole else None


class _Scanner:
    """One scan.

    Args:
        component: The component.
        matchers: The rules.
        limits: When to stop.
        seen: What is known of its files.
    """

    def __init__(
        self, component: Component, matchers: Matchers, limits: Limits, seen: Seen
    ) -> None:
        self._component = component
        self._matchers = matchers
        self._names = NameRules(matchers)
        self._limits = limits
        self._seen = seen
        #: Gaps that are not of single files.
        self._gaps: list[Gap] = []
        #: The other files that the file being read depends on, with their ids.
        self._others: dict[str, str] = {}
        #: The files that are new, or of another content than is known.
        self._new: set[str] = set()
        self._read_files = 0
        self._read_bytes = 0
        self._until = time.monotonic() + limits.seconds
        self.is_whole = True

    def scan(self, changed: Collection[str] | None) -> Scan:
        """Look at the files that changed, or at all; return what all of them show."""
        seen, component = self._seen, self._component
        if changed is None:
            touched = seen.paths = component.paths()
        else:
            touched = seen.list_changes(changed, component)
        for path in touched:
            self._take(path)
        if changed is None:
            seen.memory.keep_only(touched)
        uses = Uses(component, seen, self._data)
        uses.settle(touched, self._new)
        found = [*self._by_name(), *self._findings(uses)]
        found.sort(key=lambda one: (one[1].path, one[1].line, one[1].concept, one[1].rule))
        if not AVAILABLE:
            self._gap("parser", "the extra 'evidence' is not installed: code was read by lines")
        gaps = [*(seen.gaps[path] for path in sorted(seen.gaps)), *self._gaps]
        seen.commit = component.tree.commit
        return Scan(
            component.folder,
            component.tree.commit,
            self._matchers.rules.id,
            tuple(one for rule, one in found if not rule.decides),
            tuple(gaps[:_MOST_GAPS]),
            len(seen.paths),
            self._read_files,
            seen.saved(len(touched), is_first=changed is None),
            tuple(one for rule, one in found if rule.decides),
        )

    # --- reading -----------------------------------------------------------------

    def _take(self, path: str) -> None:
        """Bring what is known of one file to its content."""
        seen, component = self._seen, self._component
        entry, inner, where = component.entry(path), component.inner(path), component.scope(path)
        seen.drop(path)
        if not seen.memory.knows(path, entry.id):
            self._new.add(path)
            seen.forget(path)
        # An empty file only keeps its folder, or makes it a package: its name tells nothing.
        for number, pattern in self._names.matching(inner) if entry.size else ():
            seen.named.setdefault(number, {})[path] = pattern
        if where.scope is Scope.RUNTIME and is_beginning(inner):
            seen.beginnings.add(path)
        if entry.is_link or where.scope is None:
            return
        numbers = self._matchers.for_path(inner, is_documentation=where.is_documentation)
        if numbers and (found := self._facts(path, numbers)):
            seen.memory.keep(path, entry.id, found)
            seen.keep(path, where.scope, found)
            if found.gap:
                seen.gaps[path] = Gap("syntax", found.gap, path)

    def _facts(self, path: str, numbers: Collection[int]) -> Facts | None:
        """Return what a file shows, as it is known or by reading it."""
        component = self._component
        known = self._seen.memory.facts(path, component.id_of(path), component.id_of)
        if known is not None:
            return known
        data = self._data(path)
        if data is None:
            return None
        self._others = {}
        file = File(path, data, self._other, self._is_local)
        found = facts_of(file, self._matchers, numbers)
        return replace(found, others=tuple(self._others.items()))

    def _data(self, path: str) -> bytes | None:
        """Return a file's content; ``None`` when a limit forbids it, which is then told."""
        size = self._component.entry(path).size
        if size > self._limits.file_bytes:
            message = f"has {size:,} bytes, more than are read"
            self._seen.gaps[path] = Gap("size", message, path)
            return None
        spent = self._read_bytes + size > self._limits.bytes
        if spent or self._read_files >= self._limits.files or time.monotonic() > self._until:
            self._miss("limit", "the limits of the scan were reached: not all files were read")
            return None
        try:
            data = self._component.tree.read(path).data
        except PortalError as error:
            self._miss("unreadable", error.message, path)
            return None
        self._read_files += 1
        self._read_bytes += size
        return data

    def _other(self, path: str) -> str | None:
        """Return another manifest: of the repository, or, by a relative path, of the component."""
        component = self._component
        for candidate in (path, component.start + path):
            self._others[candidate] = component.id_of(candidate)
            if component.is_readable(candidate):
                return component.text(candidate)
        return None

    def _is_local(self, module: str, path: str) -> bool:
        """Return whether a file of Python that imports a module means one of the component."""
        name, _, rest = module.partition(".")
        inside = rest.partition(".")[0]
        folder = f"{path.rpartition('/')[0]}/".removeprefix("/")
        start = self._component.start
        return any(self._has_module(root, name, inside) for root in (folder, start, f"{start}src/"))

    def _has_module(self, root: str, name: str, inside: str) -> bool:
        """Return whether a folder has a module, and that module what is imported of it.

        A package without any content can only hold its own files: ``airflow/`` with an empty
        ``__init__.py`` is not where ``from airflow import DAG`` comes from.
        """
        package = f"{root}{name}/__init__.py"
        if self._depends_on(f"{root}{name}.py"):
            return True
        if not self._depends_on(package):
            return False
        return (
            not inside
            or self._component.entry(package).size > 0
            or self._depends_on(f"{root}{name}/{inside}.py")
            or self._depends_on(f"{root}{name}/{inside}/__init__.py")
        )

    def _depends_on(self, path: str) -> bool:
        """Return whether a file is there; what is found of the one being read depends on it."""
        self._others[path] = self._component.id_of(path)
        return path in self._component.tree.entries

    def _miss(self, reason: str, message: str, path: str = "") -> None:
        self.is_whole = False
        self._gap(reason, message, path)

    def _gap(self, reason: str, message: str, path: str = "") -> None:
        gap = Gap(reason, message, path)
        if gap not in self._gaps and len(self._gaps) < _MOST_GAPS:
            self._gaps.append(gap)

    # --- findings ----------------------------------------------------------------

    def _findings(self, uses: Uses) -> Iterator[tuple[Rule, Finding]]:
        count: Counter[tuple[int, Scope, str]] = Counter()
        facts = self._seen.facts
        for path in sorted(facts):
            where, found = facts[path]
            for hit in found.hits:
                if not hit.weakened and not uses.is_used(path, where, hit):
                    hit = replace(hit, weakened="unwired")  # noqa: PLW2901
                scope = where.narrowed(hit.scope)
                if not hit.place and self._is_enough(count, hit, scope):
                    continue
                rule, finding = self._finding(path, hit, scope)
                if hit.place:
                    placed = self._placed(finding, hit.place)
                    if placed is None or self._is_enough(count, hit, placed.scope):
                        continue
                    finding = placed
                yield rule, finding

    def _is_enough(self, count: Counter[tuple[int, Scope, str]], hit: Hit, scope: Scope) -> bool:
        """Count a place; return whether there were as many of its kind before as are kept."""
        kind = (hit.rule, scope, hit.weakened)
        count[kind] += 1
        return count[kind] > self._most(self._matchers.rules.rules[hit.rule], hit, scope)

    def _most(self, rule: Rule, hit: Hit, scope: Scope) -> float:
        """Return how many findings of a kind are kept: weak evidence is shown as a whole."""
        if rule.decides:
            return self._limits.observations
        is_strong = _strength(rule, hit) is Strength.STRONG
        return self._limits.places if is_strong and scope is Scope.RUNTIME else math.inf

    def _placed(self, finding: Finding, place: str) -> Finding | None:
        """Return what a report tells at the file it is about; ``None`` if that says nothing."""
        component = self._component
        candidates = (place, component.start + place)
        path = next((path for path in candidates if path in component.tree.entries), "")
        if not path:
            message = f"tells of {place[:200]}, which is not there"
            self._gap("outdated", message, finding.path)
            return None
        scope = component.scope(path).scope if path.startswith(component.start) else None
        if scope is None:
            return None
        return replace(finding, path=path, scope=scope, blob=component.id_of(path))

    def _finding(self, path: str, hit: Hit, scope: Scope) -> tuple[Rule, Finding]:
        rule = self._matchers.rules.rules[hit.rule]
        return rule, Finding(
            rule.concept,
            rule.id,
            rule.form,
            path,
            hit.line,
            self._component.tree.commit,
            scope,
            _strength(rule, hit),
            rule.because,
            hit.matched,
            self._component.id_of(path),
            hit.weakened,
        )

    def _by_name(self) -> Iterator[tuple[Rule, Finding]]:
        is_beside = beside(self._seen.paths)
        for number in self._names.numbers:
            rule = self._matchers.rules.rules[number]
            named = self._seen.named.get(number, {})
            found = []
            for path in sorted(named):
                scope = self._component.scope(path).scope
                if scope and is_beside(path, rule):
                    found.append((path, Hit(number, 1, named[path]), scope))
            if len(found) >= int(rule.body.get("least") or 1):
                for path, hit, scope in found[: self._limits.places]:
                    yield self._finding(path, hit, scope)


def _strength(rule: Rule, hit: Hit) -> Strength:
    return Strength.SUPPORTING if hit.weakened else rule.strength
