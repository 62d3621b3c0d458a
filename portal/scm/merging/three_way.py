"""Merges two trees over their base, by ``git merge-tree``: no file is checked out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from portal.kernel.errors import ConfigError
from portal.scm.push import Outbox

#: The oldest git that has ``merge-tree --write-tree``.
OLDEST = (2, 38)
_VERSION = re.compile(r"(\d+)\.(\d+)")
_CONFLICT = re.compile(r"CONFLICT \((?P<kind>[^)]+)\)")
#: The names of the two sides in conflict markers.
PROJECT, TEMPLATE = "project", "template"
_OPTIONS = (
    "merge.conflictStyle=zdiff3",
    # A file of the project never moves because its folder did in the template.
    "merge.directoryRenames=false",
    "merge.renames=true",
    "merge.renameLimit=20000",
)


@dataclass(frozen=True, slots=True)
class MergeConflict:
    """Paths that both sides changed in ways that exclude each other.

    Attributes:
        kind: Git's word for it: ``contents``, ``modify/delete``, ``binary``, ``rename/delete`` …
        paths: The paths it is about.
        message: Git's message.
    """

    kind: str
    paths: tuple[str, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Merge:
    """The tree that a merge gave, with markers where there are conflicts."""

    tree: str
    conflicts: tuple[MergeConflict, ...] = ()


@dataclass(frozen=True, slots=True)
class FileChange:
    """A difference of two trees; ``before`` is the former path of a file that was moved."""

    status: str
    path: str
    before: str = ""


def check_version(outbox: Outbox) -> None:
    """Refuse a git that cannot merge without a working tree.

    Raises:
        ConfigError: Naming its version and the one that is needed.
    """
    words = outbox.local("version").decode("utf-8", "replace")
    found = _VERSION.search(words)
    if found is None or (int(found[1]), int(found[2])) < OLDEST:
        needed = ".".join(map(str, OLDEST))
        has = found[0] if found else "another"
        raise ConfigError(
            f"updating projects needs git {needed} or newer on the portal's machine; it has {has}"
        )


def merge(outbox: Outbox, project: str, template: str) -> Merge:
    """Merge two commits that have one parent, their base, in common.

    Args:
        outbox: The repository with both.
        project: The id of the commit with the project's files.
        template: The id of the commit with the template's new files.

    Raises:
        ConfigError: When git is too old.
        SourceError: When git cannot merge them.
    """
    check_version(outbox)
    for name, commit in ((PROJECT, project), (TEMPLATE, template)):
        outbox.local("update-ref", f"refs/heads/{name}", commit)
    options = [part for option in _OPTIONS for part in ("-c", option)]
    names = (PROJECT, TEMPLATE)
    written = outbox.local(
        *options, "merge-tree", "--write-tree", "--messages", "-z", *names, accepts=(0, 1)
    )
    head, _, rest = written.decode("utf-8", "surrogateescape").partition("\0")
    messages = rest.partition("\0\0")[2] if not rest.startswith("\0") else rest[1:]
    return Merge(head.strip(), tuple(_conflicts(messages)))


def _conflicts(text: str) -> Iterator[MergeConflict]:
    """Yield the conflicts of git's messages: a number of paths, the paths, a type, a text."""
    words = iter(text.split("\0"))
    for count in words:
        if not count.isdigit():
            return
        paths = tuple(next(words) for _ in range(int(count)))
        kind, message = next(words), next(words)
        found = _CONFLICT.match(kind)
        if found:
            exact = _CONFLICT.match(message)
            yield MergeConflict((exact or found)["kind"], paths, message.strip())


def differences(outbox: Outbox, before: str, after: str) -> list[FileChange]:
    """Return what differs between two commits or trees, moved files as such.

    Raises:
        SourceError: When the repository does not have them.
    """
    written = outbox.local("diff-tree", "-r", "-z", "-M", "--name-status", before, after)
    words = iter(written.decode("utf-8", "surrogateescape").split("\0"))
    found = []
    for status in words:
        if not status:
            break
        path = next(words)
        moved = next(words) if status[0] in "RC" else ""
        found.append(FileChange(status[0], moved or path, path if moved else ""))
    return found


def patch(outbox: Outbox, before: str, after: str) -> str:
    """Return a patch between two commits or trees that ``git apply`` takes.

    Raises:
        SourceError: When the repository does not have them.
    """
    written = outbox.local("diff-tree", "-r", "-p", "-M", "--binary", "--full-index", before, after)
    return written.decode("utf-8", "backslashreplace")
