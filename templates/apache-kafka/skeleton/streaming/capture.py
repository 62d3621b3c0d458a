"""Change data capture: from the outbox to the topic, in the envelope of Debezium.

``op`` is c (created), u (updated) or d (deleted); ``before`` and ``after`` are the
row. A delete is followed by a tombstone, so that a compacted topic forgets the key.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from streaming.producer import Sender

#: As Debezium names it: prefix, schema, table.
TOPIC = "shop.public.product"
_BATCH = 500


def relay(shop: sqlite3.Connection, sender: Sender, topic: str = TOPIC) -> int:
    """Send what is in the outbox, oldest first, and return how many changes that were.

    A change leaves the outbox when the broker has it. After a crash between the two
    it is sent again; readers know it by its ``lsn``.

    Raises:
        DeliveryError: When the broker does not take it; the outbox keeps it.
    """
    sent = 0
    while rows := _next(shop):
        for lsn, op, key, before, after, ts_ms in rows:
            envelope = {
                "op": op,
                "before": before and json.loads(before),
                "after": after and json.loads(after),
                "source": {"connector": "outbox", "table": "product", "lsn": lsn},
                "ts_ms": ts_ms,
            }
            name = json.dumps({"id": key})
            sender.send(topic, name, json.dumps(envelope, ensure_ascii=False).encode())
            if op == "d":
                sender.send(topic, name, None)
        sender.flush()
        shop.execute("delete from outbox where lsn <= ?", (rows[-1][0],))
        sent += len(rows)
    return sent


def _next(shop: sqlite3.Connection) -> list[tuple[Any, ...]]:
    query = "select lsn, op, key, before, after, ts_ms from outbox order by lsn limit ?"
    return shop.execute(query, (_BATCH,)).fetchall()
