"""A bare mirror per source: finds the newest commit, fetches it, returns snapshots."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import shutil
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from functools import partial
from pathlib import Path

from git import GitCmdObjectDB
from git import Repo

from portal.kernel.errors import MirrorError
from portal.kernel.errors import MirrorTooLargeError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import SourceError
from portal.kernel.files import exclusive
from portal.kernel.files import note_use
from portal.scm.command import Git
from portal.scm.command import Room
from portal.scm.commit import LOG_FORMAT
from portal.scm.commit import Commit
from portal.scm.commit import ancestor_of
from portal.scm.commit import commits_of
from portal.scm.commit import newest_by_path
from portal.scm.objects import id_in
from portal.scm.objects import open_repository
from portal.scm.objects import size_in
from portal.scm.remote_refs import names_of
from portal.scm.remote_refs import newest_of
from portal.scm.remote_refs import refs_of
from portal.scm.snapshot import Entry
from portal.scm.snapshot import Snapshot
from portal.scm.snapshot import differences_in
from portal.scm.snapshot import edits_in
from portal.scm.snapshot import entries_after
from portal.scm.snapshot import entries_in
from portal.scm.urls import Remote
from portal.scm.urls import check_ref

#: The number of commits in which the author of a file is searched.
_LOG_DEPTH = 2_000
#: The length of object ids in SHA-256 repositories, in hexadecimal digits.
_SHA256_DIGITS = 64
#: A mirror with more loose objects is packed.
_LOOSE_OBJECTS = 2_000
_LOG = logging.getLogger(__name__)
#: The file that whoever writes to a mirror locks.
LOCK = "portal.lock"
#: The file with the commit that was too large, and for which room.
_TOO_LARGE = "portal.toolarge"
_FETCH = ("--quiet", "--no-tags", "--force", "--update-shallow", "--no-write-fetch-head")
#: What ``ls-tree -l`` prints instead of the size of an object that is missing.
_UNSIZED = b"     BAD\t"
#: Lock files of a git process that was killed; they would stop the next one.
_LOCKS = ("HEAD.lock", "config.lock", "shallow.lock", "packed-refs.lock")


class Mirror:
    """The local bare copy of one remote repository, which follows one branch or tag.

    Args:
        path: The folder of the bare repository; created if needed.
        remote: The remote repository.
        ref: The branch or tag to follow; empty follows ``HEAD``.
        git: Runs git.
        room: Returns by how much the copy may grow; ``None`` for as much as it needs.
    """

    def __init__(
        self,
        path: Path,
        remote: Remote,
        ref: str,
        git: Git,
        room: Callable[[], Room | None] = lambda: None,
    ) -> None:
        self._path = path
        self._remote = remote
        self._ref = check_ref(ref) if ref else "HEAD"
        digest = hashlib.sha256(self._ref.encode()).hexdigest()[:12]
        self._head = f"refs/portal/{digest}"
        # A damaged mirror must not be taken for a folder of a repository around it.
        self._git = replace(git, ceiling=path.parent)
        self._room = room
        self._is_renewed = False
        self._seen: tuple[str, str] | None = None
        self._last = ""

    def look(self) -> str:
        """Return the id of the remote's newest commit, without fetching it.

        Raises:
            SourceError: When the remote does not respond, or has no such ref.
        """
        self._seen = newest_of(self._git, self._remote, self._ref)
        note_use(self._path / LOCK)
        return self._seen[1]

    def refs(self) -> frozenset[str]:
        """Return the names of all branches and tags of the remote.

        Raises:
            SourceError: When the remote does not respond.
        """
        return names_of(self._git, self._remote)

    def fetch(self) -> str:
        """Fetch the remote's newest commit and return its id; clone a damaged mirror anew.

        Raises:
            MirrorTooLargeError: When the copy would be larger than there is room for.
            SourceError: When the remote cannot be read.
        """
        with self._exclusive():
            try:
                return self._fetch()
            except MirrorTooLargeError:
                raise
            except SourceError:
                if self._is_renewed or self._is_sound():
                    raise
                return self._clone()

    def _exclusive(self) -> AbstractContextManager[None]:
        return exclusive(self._path / LOCK)

    def _is_sound(self) -> bool:
        """Return whether the mirror is a repository that has what its refs need."""
        check = ("fsck", "--connectivity-only", "--no-dangling", "--no-progress")
        try:
            self._git.run(*check, cwd=self._path)
        except MirrorError as error:
            return not error.is_damage
        except SourceError:  # it takes too long, which is no damage
            return True
        return True

    def _clone(self) -> str:
        """Clone anew into the same folder; its lock stays, as others may wait for it."""
        _LOG.warning("the mirror %s is damaged; it is cloned anew", self._path.name)
        self._is_renewed = True
        self.close()
        for path in self._path.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != LOCK:
                path.unlink()
        return self._fetch()

    def _renew(self, error: MirrorError) -> GitCmdObjectDB:
        """Clone anew, once, after a local command has failed; return the new objects.

        Raises:
            SourceError: When that cannot help, or did not.
        """
        if self._is_renewed or not error.is_damage:
            raise error
        with self._exclusive():
            self._clone()
        return self._objects

    def _local(self, *arguments: str) -> str:
        """Return the output of a command that reads the mirror."""
        return self._local_bytes(*arguments).decode("utf-8", "backslashreplace")

    def _local_bytes(self, *arguments: str) -> bytes:
        """Run a command that reads the mirror, a second time after cloning it anew."""
        try:
            return self._git.run(*arguments, cwd=self._path)
        except MirrorError as error:
            self._renew(error)
            return self._git.run(*arguments, cwd=self._path)

    def _fetch(self) -> str:
        # The result of a preceding ``look`` saves a request.
        name, commit = self._seen or newest_of(self._git, self._remote, self._ref)
        self._seen = None
        for lock in (*_LOCKS, f"{self._head}.lock"):
            (self._path / lock).unlink(missing_ok=True)
        if not (self._path / "HEAD").exists():
            made_for = "sha256" if len(commit) == _SHA256_DIGITS else "sha1"
            options = ("--quiet", "--bare", "--template=", f"--object-format={made_for}")
            self._git.run("init", *options, cwd=self._path)
        self._fetch_into_room(f"+{name}:{self._head}", commit)
        self._last = self._fetched(commit)
        return self._last

    def _fetched(self, commit: str) -> str:
        """Return the commit that was fetched; git is asked if it is not the one looked for."""
        with contextlib.suppress(OSError):
            if (self._path / self._head).read_text().strip() == commit:
                return commit
        head = ("rev-parse", "--verify", f"{self._head}^{{commit}}")
        return self._git.run(*head, cwd=self._path).decode().strip()

    def _fetch_into_room(self, refspec: str, commit: str) -> None:
        """Fetch what fits; what did not is not fetched again while there is no more room.

        Raises:
            MirrorTooLargeError: When it does not fit.
            SourceError: When the remote cannot be read.
        """
        room = self._room()
        note = self._path / _TOO_LARGE
        if room is not None and (room.size <= 0 or room.is_too_small(note, commit)):
            raise MirrorTooLargeError(room.reason)
        try:
            command = ("fetch", *_FETCH, "--", self._remote.url, refspec)
            self._git.run(*command, cwd=self._path, remote=self._remote, room=room)
        except MirrorTooLargeError:
            note.write_text(f"{commit} {room.size if room else 0}")
            for part in self._path.glob("objects/*/tmp_*"):
                part.unlink(missing_ok=True)
            raise
        note.unlink(missing_ok=True)

    def fetch_ref(self, names: Sequence[str]) -> tuple[str, str]:
        """Fetch another ref than the one that is followed; return its name and its commit.

        No ref keeps the commit: git removes what nothing refers to, two weeks later.

        Args:
            names: The full names that may be meant, the likeliest first.

        Raises:
            NotFoundError: When the remote has none of them.
            SourceError: When the remote cannot be read.
        """
        found = refs_of(self._git, self._remote, names)
        if not found:
            raise NotFoundError(f"its repository has no {' and no '.join(names)}")
        name, commit = next(iter(found.items()))
        if not self.has(commit):
            with self._exclusive():
                self._fetch_into_room(name, commit)
            if not self.has(commit):
                raise SourceError(f"{name} was changed meanwhile: try again")
        return name, commit

    def has(self, commit: str) -> bool:
        """Return whether the mirror has a commit; git is not asked for the one last fetched."""
        if commit == self._last:
            return True
        try:
            self._git.run("cat-file", "-e", f"{commit}^{{commit}}", cwd=self._path)
        except (SourceError, OSError):
            return False
        return True

    def snapshot(self, commit: str, listed: Snapshot | None = None) -> Snapshot:
        """Return the repository at a commit, given by its full id.

        A commit that another machine has read, and this one not yet, is fetched.

        Args:
            commit: The id.
            listed: A snapshot of that commit, of which the list of files is taken over, or of
                another one: then git is asked only for what differs.
        """
        entries = self._entries_after(listed, commit) if listed is not None else None
        return Snapshot(commit, entries or self._entries(commit), self._objects, self._renew)

    def _entries(self, commit: str) -> dict[str, Entry]:
        command = ("ls-tree", "-r", "-z", "-l", "--full-tree", commit)
        try:
            listing = self._git.run(*command, cwd=self._path)
        except (MirrorError, OSError):
            if not self.has(commit):
                self.fetch()
            listing = self._local_bytes(*command)
        if _UNSIZED in listing:
            self._renew(MirrorError("objects of its local copy are missing"))
            listing = self._local_bytes(*command)
        return dict(entries_in(listing))

    def _entries_after(self, listed: Snapshot, commit: str) -> Mapping[str, Entry] | None:
        """Return the files at a commit, from those of another one; ``None`` if that fails."""
        if listed.commit == commit:
            return listed.entries
        if (found := self._differences(listed.commit, commit)) is None:
            return None
        return entries_after(listed.entries, differences_in(found), partial(size_in, self._objects))

    def _differences(self, old: str, new: str) -> bytes | None:
        """Return what differs between two commits; ``None`` when git cannot tell."""
        options = ("-r", "-z", "--raw", "--no-renames", "--full-index")
        try:
            return self._git.run("diff-tree", *options, old, new, cwd=self._path)
        except (SourceError, OSError):  # as after a rewritten history
            return None

    def edited(self, old: str, new: str) -> list[str] | None:
        """Return the paths whose content differs between two commits (``edits_in``)."""
        found = self._differences(old, new)
        return None if found is None else edits_in(differences_in(found))

    def authors(self, paths: Collection[str], old: str | None, new: str) -> dict[str, Commit]:
        """Return the last commit that touched each path, up to ``new``.

        The search starts behind ``old``. A path that no commit in between touches (as after
        a merge, or in a rewritten history) gets ``new`` itself.
        """
        command = ("log", f"-{_LOG_DEPTH}", "--no-renames", "--name-only", "-z", LOG_FORMAT)
        try:
            span = f"{old}..{new}" if old else new
            log = self._git.run(*command, span, "--", cwd=self._path)
        except (SourceError, OSError):  # as after a rewritten history
            log = self._local_bytes(*command, new, "--")
        found = newest_by_path(log.decode("utf-8", "backslashreplace"), paths)
        missing = set(paths) - found.keys()
        return found | dict.fromkeys(missing, self.commit(new)) if missing else found

    def commit(self, commit: str) -> Commit:
        """Return author, time and subject of one commit."""
        log = self._local("log", "-1", "-z", "--no-patch", LOG_FORMAT, commit)
        return next(commits_of(log))[0]

    def tree_id(self, commit: str, folder: str) -> str:
        """Return the id of a folder's tree at a commit; empty when there is no such folder."""
        return id_in(self._repository, f"{commit}:{folder}")

    def last_change(self, path: str, commit: str) -> Commit:
        """Return the last commit, up to ``commit``, that touched a file.

        Raises:
            SourceError: When the mirror cannot be read.
        """
        pathspec = f":(literal){path}"
        log = self._local("log", "-1", "-z", "--no-patch", LOG_FORMAT, commit, "--", pathspec)
        return next((found for found, _ in commits_of(log)), None) or self.commit(commit)

    def count_changes(self, old: str, new: str, folder: str) -> int:
        """Return how many commits after ``old``, up to ``new``, touched a folder.

        Raises:
            SourceError: When the mirror does not have both commits.
        """
        span, pathspec = f"{old}..{new}", f":(literal){folder or '.'}"
        return int(self._git.run("rev-list", "--count", span, "--", pathspec, cwd=self._path))

    def ancestor(self, prefix: str, commit: str) -> str:
        """Return the full id of a commit in the history of another one.

        Args:
            prefix: The beginning of its id, seven or more hexadecimal digits.
            commit: The id of the other one.

        Raises:
            NotFoundError: When that history has no such commit.
        """
        return ancestor_of(self._git, self._path, prefix, commit)

    @cached_property
    def _repository(self) -> Repo:
        """The repository as GitPython's object.

        It must be referenced while objects are read: when it is garbage-collected,
        GitPython ends the process that reads them.
        """
        return open_repository(self._path)

    @property
    def _objects(self) -> GitCmdObjectDB:
        return self._repository.odb

    def tidy(self) -> None:
        """Pack loose objects, if there are more than ``_LOOSE_OBJECTS``.

        Raises:
            SourceError: When git fails; the mirror stays usable.
        """
        loose = self._path.glob("objects/[0-9a-f][0-9a-f]/*")
        if sum(1 for _ in loose) > _LOOSE_OBJECTS:
            try:
                with self._exclusive():
                    self._git.run("gc", "--quiet", cwd=self._path)
            except MirrorError as error:
                self._renew(error)

    def close(self) -> None:
        """End the process that reads objects, if one runs."""
        if "_repository" in self.__dict__:
            self._repository.close()
            del self.__dict__["_repository"]
