"""Turn recordings of a reference backend into the form the replay tests read.

Run by hand, when there is a new recording; the tests only need what it wrote::

    python tests/contract/make_recordings.py RECORDINGS DATA

``RECORDINGS`` holds ``golden-1.57/*.json`` (lists of ``{name, request, response}``, made by
a script that sent one request after the other to a Backstage backend whose catalog was
``golden-fixtures``) and ``traffic/*.jsonl`` (what the browser of a Backstage frontend
sent and got while somebody looked at ``demo-catalog``). ``DATA`` gets one JSON object a
line: ``{name, method, url, headers?, body?, text?, cursor?, status, type, link?, chunked?,
answer}``.

What differs from run to run is made the same:

* uids become numbers in the same order, because lists are sorted by uid;
* ``etag`` of entities is left out: it is opaque;
* cursors are opened, so that a reader sees them; a request holds ``$CURSOR`` instead;
* the folder of the content is called another way than where it was recorded, and so
  are the Locations generated for it (their names hold the hash of the address); the
  new name is one that leaves them in the same order;
* equal requests with equal answers are kept once;
* tokens and everything else of the request headers are dropped, but for CORS.

Only requests of the catalog and of search are kept here; the other two ``make_…_recordings``
keep those of other plugins. TechDocs is not replayed: its pages are answered with an empty 404.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from urllib.parse import urlsplit

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_CORS_REQUEST = ("origin", "access-control-request-method", "access-control-request-headers")
_CORS_ANSWER = (
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
)
#: Requests of ``catalog-write`` that only read, or that do not change the answers of others.
_READS = re.compile(r"bq .*|refresh (case|404|bad|extra)|loc by-entity 404")
_LATER = re.compile(r"/api/catalog/(locations|validate-entity|analyze-location)")
#: Lists of entities: those with any are sent in pieces, without ETag and Content-Length.
_LISTS = re.compile(r"/api/catalog/entities(/by-query|/by-refs)?/?(\?|$)")
#: The plugins whose requests are kept.
_PLUGINS = ("catalog", "search")

#: The folder of the recordings of the newest Backstage.
_GOLDEN = "golden-1.57"
#: How folders of content are called in recordings and here.
_FOLDERS = {"/srv/peer/fixtures": "/srv/content94/fixtures", "/srv/peer/catalogs": "/srv"}

Record = dict[str, Any]


def golden(folder: Path, name: str) -> Iterator[Record]:
    """Yield the records of one recording."""
    for row in json.loads((folder / _GOLDEN / f"{name}.json").read_text()):
        sent, got = row["request"], row["response"]
        record: Record = {"name": row["name"], "method": sent["method"], "url": sent["path"]}
        if sent["headers"]:
            record["headers"] = sent["headers"]
        if isinstance(sent["body"], str):
            record["text"] = sent["body"]
        elif sent["body"] is not None:
            record["body"] = sent["body"]
        record |= {"status": got["status"], "type": got["headers"].get("content-type")}
        if "link" in got["headers"]:
            record["link"] = got["headers"]["link"]
        if _LISTS.match(sent["path"]) and got["status"] == 200 and "etag" not in got["headers"]:
            record["chunked"] = True
        yield record | {"answer": got["body"]}


def traffic(folder: Path) -> Iterator[Record]:
    """Yield the records of everything the frontend asked of catalog and search."""
    for path in sorted((folder / "traffic").glob("*.jsonl")):
        for line in path.read_text().splitlines():
            row = json.loads(line)
            if "status" not in row or "response_headers" not in row:
                continue  # aborted, or answered by the browser's own cache
            headers = row.get("request_headers", {})
            record: Record = {"name": path.stem, "method": row["method"], "url": row["url"]}
            record["headers"] = {n: v for n, v in headers.items() if n in _CORS_REQUEST}
            if row.get("request_body"):
                record["body"] = json.loads(row["request_body"])
            record["status"] = row["status"]
            got = row["response_headers"]
            record["type"] = got.get("content-type") or (
                # Of an answer it had already, the browser does not show all headers.
                "application/json; charset=utf-8" if row["method"] != "OPTIONS" else None
            )
            record["cors"] = {n: got[n] for n in _CORS_ANSWER if n in got}
            yield record | _answer(row.get("response_body") or "")


def _answer(text: str) -> Record:
    """Return a recorded answer; the recorder cut those longer than 4096 characters."""
    try:
        return {"answer": json.loads(text) if text else ""}
    except json.JSONDecodeError:
        return {"answer": None, "cut": True}


def opened(value: Any) -> Any:
    """Return ``value`` with cursors opened and without the etags of entities."""
    if isinstance(value, list):
        return [opened(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "uid" in value:
        value = {name: item for name, item in value.items() if name != "etag"}
    return {
        name: open_cursor(item) if name in {"nextCursor", "prevCursor"} else opened(item)
        for name, item in value.items()
    }


def open_cursor(text: str) -> Any:
    """Return what is inside of a cursor."""
    return json.loads(base64.b64decode(text))


def without_cursor(record: Record) -> Record:
    """Move a good cursor of the request out of it, as an object of its own."""
    text = dict(parse_qsl(urlsplit(record["url"]).query)).get("cursor")
    body = record.get("body")
    if text is None and isinstance(body, dict):
        text = body.get("cursor")
    if not text or "InputError" in json.dumps(record["answer"]):
        return record
    record["url"] = re.sub(r"cursor=[^&]*", "cursor=$CURSOR", record["url"])
    if isinstance(body, dict) and "cursor" in body:
        record["body"] = body | {"cursor": "$CURSOR"}
    return record | {"cursor": open_cursor(text)}


def generated_names(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the name and the address of every generated Location in an answer."""
    if isinstance(value, dict):
        name = value.get("metadata", {}).get("name", "")
        if name.startswith("generated-") and "target" in value.get("spec", {}):
            yield name, f"{value['spec']['type']}:{value['spec']['target']}"
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from generated_names(item)


def moved(texts: list[str]) -> list[str]:
    """Return the texts as if the content had been in other folders."""
    names = {n: a for text in texts for n, a in generated_names(json.loads(text)["answer"])}
    for old, new in _FOLDERS.items():
        texts = [text.replace(old, new) for text in texts]
        names = {name: address.replace(old, new) for name, address in names.items()}
    digests = {n: hashlib.sha1(a.encode()).hexdigest() for n, a in names.items()}
    for name, digest in digests.items():
        texts = [text.replace(name, f"generated-{digest}") for text in texts]
    return texts


def write(records: list[Record], path: Path) -> None:
    """Write records, numbering their uids in order and leaving out what is there twice."""
    texts = []
    for record in records:
        record["answer"] = opened(record["answer"])
        texts.append(json.dumps(without_cursor(record), ensure_ascii=False))
    found = sorted({uid for text in texts for uid in _UUID.findall(text)})
    number = {uid: f"00000000-0000-4000-8000-{i:012}" for i, uid in enumerate(found, 1)}
    texts = moved(texts)
    same = [_UUID.sub(lambda match: number[match[0]], text) for text in texts]
    seen: dict[str, str] = {}
    for text in same:
        key = {k: v for k, v in json.loads(text).items() if k != "name"}
        seen.setdefault(json.dumps(key, sort_keys=True), text)
    path.write_text("".join(f"{text}\n" for text in seen.values()))


def main(recordings: Path, data: Path) -> None:
    """Write all files of ``data``."""
    reads = [*golden(recordings, "catalog-read")]
    reads += [r for r in golden(recordings, "catalog-write") if _READS.fullmatch(r["name"])]
    write([r for r in reads if not _LATER.match(r["url"])], data / "fixtures.jsonl")
    writes = [r for r in golden(recordings, "catalog-write") if not r["name"].startswith("bq ")]
    write([r for r in writes if not _READS.fullmatch(r["name"])], data / "writes.jsonl")
    write([*golden(recordings, "catalog-status-orphan")], data / "status.jsonl")
    searches = [r for r in golden(recordings, "search") if r["name"] != "noauth"]
    write(searches, data / "search.jsonl")
    asked = sorted(traffic(recordings), key=lambda record: record["url"].split("/")[2])
    write([r for r in asked if r["url"].split("/")[2] in _PLUGINS], data / "frontend.jsonl")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
