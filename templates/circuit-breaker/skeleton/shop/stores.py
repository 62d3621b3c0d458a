"""Where a circuit keeps its state: in this process, or in Redis for all processes together."""

from pybreaker import STATE_CLOSED, CircuitMemoryStorage, CircuitRedisStorage
from redis import Redis

from shop.circuit import Circuit, Rules
from shop.clock import Clock, utc_now
from shop.lease import LocalLease, RedisLease
from shop.settings import MEMORY, Settings

# The state must be quicker than what it protects, or it becomes the slow dependency itself.
STORE_TIMEOUT_SECONDS = 0.5
# The lease outlasts the longest call by this much.
LEASE_MARGIN_SECONDS = 2.0


def make_circuit(
    name: str,
    settings: Settings,
    clock: Clock = utc_now,
    answers: tuple[type[Exception], ...] = (),
) -> Circuit:
    """Return the circuit of the dependency `name`, in the store that the settings name."""
    rules = Rules(settings.failure_threshold, settings.open_seconds, answers)
    if settings.store == MEMORY:
        return Circuit(name, rules, CircuitMemoryStorage(STATE_CLOSED), LocalLease(), clock)
    client = connect(settings.store)
    storage = CircuitRedisStorage(STATE_CLOSED, client, namespace=name)
    lease_seconds = settings.deadline_seconds + LEASE_MARGIN_SECONDS
    return Circuit(name, rules, storage, RedisLease(client, f"{name}:probe", lease_seconds), clock)


def connect(address: str) -> Redis:
    """Return a client that tries once and gives up soon."""
    return Redis.from_url(
        address,
        socket_timeout=STORE_TIMEOUT_SECONDS,
        socket_connect_timeout=STORE_TIMEOUT_SECONDS,
    )
