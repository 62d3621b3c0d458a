"""What a scan knows of each file of a component: the next looks at what changed only."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection
from dataclasses import dataclass
from dataclasses import field

from portal.evidence.facts import Facts
from portal.evidence.facts import Memory
from portal.evidence.finding import Gap
from portal.evidence.finding import Scope
from portal.evidence.scanning.component import Component

Key = tuple[object, ...]
#: So many changed files, or such a share of all, are read again by a process that begins anew.
_UNSAVED, _SHARE = 100, 0.01


@dataclass
class Seen:
    """What is known of a component's files at one commit.

    Attributes:
        key: All that decides what a scan finds, besides the files.
        memory: What is stored of it, for a process that begins anew.
        commit: The commit; empty before the first scan.
        paths: The paths of all files, sorted.
        facts: Scope and facts of the files that show something, or depend on others.
        gaps: What was left out of single files.
        readers: The files whose facts depend on another one, by the path of that.
        named: The files that a rule over names matches, with the pattern, by rule.
        beginnings: The files with which an application begins.
        mentions: The files that mention a name, by name (see ``wiring.mentions``).
        unsaved: How many files changed since the memory was stored.
    """

    key: Key
    memory: Memory
    commit: str = ""
    paths: list[str] = field(default_factory=list)
    facts: dict[str, tuple[Scope, Facts]] = field(default_factory=dict)
    gaps: dict[str, Gap] = field(default_factory=dict)
    readers: dict[str, set[str]] = field(default_factory=dict)
    named: dict[int, dict[str, str]] = field(default_factory=dict)
    beginnings: set[str] = field(default_factory=set)
    mentions: dict[str, set[str]] = field(default_factory=dict)
    unsaved: int = 0

    def keep(self, path: str, scope: Scope, facts: Facts) -> None:
        """Keep the facts of a file."""
        if facts.hits or facts.others:
            self.facts[path] = scope, facts
        for other, _id in facts.others:
            self.readers.setdefault(other, set()).add(path)

    def drop(self, path: str) -> None:
        """Forget what a file showed; what the memory has of it stays."""
        _scope, facts = self.facts.pop(path, (None, None))
        for other, _id in facts.others if facts else ():
            self.readers[other].discard(path)
        self.gaps.pop(path, None)
        self.beginnings.discard(path)
        for paths in self.named.values():
            paths.pop(path, None)

    def mention(self, path: str, names: Collection[str]) -> None:
        """Keep which names a file mentions."""
        for name in names:
            self.mentions.setdefault(name, set()).add(path)

    def forget(self, path: str) -> None:
        """Forget all of a file that is gone, or of which the content is another one."""
        for name in self.memory.mentioned(path):
            self.mentions.get(name, set()).discard(path)
        self.memory.forget(path)

    def list_changes(self, changed: Collection[str], component: Component) -> list[str]:
        """Bring the list of files to another commit; return which of them to look at.

        Args:
            changed: The paths of the repository that differ.
            component: The component at that commit.
        """
        touched: set[str] = set()
        for path in changed:
            touched |= self.readers.get(path, set())
            at = bisect_left(self.paths, path)
            was = at < len(self.paths) and self.paths[at] == path
            if component.has(path):
                touched.add(path)
                if not was:
                    self.paths.insert(at, path)
            elif was:
                del self.paths[at]
                self.drop(path)
                self.forget(path)
                touched.discard(path)
        return sorted(path for path in touched if component.has(path))

    def saved(self, count: int, *, is_first: bool) -> bytes:
        """Return what is to be stored; empty while what is stored saves most of the work.

        Args:
            count: How many files were looked at.
            is_first: Whether nothing of it is stored yet.
        """
        self.unsaved += count
        if not is_first and self.unsaved <= max(_UNSAVED, _SHARE * len(self.paths)):
            return b""
        self.unsaved = 0
        return self.memory.save()


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is known of an earlier commit.

    Attributes:
        seen: The state after its scan. It is changed by the next one: when that fails, it is
            of no use any more.
        changed: The paths of the repository that differ between the two commits.
    """

    seen: Seen
    changed: Collection[str]
