"""Single files of a plain web server, in the shape of a mirror.

There is no repository and no commit: what is known of the server is each file that
was read, with its ETag. The id of all their contents stands for the commit, so the
same rules hold: nothing is done while it stays, and a failed read changes nothing.
Only exact addresses are read; there is no list of files, hence no globs.
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
from urllib.parse import urlsplit

from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import SourceError
from portal.kernel.files import atomic_write
from portal.kernel.http import HttpClient
from portal.kernel.http import origin_of
from portal.scm.forges import PATH
from portal.scm.mirror import Blob
from portal.scm.mirror import Commit
from portal.scm.mirror import Entry
from portal.scm.mirror import check_size

_OK, _NOT_MODIFIED, _NOT_FOUND, _GONE = 200, 304, 404, 410
_INDEX = "index.json"
_SUBJECT = "read over HTTP"


@dataclass(frozen=True, slots=True)
class _Known:
    """What is remembered of a file; ``id`` is empty when it is not there."""

    id: str
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class WebReader:
    """Reads single files of the web servers an operator allows.

    Attributes:
        hosts: Their names, with ``:port`` where it matters.
        timeout: Seconds one file may take.
    """

    hosts: Collection[str]
    timeout: float

    def allows(self, url: str) -> bool:
        """Whether an address is at one of the servers."""
        return urlsplit(url).netloc.lower() in self.hosts

    def read(self, url: str) -> Blob:
        """Return the file at an address.

        Raises:
            NotFoundError: When it is not there.
            SourceError: When the server does not answer as it should.
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
    """The files of a web server that one location led to.

    Args:
        path: The folder where they are kept; made when needed.
        template: The address of any file, with ``{path}`` in its place.
        timeout: Seconds one file may take.
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
        """Ask whether the known files are as they were; return the id of them all.

        Raises:
            SourceError: When the server does not answer as it should.
        """
        for path in list(self._index):
            self.refresh(path)
        listing = sorted((path, known.id) for path, known in self._index.items())
        return hashlib.sha1(json.dumps(listing).encode(), usedforsecurity=False).hexdigest()

    def fetch(self) -> str:
        """Do the same: looking brings the contents along."""
        return self.look()

    def refresh(self, path: str) -> None:
        """Ask for a file, at most once in the life of this object.

        Raises:
            SourceError: When the server does not answer as it should.
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
            self._keep(path, answer.body, answer.headers.get("etag", ""))
        elif answer.status in {_NOT_FOUND, _GONE}:
            self._remember(path, _Known("", 0, ""))
        elif answer.status != _NOT_MODIFIED:
            raise SourceError(f"could not read {url}, {answer.status}")
        self._fresh.add(path)

    def _keep(self, path: str, data: bytes, etag: str) -> None:
        # The id git would give it: the same content is the same blob everywhere.
        head = f"blob {len(data)}\0".encode()
        blob_id = hashlib.sha1(head + data, usedforsecurity=False).hexdigest()
        self._path.mkdir(parents=True, exist_ok=True)
        atomic_write(self._path / blob_id, data)
        self._remember(path, _Known(blob_id, len(data), etag))

    def _remember(self, path: str, known: _Known) -> None:
        if self._index.get(path) == known:
            return
        self._index[path] = known
        self._path.mkdir(parents=True, exist_ok=True)
        content = {name: asdict(one) for name, one in self._index.items()}
        atomic_write(self._path / _INDEX, json.dumps(content).encode())

    def entries(self) -> Iterator[tuple[str, Entry]]:
        """Yield the files that are known to be there."""
        for path, known in self._index.items():
            if known.id:
                yield path, Entry(known.id, known.size)

    def read(self, path: str) -> Blob:
        """Return a file.

        Raises:
            NotFoundError: When it is not there.
            SourceError: When the server does not answer as it should.
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
        """Return the files; more are asked for as they are needed."""
        return HttpTree(commit, self)

    def refs(self) -> frozenset[str]:
        """Return no names: a web server has no branches."""
        return frozenset()

    def authors(self, paths: Collection[str], _old: str | None, new: str) -> dict[str, Commit]:
        """Return for every path that nobody is known to have written it."""
        return dict.fromkeys(paths, self.commit(new))

    def commit(self, commit: str) -> Commit:
        """Return what stands for a commit."""
        return Commit(commit, "", "", "", _SUBJECT)

    def tidy(self) -> None:
        """Remove copies of contents that are no more."""
        kept = {known.id for known in self._index.values()} | {_INDEX}
        for file in self._path.glob("*"):
            if file.name not in kept and not file.name.startswith("."):
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
        """Every file that is known so far."""
        return dict(self._mirror.entries())

    def read(self, path: str) -> Blob:
        """Return a file, asked for when it is not known."""
        return self._mirror.read(path)

    def glob(self, pattern: str) -> list[str]:
        """Return the path when there is such a file.

        Raises:
            InputError: For a glob.
        """
        if any(char in pattern for char in "*["):
            raise InputError("Unsupported search pattern URL")
        self._mirror.refresh(pattern)
        return [pattern] if pattern in self.entries else []
