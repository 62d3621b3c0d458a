"""The files of a commit in an outbox, by path, with the ids of their blobs."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass

from portal.scm.push import Outbox


@dataclass(frozen=True, slots=True)
class Listed:
    """A file, link or submodule of a commit: its mode and the id of its object."""

    mode: str
    id: str

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return self.mode in {"100644", "100755"}


def files_of(outbox: Outbox, commit: str) -> Mapping[str, Listed]:
    """Return the files of a commit or tree by path.

    Raises:
        SourceError: When the repository does not have it.
    """
    listing = outbox.local("ls-tree", "-r", "-z", "--full-tree", commit)
    return dict(_entries(listing.decode("utf-8", "surrogateescape")))


def _entries(listing: str) -> Iterator[tuple[str, Listed]]:
    for line in filter(None, listing.split("\0")):
        head, _, path = line.partition("\t")
        mode, _, object_id = head.split()
        yield path, Listed(mode, object_id)


def read(outbox: Outbox, listed: Listed) -> bytes:
    """Return the content of a file.

    Raises:
        SourceError: When the repository does not have it.
    """
    return outbox.local("cat-file", "blob", listed.id)


def time_of(outbox: Outbox, commit: str) -> int:
    """Return a commit's time in seconds since the epoch.

    Raises:
        SourceError: When the repository does not have it.
    """
    return int(outbox.local("show", "-s", "--format=%ct", commit))
