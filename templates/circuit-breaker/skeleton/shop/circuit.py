"""The circuit breaker: which calls pass, and what their results change.

Its state (closed, open, half-open; the failures in a row; when it opened) lies in a storage of
pybreaker: in memory, or in Redis for all processes together. The rules are here, because
pybreaker's own hold a lock during the call, which lets one call at a time through, and know
nothing of other processes' probes:

- Calls through a closed circuit run side by side.
- Exactly one call, the probe, passes a half-open circuit. The others are refused at once.
- A call begun before the circuit opened changes nothing when it ends after that.
"""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import TypeVar

from pybreaker import (
    STATE_CLOSED,
    STATE_HALF_OPEN,
    STATE_OPEN,
    CircuitBreakerError,
    CircuitBreakerStorage,
)

from shop.clock import Clock
from shop.lease import ProbeLease

T = TypeVar("T")
log = logging.getLogger(__name__)


class CircuitOpenError(CircuitBreakerError):
    """A call was refused; the dependency was not asked."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the circuit of {name} is open")


@dataclass(frozen=True)
class Permit:
    """Leave for one call.

    Attributes:
        period: when the circuit had last opened as the call began; names the time since.
        probe: the token of the lease, if the call is the probe.

    """

    period: datetime | None
    probe: str | None = None


@dataclass(frozen=True)
class Rules:
    """When a circuit opens, for how long, and which errors are answers and no failures."""

    failure_threshold: int
    open_seconds: float
    answers: tuple[type[Exception], ...] = ()


class Circuit:
    """The breaker between this service and one that it depends on."""

    def __init__(
        self,
        name: str,
        rules: Rules,
        storage: CircuitBreakerStorage,
        lease: ProbeLease,
        clock: Clock,
    ) -> None:
        self.name = name
        self._rules = rules
        self._storage = storage
        self._lease = lease
        self._clock = clock
        self._lock = Lock()

    @property
    def state(self) -> str:
        """Return "closed", "open" or "half-open"."""
        return self._storage.state

    @property
    def retry_after(self) -> int:
        """Return in how many whole seconds it makes sense to call again; at least 1."""
        waiting = 0.0 if self.state == STATE_CLOSED else self._waiting()
        return max(1, math.ceil(waiting))

    def call(self, work: Callable[[], T]) -> T:
        """Do the work and return its result, unless the circuit is open.

        Raises:
            CircuitOpenError: the work was not even begun.
            Exception: whatever the work raises.

        """
        permit = self._admit()
        try:
            result = work()
        except Exception as error:
            self._settle(permit, failed=not isinstance(error, self._rules.answers))
            raise
        else:
            self._settle(permit, failed=False)
            return result
        finally:
            if permit.probe:
                self._lease.give_back(permit.probe)

    def _admit(self) -> Permit:
        if self.state == STATE_CLOSED:
            return Permit(self._storage.opened_at)
        token = self._lease.take() if self._waiting() <= 0 else None
        if token is None:
            raise CircuitOpenError(self.name)
        if self.state == STATE_CLOSED or self._waiting() > 0:
            # Another's probe ended between the two looks. Nobody else probes now: look again.
            self._lease.give_back(token)
            return self._admit()
        self._move(STATE_HALF_OPEN)
        return Permit(self._storage.opened_at, token)

    def _settle(self, permit: Permit, *, failed: bool) -> None:
        with self._lock:
            if not self._counts(permit):
                return
            if failed:
                self._note_failure(permit)
            else:
                self._note_success(permit)

    def _counts(self, permit: Permit) -> bool:
        if permit.probe:
            return self._lease.holds(permit.probe)
        return self.state == STATE_CLOSED and self._storage.opened_at == permit.period

    def _note_failure(self, permit: Permit) -> None:
        self._storage.increment_counter()
        if permit.probe or self._storage.counter >= self._rules.failure_threshold:
            # Redis keeps whole seconds: rounded up, no circuit is open for less than it should.
            now = self._clock() + timedelta(microseconds=999_999)
            self._storage.opened_at = now.replace(microsecond=0)
            self._move(STATE_OPEN)

    def _note_success(self, permit: Permit) -> None:
        self._storage.reset_counter()
        if permit.probe:
            self._move(STATE_CLOSED)

    def _waiting(self) -> float:
        """Return in how many seconds a probe may pass."""
        opened_at = self._storage.opened_at
        if opened_at is None:
            return 0.0
        probe_at = opened_at + timedelta(seconds=self._rules.open_seconds)
        return (probe_at - self._clock()).total_seconds()

    def _move(self, state: str) -> None:
        log.warning("circuit of %s: %s", self.name, state)
        self._storage.state = state
