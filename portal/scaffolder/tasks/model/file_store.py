"""Where the files of tasks are: in the rows of the database, or where these say.

A content is never changed, only followed by another one, and the row says which is in force. So
what a transaction did not come to is nowhere mentioned, and goes with its task.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from portal.kernel.errors import ServiceUnavailableError


@dataclass(frozen=True, slots=True)
class StoredFiles:
    """What the row of a task holds of its files.

    Attributes:
        content: The files as a zip; empty where they are an object.
        object: The name of the object; empty where the content is here.
        size: Its bytes.
    """

    content: bytes = b""
    object: str = ""
    size: int = 0


class FileStore(Protocol):
    """Keeps the files of tasks, as zips."""

    def keep(self, task_id: str, content: bytes) -> StoredFiles:
        """Store files, and return what the row is to hold.

        Raises:
            ServiceUnavailableError: When they cannot be stored now.
        """

    def read(self, stored: StoredFiles) -> bytes:
        """Return files.

        Raises:
            NotFoundError: When they are not there any more.
            ServiceUnavailableError: When they cannot be read now.
        """

    def forget(self, stored: StoredFiles) -> None:
        """Remove files that no row mentions any more; what fails is logged."""

    def forget_task(self, task_id: str) -> None:
        """Remove all that was ever stored of a task that is gone; what fails is logged."""

    def check(self) -> None:
        """Check that files can be read.

        Raises:
            ServiceUnavailableError: When they cannot be now.
        """


class RowStore:
    """Keeps files in the rows themselves."""

    def keep(self, _task_id: str, content: bytes) -> StoredFiles:
        """Return the content."""
        return StoredFiles(content)

    def read(self, stored: StoredFiles) -> bytes:
        """Return the content.

        Raises:
            ServiceUnavailableError: When it is an object of a store that is not set any more.
        """
        if stored.object:
            msg = "the files are in an object store, which the settings name no more (files_bucket)"
            raise ServiceUnavailableError(msg)
        return stored.content

    def forget(self, _stored: StoredFiles) -> None:
        """Do nothing: the row is gone, or changed."""

    def forget_task(self, _task_id: str) -> None:
        """Do nothing: the row is gone."""

    def check(self) -> None:
        """Do nothing: the database is there, or nothing is."""


IN_ROWS = RowStore()
