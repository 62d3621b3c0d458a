"""The files of tasks as objects of S3, or of a server that speaks its protocol.

Credentials are found by boto3 itself: in its environment variables, its files, or the role of the
machine.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config as BotoConfig
from botocore.exceptions import BotoCoreError
from botocore.exceptions import ClientError

from portal.kernel.errors import NotFoundError
from portal.kernel.errors import PortalError
from portal.kernel.errors import ServiceUnavailableError
from portal.scaffolder.tasks.model.file_store import StoredFiles

_LOG = logging.getLogger(__name__)
_MISSING = frozenset({"404", "NoSuchKey"})
#: Seconds to connect, and to wait for an answer; each is tried three times.
_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 5, 30, 3


class ObjectStore:
    """Keeps files in a bucket, each content under a name of its own.

    Args:
        bucket: The bucket, which is there.
        endpoint: The address of a server that is not Amazon's; empty for that.
        prefix: What the names of objects begin with.
    """

    def __init__(self, bucket: str, endpoint: str = "", prefix: str = "") -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        # Other servers have no names of hosts for buckets, and know fewer checksums.
        others: dict[str, Any] = {
            "s3": {"addressing_style": "path"},
            "request_checksum_calculation": "when_required",
            "response_checksum_validation": "when_required",
        }
        options = BotoConfig(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"max_attempts": _ATTEMPTS, "mode": "standard"},
            **(others if endpoint else {}),
        )
        self._client: Any = boto3.session.Session().client(
            "s3", endpoint_url=endpoint or None, config=options
        )

    def keep(self, task_id: str, content: bytes) -> StoredFiles:
        """Store files under a new name.

        Raises:
            ServiceUnavailableError: When the store does not take them.
        """
        name = f"{self._of_task(task_id)}{uuid.uuid4().hex}.zip"
        with _asking():
            self._client.put_object(Bucket=self._bucket, Key=name, Body=content)
        return StoredFiles(object=name, size=len(content))

    def read(self, stored: StoredFiles) -> bytes:
        """Return files; those from before there was a bucket are in their row.

        Raises:
            NotFoundError: When the object is gone.
            ServiceUnavailableError: When the store does not answer.
        """
        if not stored.object:
            return stored.content
        with _asking():
            answer = self._client.get_object(Bucket=self._bucket, Key=stored.object)
            return bytes(answer["Body"].read())

    def forget(self, stored: StoredFiles) -> None:
        """Remove an object; what fails is logged, and goes with its task."""
        if stored.object:
            self._forget([stored.object])

    def forget_task(self, task_id: str) -> None:
        """Remove all objects of a task; what fails is logged."""
        try:
            with _asking():
                pages = self._client.get_paginator("list_objects_v2").paginate(
                    Bucket=self._bucket, Prefix=self._of_task(task_id)
                )
                names = [found["Key"] for page in pages for found in page.get("Contents", ())]
        except PortalError as error:
            _LOG.warning("the files of task %s stay in the store: %s", task_id, error.message)
            return
        self._forget(names)

    def check(self) -> None:
        """Check that the bucket is there, and that it may be read.

        Raises:
            ServiceUnavailableError: When it is not, or may not be.
        """
        with _asking():
            self._client.list_objects_v2(Bucket=self._bucket, Prefix=self._prefix, MaxKeys=1)

    def _forget(self, names: list[str]) -> None:
        for name in names:
            try:
                with _asking():
                    self._client.delete_object(Bucket=self._bucket, Key=name)
            except PortalError as error:
                _LOG.warning("%s stays in the store: %s", name, error.message)

    def _of_task(self, task_id: str) -> str:
        return f"{self._prefix}tasks/{task_id}/"


@contextmanager
def _asking() -> Iterator[None]:
    """Word what fails without addresses and keys, which boto3's messages may have.

    Raises:
        NotFoundError: When an object is gone.
        ServiceUnavailableError: When the store does not do what it is asked.
    """
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _MISSING:
            raise NotFoundError("the files are gone from the object store") from error
        raise ServiceUnavailableError(_away(code)) from error
    except BotoCoreError as error:
        raise ServiceUnavailableError(_away(type(error).__name__)) from error


def _away(reason: str) -> str:
    return (
        f"the object store of files does not answer: {reason}; the operator may have to check "
        "files_bucket, files_endpoint and the credentials that boto3 finds"
    )
