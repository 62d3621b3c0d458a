"""Single files of a plain web server, with the interface of a mirror.

There is no repository and no commit: every file that was read is stored with its ETag,
and a hash of all their contents takes the place of the commit id, so the same rules
apply: nothing is done while it is unchanged, and a failed read changes nothing. Only exact
addresses are read; files cannot be listed, hence there are no globs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import SourceError
from portal.kernel.files import atomic_write
from portal.kernel.http import HttpClient
from portal.kernel.http import origin_of
from portal.scm.commit import Commit
from portal.scm.file_names import FileNames
from portal.scm.snapshot import Blob
from portal.scm.snapshot import Entry
from portal.scm.snapshot import check_size
from portal.scm.urls import PATH
from portal.scm.urls import host_of

_OK, _NOT_MODIFIED, _NOT_FOUND, _GONE = 200, 304, 404, 410
_INDEX = "index.json"
_SUBJECT = "read over HTTP"


@dataclass(frozen=True, slots=True)
class _Known:
    """The stored state of a file; ``id`` is empty when it does not exist."""

    id: str
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class WebReader:
    """Reads single files of the web servers in ``reading_allow``.

    Attributes:
        hosts: The hosts of the servers, with ``:port`` if it is not the usual one.
        timeout: Seconds a request may take.
    """

    hosts: Collection[str]
    timeout: float

    def allows(self, url: str) -> bool:
        """Return whether an address is at one of the servers."""
        return "@" not in url and host_of(url) in self.hosts

    def read(self, url: str) -> Blob:
        """Return the file at an address.

        Raises:
            NotFoundError: When the server responds with 404 or 410.
            SourceError: When it responds with another status than 200, or does not respond.
        """
        try:
            answer = HttpClient([origin_of(url)], self.timeout).get(url, {})
        except InputError as error:
            raise SourceError(error.message) from None
        if answer.status in {_NOT_FOUND, _GONE}:
            raise NotFoundError(f"{url} does not exist")
        if answer.status != _OK:
            raise SourceError(f"could not read {url}, {answer.status}")
        digest = hashlib.sha1(answer.body, usedforsecurity=False).hexdigest()
        return Blob(url, answer.body, digest)


class HttpMirror:
    """The files of a web server that one location refers to.

    Args:
        path: The folder where they are stored; created if needed.
        template: The address of a file, with ``{path}`` for its path.
        timeout: Seconds a request may take.
    """

    def __init__(self, path: Path, template: str, timeout: float) -> None:
        self._path = path
        self._template = template
        origin = origin_of(template.replace(PATH, ""))
        self._client = HttpClient([origin], timeout)
        self._fresh: set[str] = set()

    @cached_property
    def _index(self) -> dict[str, _Known]:
        try:
            content = json.loads((self._path / _INDEX).read_bytes())
            return {path: _Known(**known) for path, known in content.items()}
        except (OSError, ValueError, TypeError):
            return {}

    def look(self) -> str:
        """Read the known files again if they changed; return a SHA-1 hash of all of them.

        Raises:
            SourceError: As ``refresh`` does.
        """
        for path in list(self._index):
            self.refresh(path)
        listing = sorted((path, known.id) for path, known in self._index.items())
        return hashlib.sha1(json.dumps(listing).encode(), usedforsecurity=False).hexdigest()

    def fetch(self) -> str:
        """Return ``look()``, which reads the contents as well."""
        return self.look()

    def refresh(self, path: str) -> None:
        """Read a file if it changed, at most once per instance.

        Raises:
            SourceError: When the server responds with an unexpected status, or not at all.
        """
        if path in self._fresh:
            return
        url = self._template.replace(PATH, path)
        known = self._index.get(path)
        headers = {"If-None-Match": known.etag} if known and known.etag else {}
        try:
            answer = self._client.get(url, headers)
        except InputError as error:
            raise SourceError(f"could not read {url}, {error.message}") from None
        if answer.status == _OK:
            self._store_content(path, answer.body, answer.headers.get("etag", ""))
        elif answer.status in {_NOT_FOUND, _GONE}:
            self._store_state(path, _Known("", 0, ""))
        elif answer.status != _NOT_MODIFIED:
            raise SourceError(f"could not read {url}, {answer.status}")
        self._fresh.add(path)

    def _store_content(self, path: str, data: bytes, etag: str) -> None:
        # The id is that of a git blob, so that equal contents have equal ids everywhere.
        head = f"blob {len(data)}\0".encode()
        blob_id = hashlib.sha1(head + data, usedforsecurity=False).hexdigest()
        self._path.mkdir(parents=True, exist_ok=True)
        atomic_write(self._path / blob_id, data)
        self._store_state(path, _Known(blob_id, len(data), etag))

    def _store_state(self, path: str, known: _Known) -> None:
        if self._index.get(path) == known:
            return
        self._index[path] = known
        self._path.mkdir(parents=True, exist_ok=True)
        content = {name: asdict(one) for name, one in self._index.items()}
        atomic_write(self._path / _INDEX, json.dumps(content).encode())

    def entries(self) -> Iterator[tuple[str, Entry]]:
        """Yield the known files that exist."""
        for path, known in self._index.items():
            if known.id:
                yield path, Entry(known.id, known.size)

    def read(self, path: str) -> Blob:
        """Return a file.

        Raises:
            NotFoundError: When it does not exist.
            SourceError: As ``refresh`` does, or when the stored content cannot be read.
        """
        self.refresh(path)
        known = self._index[path]
        if not known.id:
            raise NotFoundError(f"file {path} does not exist")
        check_size(path, known.size)
        try:
            return Blob(path, (self._path / known.id).read_bytes(), known.id)
        except OSError:
            raise SourceError(f"the copy of {path} cannot be read") from None

    def snapshot(self, commit: str) -> HttpTree:
        """Return the files as a tree; further ones are read on demand."""
        return HttpTree(commit, self)

    def refs(self) -> frozenset[str]:
        """Return the empty set: a web server has no branches or tags."""
        return frozenset()

    def edited(self, _old: str, _new: str) -> list[str] | None:
        """Return ``None``: what changed is not known without reading."""
        return None

    def authors(self, paths: Collection[str], _old: str | None, new: str) -> dict[str, Commit]:
        """Return for every path a commit without author, which a web server does not know."""
        return dict.fromkeys(paths, self.commit(new))

    def commit(self, commit: str) -> Commit:
        """Return a commit without author, time and subject."""
        return Commit(commit, "", "", "", _SUBJECT)

    def tidy(self) -> None:
        """Remove stored contents that no known file refers to."""
        used = {known.id for known in self._index.values()} | {_INDEX}
        for file in self._path.glob("*"):
            if file.name not in used and not file.name.startswith("."):
                file.unlink(missing_ok=True)

    def close(self) -> None:
        """Do nothing: no process was started."""


class HttpTree:
    """The files of an ``HttpMirror`` during one run."""

    def __init__(self, commit: str, mirror: HttpMirror) -> None:
        self.commit = commit
        self._mirror = mirror

    @property
    def entries(self) -> Mapping[str, Entry]:
        """The known files that exist."""
        return dict(self._mirror.entries())

    @property
    def names(self) -> FileNames:
        """The paths of the known files that exist."""
        return FileNames(self.entries.keys())

    def read(self, path: str) -> Blob:
        """Return a file; read it from the server if it is not known."""
        return self._mirror.read(path)

    def glob(self, pattern: str) -> list[str]:
        """Return the path itself if the file exists.

        Raises:
            InputError: For a glob.
        """
        if any(char in pattern for char in "*["):
            raise InputError("Unsupported search pattern URL")
        self._mirror.refresh(pattern)
        return [pattern] if pattern in self.entries else []
