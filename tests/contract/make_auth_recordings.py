"""Turn recordings of signing in and its neighbours into what ``test_replay_auth`` reads.

Run by hand, when there is a new recording; the tests only need what it wrote::

    python tests/contract/make_auth_recordings.py RECORDINGS DATA

``RECORDINGS`` holds ``golden-1.57/auth-and-core.json`` and ``golden-1.57/orphan-permission.json``
(requests sent one after the other to a Backstage backend with guests and a static
token) and ``traffic/*.jsonl`` (what a Backstage frontend sent). ``DATA/auth.jsonl`` gets
one JSON object a line: ``{name, method, url, body?, credentials, headers?, status, type,
cookie?, answer}``; equal requests of the frontend are kept once.

Tokens, keys, times and ids are replaced by ``$NAME``; ``credentials`` is ``user``,
``service``, empty, or the bearer token itself.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_PLUGINS = re.compile(
    r"/api/(auth|permission|user-settings|notifications|signals|techdocs/\.backstage)\b"
)
_OTHERS = re.compile(
    r"plugin jwks|no auth|bad token|basic auth header|health .*"
    r"|permissions metadata|apply-conditions .*"
)
#: The folder of the recordings of the newest Backstage.
_GOLDEN = "golden-1.57"
#: The static token of the recorded backend.
_SERVICE = "token:static-token-1234"
_PATTERNS = (
    (re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+"), "$TOKEN"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"), "$UUID"),
    (re.compile(r'("[xy]": )"[\w-]{43}"'), r'\1"$COORDINATE"'),
    (re.compile(r"http://(127\.0\.0\.1:17007|localhost:7007)"), "$PORTAL"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"), "$TIME"),
    (re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} 20\d\d \d\d:\d\d:\d\d GMT"), "$DATE"),
)


def normalised(value: Any) -> Any:
    """Replace what differs from run to run."""
    text = json.dumps(value, ensure_ascii=False)
    for pattern, name in _PATTERNS:
        text = pattern.sub(name, text)
    return json.loads(text)


def golden(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of one script's recording."""
    for row in json.loads((folder / _GOLDEN / f"{name}.json").read_bytes()):
        request, response = row["request"], row["response"]
        if not _PLUGINS.match(request["path"]) and not _OTHERS.fullmatch(row["name"]):
            continue
        shown = {True: "user", False: "", _SERVICE: "service"}
        yield {
            "name": row["name"],
            "method": request["method"],
            "url": request["path"],
            "body": request["body"],
            "credentials": shown.get(request["auth"], request["auth"]),
            "headers": request["headers"] or {},
            "status": response["status"],
            "type": response["headers"].get("content-type"),
            "cookie": normalised(response["headers"].get("set-cookie")),
            "answer": normalised(response["body"] or None),
        }


def frontend(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield what a frontend sent, each request once."""
    seen = set()
    for path in sorted((folder / "traffic").glob("*.jsonl")):
        for line in path.read_text().splitlines():
            row = json.loads(line)
            if not _PLUGINS.match(row["url"]) or row["method"] not in {"GET", "POST"}:
                continue
            body = normalised(json.loads(row.get("request_body") or "null"))
            key = (row["method"], row["url"], json.dumps(body))
            if key in seen or row["status"] == 304:
                continue
            seen.add(key)
            yield {
                "name": f"frontend {path.stem}",
                "method": row["method"],
                "url": row["url"],
                "body": body,
                "credentials": "user" if "authorization" in row["request_headers"] else "",
                "headers": {},
                "status": row["status"],
                "type": row["response_headers"].get("content-type"),
                "answer": normalised(json.loads(row["response_body"])),
            }


def main() -> None:
    """Write the file."""
    recordings, data = map(Path, sys.argv[1:])
    rows = [
        *golden(recordings, "auth-and-core"),
        *golden(recordings, "orphan-permission"),
        *frontend(recordings),
    ]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (data / "auth.jsonl").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
