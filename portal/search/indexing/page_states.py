"""Where it is stored which documentation pages an index has: beside the index.

An index in files has files, which one worker writes; one in a database has a table there, which
all workers share. Everything stored is of one build of the index, and void after the next.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.kernel.files import atomic_write
from portal.kernel.files import private_folder

_WHOLE = "build-with-pages"
_SUFFIX = ".json"


def key_of(source: str) -> str:
    """Return the key under which the state of a source is stored."""
    return hashlib.sha256(source.encode()).hexdigest()[:16]


class PageStates(Protocol):
    """What is stored of the pages of sources, each under a key, and of builds of the index."""

    def keys(self) -> set[str]:
        """Return the keys there are."""

    def load(self, key: str) -> bytes:
        """Return what is stored; nothing when there is none."""

    def save(self, key: str, content: bytes) -> None:
        """Store the state of a source."""

    def remove(self, key: str) -> None:
        """Remove the state of a source."""

    def note_tried(self, key: str, build: str) -> None:
        """Note that the pages of a source were added to a build, or cannot be now."""

    def tried(self, build: str) -> set[str]:
        """Return the keys of the sources of which that is noted."""

    def note_whole(self, build: str) -> None:
        """Note that a build has the pages of every source."""

    def whole(self) -> str:
        """Return the build of which that is noted."""


class FolderStates:
    """States in a folder, which one process writes and many may read.

    Args:
        folder: The folder; it is made when something is stored.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._tried: tuple[str, set[str]] = "", set()

    def keys(self) -> set[str]:
        """Return the keys there are."""
        return {path.name.removesuffix(_SUFFIX) for path in self._folder.glob(f"*{_SUFFIX}")}

    def load(self, key: str) -> bytes:
        """Return what is stored; nothing when there is none, or it cannot be read."""
        return self._load(key + _SUFFIX)

    def save(self, key: str, content: bytes) -> None:
        """Store the state of a source."""
        self._save(key + _SUFFIX, content)

    def remove(self, key: str) -> None:
        """Remove the state of a source."""
        (self._folder / f"{key}{_SUFFIX}").unlink(missing_ok=True)

    def note_tried(self, key: str, build: str) -> None:
        """Note that the pages of a source were added to a build, or cannot be now."""
        with self._lock:
            if build != self._tried[0]:
                self._tried = build, set()
            self._tried[1].add(key)

    def tried(self, build: str) -> set[str]:
        """Return the keys of the sources of which this process has noted that."""
        with self._lock:
            return set(self._tried[1]) if build == self._tried[0] else set()

    def note_whole(self, build: str) -> None:
        """Note that a build has the pages of every source."""
        self._save(_WHOLE, build.encode())

    def whole(self) -> str:
        """Return the build of which that is noted."""
        return self._load(_WHOLE).decode(errors="replace")

    def _load(self, name: str) -> bytes:
        try:
            return (self._folder / name).read_bytes()
        except OSError:
            return b""

    def _save(self, name: str, content: bytes) -> None:
        private_folder(self._folder)
        atomic_write(self._folder / name, content)


class TableStates:
    """States in the tables of an index in PostgreSQL.

    Args:
        database: The database.
        schema: The schema of the index.
    """

    def __init__(self, database: Database, schema: str) -> None:
        self._database = database
        self._schema = schema

    def keys(self) -> set[str]:
        """Return the keys there are."""
        return set(self._texts("SELECT key FROM {0}.pages WHERE content <> ''"))

    def load(self, key: str) -> bytes:
        """Return what is stored; nothing when there is none."""
        return "".join(self._texts("SELECT content FROM {0}.pages WHERE key = %s", key)).encode()

    def save(self, key: str, content: bytes) -> None:
        """Store the state of a source."""
        sql = (
            "INSERT INTO {0}.pages (key, content) VALUES (%s, %s) "
            "ON CONFLICT (key) DO UPDATE SET content = excluded.content"
        )
        self._run(sql, key, content.decode())

    def remove(self, key: str) -> None:
        """Remove the state of a source."""
        self._run("DELETE FROM {0}.pages WHERE key = %s", key)

    def note_tried(self, key: str, build: str) -> None:
        """Note that the pages of a source were added to a build, or cannot be now."""
        sql = (
            "INSERT INTO {0}.pages (key, tried) VALUES (%s, %s) "
            "ON CONFLICT (key) DO UPDATE SET tried = excluded.tried "
            "WHERE pages.tried <> excluded.tried"
        )
        self._run(sql, key, build)

    def tried(self, build: str) -> set[str]:
        """Return the keys of the sources of which any process has noted that."""
        return set(self._texts("SELECT key FROM {0}.pages WHERE tried = %s", build))

    def note_whole(self, build: str) -> None:
        """Note that a build has the pages of every source."""
        self._run("UPDATE {0}.state SET whole = %s", build)

    def whole(self) -> str:
        """Return the build of which that is noted."""
        return "".join(self._texts("SELECT whole FROM {0}.state"))

    def _texts(self, sql: str, *values: str) -> list[str]:
        with self._connected() as connection:
            if connection is None:
                return []
            rows = connection.exec_driver_sql(sql.format(self._schema), values).all()
        return [row[0] for row in rows]

    def _run(self, sql: str, *values: str) -> None:
        with self._connected() as connection:
            if connection is not None:
                connection.exec_driver_sql(sql.format(self._schema), values)

    @contextmanager
    def _connected(self) -> Iterator[Connection | None]:
        """Yield a connection; ``None`` while there are no tables, because there is no index."""
        with self._database.begin() as connection:
            name = f"{self._schema}.pages"
            found = connection.exec_driver_sql("SELECT to_regclass(%s) IS NOT NULL", (name,))
            yield connection if found.scalar() else None
