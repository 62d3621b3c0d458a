"""Sends recorded requests to a running backend, one after the other.

What a backend makes up anew in every run (ids of tasks and locations, tokens) stands in later
requests: wherever an answer has another such text than the recorded one at the same place, later
requests get the new one. The uids of entities are the exception: lists are sorted by them, so the
backend's databases are given the recorded ones.
"""

from __future__ import annotations

import http.client
import json
import re
import sqlite3
import time
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.contract.drift.backend import PORT
from tests.contract.drift.backend import SERVICE_TOKEN
from tests.contract.test_replay import recorded_uids

#: How long a later status is waited for, where the recorded one is not there yet, in seconds.
_PATIENCE = 12.0
#: How long a backend may take to read the entities that were recorded, in seconds.
_READING = 60.0
_MADE_UP = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    r"|eyJ[\w-]+\.[\w-]+\.[\w-]+"
)
Record = dict[str, Any]


class Replay:
    """A client that sends recorded requests.

    Args:
        renames: What stands in answers of this run, and what did in the recorded one.
    """

    def __init__(self, renames: Mapping[str, str]) -> None:
        self._renames = renames
        self._new: dict[str, str] = {}
        answer = self._send("GET", "/api/auth/guest/refresh", {}, None)
        self._user = answer["body"]["backstageIdentity"]["token"]

    def replay(self, row: Record) -> Record:
        """Send one recorded request; return the record of it and of its answer."""
        request, recorded = row["request"], row["response"]
        end = time.monotonic() + _PATIENCE
        answer = self._ask(request)
        while (
            request["method"] == "GET"
            and answer["status"] != recorded["status"]
            and time.monotonic() < end
        ):
            time.sleep(0.5)
            answer = self._ask(request)
        for old, new in _made_up(recorded, answer):
            self._new.setdefault(old, new)
        return {"name": row["name"], "request": request, "response": answer}

    def entities(self) -> list[Record]:
        """Return all entities there are."""
        found: list[Record] = self._ask({"method": "GET", "path": "/api/catalog/entities"})["body"]
        return found

    def dry_run(self, body: Record, *, is_user: bool) -> Record:
        """Return the answer to a dry run."""
        request = {"method": "POST", "path": "/api/scaffolder/v2/dry-run", "body": body}
        return self._ask(request | {"auth": is_user or f"token:{SERVICE_TOKEN}"})

    def _ask(self, request: Record) -> Record:
        headers = {**(request.get("headers") or {})}
        who = request.get("auth", True)
        if who is True:
            headers.setdefault("Authorization", f"Bearer {self._user}")
        elif who:
            headers["Authorization"] = f"Bearer {who.removeprefix('token:')}"
        path = self._renewed(request["path"])
        headers = json.loads(self._renewed(json.dumps(headers)))
        return self._send(request["method"], path, headers, self._body(request.get("body")))

    def _body(self, body: Any) -> bytes | None:
        if body is None:
            return None
        text = body if isinstance(body, str) else json.dumps(body)
        return self._renewed(text).encode()

    def _renewed(self, text: str) -> str:
        return _MADE_UP.sub(lambda match: self._new.get(match[0], match[0]), text)

    def _send(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Record:
        with closing(http.client.HTTPConnection("127.0.0.1", PORT, timeout=120)) as connection:
            if body is not None:
                headers = {"Content-Type": "application/json", **headers}
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            for new, old in self._renames.items():
                text = text.replace(new, old)
            found: dict[str, Any] = {}
            for name, value in answer.getheaders():
                found[name.lower()] = value
            is_json = "json" in found.get("content-type", "") and text
            return {
                "status": answer.status,
                "headers": found,
                "body": json.loads(text) if is_json else text,
            }


def _made_up(recorded: Any, now: Any) -> Iterator[tuple[str, str]]:
    """Yield made-up texts at the same place of two answers."""
    if isinstance(recorded, dict) and isinstance(now, dict):
        for name in recorded.keys() & now.keys():
            yield from _made_up(recorded[name], now[name])
    elif isinstance(recorded, list) and isinstance(now, list):
        for old, new in zip(recorded, now, strict=False):
            yield from _made_up(old, new)
    elif isinstance(recorded, str) and isinstance(now, str):
        yield from zip(_MADE_UP.findall(recorded), _MADE_UP.findall(now), strict=False)


def give_recorded_uids(client: Replay, rows: list[Record], databases: Path) -> None:
    """Give the backend's entities the uids they had when ``rows`` were recorded.

    Args:
        client: Asks which entities there are.
        rows: Recorded requests with their answers.
        databases: The folder of the backend's databases.
    """
    wanted = recorded_uids([{"answer": row["response"]["body"]} for row in rows])
    end = time.monotonic() + _READING
    now: dict[str, str] = {}
    while not wanted.keys() <= now.keys() and time.monotonic() < end:
        time.sleep(1)
        now = recorded_uids([{"answer": client.entities()}])
    changes = [(now[ref], uid) for ref, uid in wanted.items() if ref in now and now[ref] != uid]
    for path in databases.glob("*.sqlite"):
        with closing(sqlite3.connect(path, timeout=30)) as connection, connection:
            connection.execute("PRAGMA foreign_keys = OFF")
            for table, column in list(_text_columns(connection)):
                for old, new in changes:
                    connection.execute(
                        f'UPDATE "{table}" SET "{column}" = replace("{column}", ?, ?)'
                        f' WHERE instr("{column}", ?)',
                        (old, new, old),
                    )


def _text_columns(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    for (table,) in tables.fetchall():
        for column in connection.execute(f'PRAGMA table_info("{table}")').fetchall():
            if not re.search("int|date|bool|blob", column[2].lower()):
                yield table, column[1]
