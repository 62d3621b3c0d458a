"""Who may probe: of all that ask, one at a time gets the lease."""

import uuid
from contextlib import suppress
from threading import Lock
from typing import Protocol

from redis import Redis
from redis.exceptions import RedisError

# Deleting must not hit the lease of another: compare and delete are one step in the server.
GIVE_BACK = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class ProbeLease(Protocol):
    """The right to probe, held by one call at a time under a token of its own."""

    def take(self) -> str | None:
        """Return a token, or None when another holds the lease."""

    def holds(self, token: str) -> bool:
        """Tell whether the lease is still held under this token."""

    def give_back(self, token: str) -> None:
        """Free the lease, if it is still held under this token."""


class LocalLease:
    """The lease among the threads of one process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._holder: str | None = None

    def take(self) -> str | None:
        """Return a token, or None when another holds the lease."""
        with self._lock:
            if self._holder is not None:
                return None
            self._holder = uuid.uuid4().hex
            return self._holder

    def holds(self, token: str) -> bool:
        """Tell whether the lease is still held under this token."""
        return self._holder == token

    def give_back(self, token: str) -> None:
        """Free the lease, if it is still held under this token."""
        with self._lock:
            if self._holder == token:
                self._holder = None


class RedisLease:
    """The lease among all processes that share a Redis server.

    It ends by itself after `seconds`, so that a process that dies while it probes does not keep
    the circuit open for ever. A call must not last longer than that: see the deadline.
    """

    def __init__(self, client: Redis, key: str, seconds: float) -> None:
        self._client = client
        self._key = key
        self._milliseconds = int(seconds * 1000)

    def take(self) -> str | None:
        """Return a token, or None when another holds the lease, or Redis does not answer."""
        token = uuid.uuid4().hex
        with suppress(RedisError):
            if self._client.set(self._key, token, nx=True, px=self._milliseconds):
                return token
        return None

    def holds(self, token: str) -> bool:
        """Tell whether the lease is still held under this token."""
        with suppress(RedisError):
            return self._client.get(self._key) == token.encode()
        return False

    def give_back(self, token: str) -> None:
        """Free the lease, if it is still held under this token."""
        with suppress(RedisError):
            self._client.eval(GIVE_BACK, 1, self._key, token)
