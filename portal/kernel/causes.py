"""Faults of the machine and its database, in words for the person who can mend them."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import InterfaceError
from sqlalchemy.exc import OperationalError

from portal.kernel.errors import ServiceUnavailableError

_FULL = "the disk is full"
_READ_ONLY = "the data folder, or its disk, can only be read"
_OS_CAUSES = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "a file would be larger than this process may write",
    errno.EROFS: _READ_ONLY,
    errno.EACCES: "this user may not read or write the data folder",
    errno.EMFILE: "this process has too many open files",
    errno.ENFILE: "this machine has too many open files",
    errno.ENOMEM: "this machine has no memory left",
    errno.EIO: "the disk cannot be read or written (input/output error)",
}
#: By the low byte of SQLite's error; the bytes above it say in which case.
_SQLITE_CAUSES = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: "the database can only be read",
    sqlite3.SQLITE_CORRUPT: "the database is damaged: restore a backup",
    sqlite3.SQLITE_NOTADB: "the database is damaged (it is no SQLite file): restore a backup",
    sqlite3.SQLITE_IOERR: "the database's file cannot be read or written",
    sqlite3.SQLITE_CANTOPEN: "the database's file cannot be opened: is its folder gone, or locked?",
    sqlite3.SQLITE_BUSY: "the database is busy with a long write",
    sqlite3.SQLITE_LOCKED: "the database is busy with a long write",
}

#: Texts in PostgreSQL's messages, which have no code before there is a connection.
_SERVER_CAUSES = (
    ("authentication failed", "the database refuses the credentials of database_url"),
    ("does not exist", "there is no database, or user, of the name in database_url"),
    ("No space left", "the disk of the database is full"),
    ("too many clients", "the database has no connection left"),
)


def cause_of(error: BaseException) -> str:
    """Return why something failed, if that is no defect of the portal; else an empty text."""
    return next(filter(None, map(_cause, _chain(error))), "")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, and what it was raised from."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.orig if isinstance(found, DBAPIError) else found.__cause__


def _server_cause(words: str) -> str:
    found = (cause for needle, cause in _SERVER_CAUSES if needle in words)
    return next(found, "the database does not answer")


def _cause(error: BaseException) -> str:
    if isinstance(error, ServiceUnavailableError):
        return error.message
    if isinstance(error, sqlite3.Error):
        return _SQLITE_CAUSES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, "")
    if isinstance(error, OperationalError | InterfaceError):
        return "" if isinstance(error.orig, sqlite3.Error) else _server_cause(str(error.orig))
    return _OS_CAUSES.get(error.errno or 0, "") if isinstance(error, OSError) else ""
