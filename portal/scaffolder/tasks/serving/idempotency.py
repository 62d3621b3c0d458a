"""Requests with an ``Idempotency-Key``: repeated, they get the first one's response.

Rules: draft-ietf-httpapi-idempotency-key-header. The same key with the same body is the
same request; with another body it is 422; while the first is in progress it is 409.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.kernel.errors import ConflictError
from portal.kernel.errors import InputError
from portal.kernel.errors import UnprocessableError
from portal.scaffolder.tasks.model import tables as t
from portal.scaffolder.tasks.model.task import now

_r = t.requests.c
_SECOND = 1_000_000
#: How long a key is remembered, in microseconds.
_KEPT = 24 * 3600 * _SECOND
#: A request in progress for longer was given up, or its process died.
_LONGEST = 60 * _SECOND
_KEY = re.compile(r"[!-~]{1,255}")
_TAKE = sa.text(
    "INSERT INTO task_requests (caller, key, fingerprint, task_id, created_at) "
    "VALUES (:caller, :key, :fingerprint, '', :now) ON CONFLICT (caller, key) DO NOTHING"
)


class ReusedKeyError(UnprocessableError):
    """An ``Idempotency-Key`` was used with another request body."""


@dataclass(frozen=True, slots=True)
class RequestKey:
    """The identity of a request.

    Args:
        caller: The principal; keys of different callers are independent.
        key: The value of ``Idempotency-Key``.
        fingerprint: The fingerprint of the request's body.
    """

    caller: str
    key: str
    fingerprint: str


def read_key(header: str) -> str:
    """Return the key of a header value, quoted or not.

    Raises:
        InputError: When the value is no valid key.
    """
    text = header.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    if not _KEY.fullmatch(text):
        raise InputError(
            "Idempotency-Key must be 1 to 255 printable ASCII characters without blanks"
        )
    return text


def reserve(database: Database, request: RequestKey) -> str | None:
    """Return the task of a repeated request; ``None`` after reserving a new key.

    Raises:
        ConflictError: When the first request is still in progress.
        ReusedKeyError: When the key was used with another body.
    """
    with database.begin() as connection:
        return _take(connection, request)


def remember(connection: Connection, request: RequestKey, task_id: str) -> None:
    """Store the task that a request created, in the transaction that creates it."""
    connection.execute(sa.update(t.requests).where(*_is(request)).values(task_id=task_id))


def release(database: Database, request: RequestKey) -> None:
    """Free the key of a request that created nothing."""
    with database.begin() as connection:
        connection.execute(sa.delete(t.requests).where(*_is(request), _r.task_id == ""))


def _is(request: RequestKey) -> tuple[sa.ColumnElement[bool], ...]:
    return _r.caller == request.caller, _r.key == request.key


def _take(connection: Connection, request: RequestKey) -> str | None:
    """Return the task of a repeated request; reserve a new key otherwise.

    Raises:
        ConflictError: When the first request is still in progress.
        ReusedKeyError: When the key was used with another body.
    """
    moment = now()
    is_given_up = sa.and_(_r.task_id == "", _r.created_at < moment - _LONGEST)
    old = sa.or_(_r.created_at < moment - _KEPT, is_given_up)
    connection.execute(sa.delete(t.requests).where(old))
    values = {"caller": request.caller, "key": request.key, "fingerprint": request.fingerprint}
    if connection.execute(_TAKE, {**values, "now": moment}).rowcount == 1:
        return None
    row = connection.execute(sa.select(_r.fingerprint, _r.task_id).where(*_is(request))).one()
    if row.fingerprint != request.fingerprint:
        raise ReusedKeyError("This Idempotency-Key was used for another request")
    if not row.task_id:
        raise ConflictError("A request with this Idempotency-Key is still being processed")
    return str(row.task_id)
