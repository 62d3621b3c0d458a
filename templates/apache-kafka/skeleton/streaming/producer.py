"""Sending: a message is sent when the broker has said so, not before."""

from __future__ import annotations

from types import TracebackType

from confluent_kafka import KafkaError, Message, Producer

_SECONDS = 30.0


class DeliveryError(RuntimeError):
    """The broker did not take a message."""


class Sender:
    """Sends messages; at the end of the ``with`` block every one has arrived.

    The producer is idempotent: when an answer is lost and a message is sent again,
    the broker keeps one.

    Args:
        address: The cluster.
    """

    def __init__(self, address: str) -> None:
        self._producer = Producer(
            {"bootstrap.servers": address, "enable.idempotence": True, "linger.ms": 5}
        )
        self._errors: list[KafkaError] = []

    def __enter__(self) -> Sender:
        return self

    def send(self, topic: str, key: str, value: bytes | None) -> None:
        """Hand a message over; those with the same key stay in order.

        Args:
            topic: Where to.
            key: Decides the partition.
            value: ``None`` says that what the key stands for is gone (a tombstone).
        """
        while True:
            try:
                self._producer.produce(topic, value, key, on_delivery=self._heard)
            except BufferError:  # the queue is full: let some of it leave
                self._producer.poll(0.1)
            else:
                self._producer.poll(0)
                return

    def _heard(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self._errors.append(error)

    def flush(self) -> None:
        """Wait until everything has arrived.

        Raises:
            DeliveryError: When something has not.
        """
        waiting = self._producer.flush(_SECONDS)
        if self._errors or waiting:
            reason = self._errors[0].str() if self._errors else "no answer"
            raise DeliveryError(f"{len(self._errors) + waiting} messages did not arrive: {reason}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.flush()
