"""What is known of large repositories from one commit to the next, in the memory of a process.

After a restart, and of small repositories, nothing is known: their files are listed anew, and
what is stored of their services saves the reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from portal.evidence.scanning.seen import Earlier
from portal.evidence.scanning.seen import Seen
from portal.scm.mirror import Mirror
from portal.scm.snapshot import Snapshot

#: A repository with fewer files is listed as quickly as it is compared.
_LARGE = 1_000
#: How many files of repositories are known in all, at about a kilobyte each.
_MOST_FILES = 200_000


@dataclass(frozen=True, slots=True)
class Commit:
    """A repository at the commit that was scanned last.

    Attributes:
        tree: Its files.
        seen: What is known of the files of its services, by ref.
    """

    tree: Snapshot
    seen: Mapping[str, Seen]


@dataclass
class Opened:
    """A repository at the commit to scan.

    Attributes:
        tree: Its files.
        committed_at: When the commit was made, ISO 8601 in UTC.
        earlier: What is known of the files of its services at another commit, by ref.
        seen: What is known of them now; filled while they are scanned.
    """

    tree: Snapshot
    committed_at: str
    earlier: Mapping[str, Earlier] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)


class Recent:
    """The repositories that were scanned last.

    Args:
        large: How many files a repository has that is worth to be known.
        most_files: How many files are known in all; the repositories scanned longest ago go.
    """

    def __init__(self, large: int = _LARGE, most_files: int = _MOST_FILES) -> None:
        self._large = large
        self._most_files = most_files
        self._commits: dict[str, Commit] = {}

    def open(self, key: str, mirror: Mirror, commit: str) -> Opened:
        """Return a repository at a commit; what was known of it is given away with it.

        Args:
            key: The repository.
            mirror: Its mirror.
            commit: The id of the commit.
        """
        last, committed_at = self._commits.pop(key, None), mirror.commit(commit).time
        if last is None:
            return Opened(mirror.snapshot(commit), committed_at)
        tree = mirror.snapshot(commit, last.tree)
        changed = tree.changed_from(last.tree)
        earlier = {ref: Earlier(seen, changed) for ref, seen in last.seen.items()}
        return Opened(tree, committed_at, earlier)

    def keep(self, key: str, opened: Opened) -> None:
        """Keep what is known of a repository until its next commit, if it is large."""
        if self._large <= len(opened.tree.entries) <= self._most_files:
            self._commits[key] = Commit(opened.tree, opened.seen)
            while self._count() > self._most_files:
                del self._commits[next(iter(self._commits))]

    def _count(self) -> int:
        return sum(len(one.tree.entries) for one in self._commits.values())
