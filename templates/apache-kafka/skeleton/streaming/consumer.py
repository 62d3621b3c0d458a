"""Reading: a group's place in the log moves on after the work is done.

That is "at least once": after a crash the events since the last commit come again.
Whoever handles them has to recognise what was done already.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaException, Message

#: Does the work of one message; it has happened when this returns.
Handle = Callable[[Message], None]


@dataclass(frozen=True)
class Subscription:
    """A group's reading of a topic.

    Args:
        address: The cluster.
        group: Each group reads everything; the members of one share it.
        topic: What is read, from the beginning when the group is new.
        commit_every: Messages between two commits.
        session_seconds: How long a member may be silent before the others take over.
    """

    address: str
    group: str
    topic: str
    commit_every: int
    session_seconds: float = 10.0

    def consume(self, handle: Handle, is_done: Callable[[], bool]) -> None:
        """Handle messages as they come, until nothing more is wanted.

        Raises:
            KafkaException: When the cluster refuses.
        """
        consumer = self._consumer()
        consumer.subscribe([self.topic])
        handled = 0
        try:
            while not is_done():
                message = consumer.poll(0.2)
                if message is not None:
                    _work(message, handle)
                    handled += 1
                if handled and (message is None or handled >= self.commit_every):
                    consumer.commit(asynchronous=False)
                    handled = 0
            if handled:
                consumer.commit(asynchronous=False)
        finally:
            consumer.close()

    def _consumer(self) -> Consumer:
        return Consumer(
            {
                "bootstrap.servers": self.address,
                "group.id": self.group,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "session.timeout.ms": int(self.session_seconds * 1000),
                "heartbeat.interval.ms": int(self.session_seconds * 1000 / 3),
            }
        )


def _work(message: Message, handle: Handle) -> None:
    error = message.error()
    if error is not None:
        raise KafkaException(error)
    handle(message)
