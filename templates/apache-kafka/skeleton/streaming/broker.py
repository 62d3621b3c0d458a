"""Where the topics are: a real cluster, or a broker inside a process of its own.

``KAFKA_BOOTSTRAP_SERVERS`` names the cluster. Without it a broker is started that
comes with the client's library (librdkafka's mock cluster). It speaks the protocol,
keeps the log in memory and has limits: see the README.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import confluent_kafka
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

_PRODUCER = 0
_ERROR_BYTES = 512
_ANSWER_SECONDS = 15


class BrokerError(RuntimeError):
    """There is no broker to talk to."""


@contextmanager
def cluster(topics: Mapping[str, int]) -> Iterator[str]:
    """Give the address of a cluster that has these topics.

    Args:
        topics: The number of partitions by the topic's name.

    Raises:
        BrokerError: When the cluster does not answer or the embedded one does not start.
    """
    address = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "")
    if address:
        _create_topics(address, topics)
        yield address
        return
    with _embedded(topics) as address:
        yield address


def create_missing(address: str, topics: Mapping[str, int]) -> None:
    """Create the topics a cluster has not.

    Raises:
        BrokerError: When it does not answer, or refuses.
    """
    try:
        there = AdminClient({"bootstrap.servers": address}).list_topics(timeout=_ANSWER_SECONDS)
    except KafkaException:
        raise BrokerError(f"{address} does not answer") from None
    _create_topics(address, {name: n for name, n in topics.items() if name not in there.topics})


def _create_topics(address: str, topics: Mapping[str, int]) -> None:
    if not topics:
        return
    admin = AdminClient({"bootstrap.servers": address})
    wanted = [NewTopic(name, partitions) for name, partitions in topics.items()]
    for name, created in admin.create_topics(wanted, request_timeout=_ANSWER_SECONDS).items():
        try:
            created.result(_ANSWER_SECONDS)
        except TimeoutError:
            raise BrokerError(f"{address} does not answer") from None
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise BrokerError(f"{address}: cannot create topic {name}: {error}") from None


@contextmanager
def _embedded(topics: Mapping[str, int]) -> Iterator[str]:
    """Run a broker until the block ends; it also ends when this process dies."""
    command = [sys.executable, "-m", "streaming.broker"]
    command += [f"{name}:{partitions}" for name, partitions in topics.items()]
    root = Path(__file__).parent.parent
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
    ) as process:
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        address = process.stdout.readline().strip()
        if not address:
            raise BrokerError("the embedded broker did not start")
        try:
            yield address
        finally:
            process.stdin.close()


class EmbeddedCluster:
    """The mock cluster of the library that the client's wheel carries.

    Its functions are not part of the client's Python interface, and experimental in
    librdkafka; that is why the client is pinned to one minor version.

    Raises:
        BrokerError: When the library is not there or refuses.
    """

    def __init__(self) -> None:
        self._library = _library()
        error = ctypes.create_string_buffer(_ERROR_BYTES)
        configuration = ctypes.c_void_p(self._library.rd_kafka_conf_new())
        # It would tell that it has no cluster to connect to; it is the cluster.
        self._library.rd_kafka_conf_set(configuration, b"log_level", b"0", error, _ERROR_BYTES)
        client = self._library.rd_kafka_new(_PRODUCER, configuration, error, _ERROR_BYTES)
        if not client:
            raise BrokerError(error.value.decode())
        self._cluster = ctypes.c_void_p(
            self._library.rd_kafka_mock_cluster_new(ctypes.c_void_p(client), 1)
        )
        # Groups would wait three seconds for more members before they begin.
        self._library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, 300)

    def create_topic(self, name: str, partitions: int) -> None:
        """Create a topic."""
        self._library.rd_kafka_mock_topic_create(self._cluster, name.encode(), partitions, 1)

    @property
    def address(self) -> str:
        """What clients connect to."""
        found: bytes = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster)
        return found.decode()


def _library() -> ctypes.CDLL:
    package = Path(confluent_kafka.__file__).parent
    # Wheels for Linux keep it beside the package, those for macOS inside of it.
    for folder in (package.parent / "confluent_kafka.libs", package / ".dylibs"):
        for path in sorted(folder.glob("librdkafka*")):
            library = ctypes.CDLL(str(path))
            for name, result in (
                ("rd_kafka_conf_new", ctypes.c_void_p),
                ("rd_kafka_new", ctypes.c_void_p),
                ("rd_kafka_mock_cluster_new", ctypes.c_void_p),
                ("rd_kafka_mock_cluster_bootstraps", ctypes.c_char_p),
            ):
                getattr(library, name).restype = result
            return library
    raise BrokerError("this build of confluent-kafka has no library to embed a broker from")


def main() -> None:
    """Serve the topics of the command line until standard input ends."""
    embedded = EmbeddedCluster()
    for argument in sys.argv[1:]:
        name, _, partitions = argument.rpartition(":")
        embedded.create_topic(name, int(partitions))
    sys.stdout.write(f"{embedded.address}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
