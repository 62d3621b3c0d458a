"""Making a backup while the portal runs, and restoring it into a portal that does not.

Whatever the database is, a backup holds an SQLite file: it can be restored into either.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine as Database

import portal
from portal.backup import archive
from portal.backup import rows
from portal.backup.archive import Manifest
from portal.kernel.clock import iso_of
from portal.kernel.clock import now
from portal.kernel.database import HEAD
from portal.kernel.database import begin_reading
from portal.kernel.database import open_database
from portal.kernel.errors import ConflictError
from portal.kernel.files import private_folder

#: Seconds for which a process that was heard of counts as running.
_LIVING_SECONDS = 60.0


def back_up(database: Database, folder: Path, path: Path) -> Manifest:
    """Write a backup of one state of the database, and of the keys in the data folder.

    Args:
        database: The database; others may write meanwhile.
        folder: The data folder.
        path: The file to write.

    Raises:
        OSError: When it cannot be written.
    """
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".portal-backup-") as made:
        copied = Path(made) / archive.DATABASE
        if database.dialect.name == "sqlite":
            _copy_file(Path(database.url.database or ""), copied)
        else:
            _copy_rows(database, copied)
        engine = sa.create_engine(f"sqlite:///{copied}", poolclass=sa.NullPool)
        with engine.connect() as connection:
            number = rows.count(connection)
        manifest = Manifest(archive.FORMAT, portal.__version__, HEAD, now(), number)
        keys = {name: _read(folder / name) for name in archive.KEYS if (folder / name).exists()}
        archive.write(path, manifest, copied, keys)
    return manifest


def _read(path: Path) -> bytes:
    return path.read_bytes()


def _copy_file(source: Path, target: Path) -> None:
    """Copy an SQLite database with its online backup, which sees one state."""
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as written:
        read.backup(written)
        written.execute("PRAGMA journal_mode=DELETE")


def _copy_rows(database: Database, target: Path) -> None:
    made = open_database(f"sqlite:///{target}")
    try:
        with database.connect() as source, made.begin() as copied:
            begin_reading(source)
            rows.copy(source, copied)
        _close_file(made)
    finally:
        made.dispose()


def _close_file(database: Database) -> None:
    """Bring all of an SQLite database into its one file."""
    with database.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
    database.dispose()


def restore(database: Database, folder: Path, path: Path, *, is_forced: bool) -> Manifest:
    """Replace the content of a database by that of a backup, of this or an earlier version.

    The search index and caches are made anew: the catalog gets another id.

    Args:
        database: The database.
        folder: The data folder; its keys are replaced.
        path: The backup.
        is_forced: Whether content that is there is given up.

    Raises:
        ConflictError: When there is content, or a process of the portal runs.
        ConfigError: When the backup is of a newer portal.
        InputError: When the file is no backup.
    """
    _check(database, is_forced=is_forced)
    private_folder(folder)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".restoring-") as made:
        copied = Path(made) / archive.DATABASE
        manifest, keys = archive.read(path, copied)
        source = open_database(f"sqlite:///{copied}")
        try:
            with source.connect() as read, database.begin() as written:
                rows.empty(written)
                rows.copy(read, written)
                rows.become_another_catalog(written)
                rows.go_on_counting(written)
        finally:
            source.dispose()
    for name, data in keys.items():
        (folder / name).unlink(missing_ok=True)
        (folder / name).touch(0o600)
        (folder / name).write_bytes(data)
    return manifest


def _check(database: Database, *, is_forced: bool) -> None:
    since = iso_of(dt.datetime.now(dt.UTC).timestamp() - _LIVING_SECONDS)
    query = sa.text("SELECT role, pid FROM heartbeats WHERE heard_at > :since")
    with database.connect() as connection:
        living = connection.execute(query, {"since": since}).all()
        number = rows.count(connection)
    if living:
        told = ", ".join(f"{row.role} (process {row.pid})" for row in living)
        msg = f"the portal runs: {told}; stop it, or wait a minute after it was killed"
        raise ConflictError(msg)
    if number and not is_forced:
        msg = f"the database has {number:,} rows already; --force gives them up"
        raise ConflictError(msg)
