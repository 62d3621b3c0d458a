"""Turn recordings of the scaffolder into what ``test_replay_scaffolder`` reads.

Run by hand, when there is a new recording; the tests only need what it wrote::

    python tests/contract/make_scaffolder_recordings.py RECORDINGS DATA

``RECORDINGS`` holds ``scaffolder.json`` and ``scaffolder-failures.json`` in ``golden-1.57``
(requests sent one after the other to a Backstage backend), ``golden-fixtures/tmpl`` (the
templates it had), and in ``traffic`` what a Backstage frontend sent, with one stream. ``DATA/scaffolder.jsonl`` gets one JSON object a line:
``{file, name, method, url, body, status, type, answer}``; an event stream's answer is
the list of its events. ``DATA/scaffolder`` gets the templates, ``DATA/demo`` the skeleton of the frontend's one.

Ids of tasks become ``$1``, ``$2`` … in the order they were made, times ``$TIME``, the
stacks of errors are cut off, and of an event's id only its order is kept.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SKIPPED = frozenset({"actions", "ext", "autocomplete notoken"})
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_STACK = re.compile(r"(\\n[A-Za-z]+: [^\"\\]*)?\\n    at [^\"]*")
_RUN = re.compile(r"dry-run-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WORKSPACE = re.compile(r"(/var)+/tmp/")
_PLACE = ("baseUrl",)
_COPY = ("uid", "etag", "annotations")
#: A secret that stands in a task's id, by chance, is hidden in it.
_MASKED = ("abc", "***")


def normalised(value: Any, ids: list[str]) -> Any:
    """Replace what differs from run to run."""
    text = _STACK.sub("", json.dumps(value, ensure_ascii=False))
    for number, task_id in enumerate(ids, 1):
        for form in (task_id, task_id.replace(*_MASKED)):
            text = text.replace(form, f"${number}")
    text = _WORKSPACE.sub("", _RUN.sub("$RUN", _TIME.sub("$TIME", text)))
    return _without_place(json.loads(text))


def _without_place(value: Any) -> Any:
    """Leave out where a template was read from, and which copy of it that was."""
    if isinstance(value, list):
        return [_without_place(item) for item in value]
    if not isinstance(value, dict):
        return value
    left_out: tuple[str, ...] = _PLACE if "entityRef" in value and "baseUrl" in value else ()
    left_out = _COPY if "name" in value and "uid" in value else left_out
    return {key: _without_place(item) for key, item in value.items() if key not in left_out}


def events(text: str) -> list[dict[str, Any]]:
    """Return the events of a stream."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            data = json.loads(lines["data"])
            assert data["type"] == lines["event"]
            found.append(data)
    return found


def rows(folder: Path, file: str) -> Iterator[dict[str, Any]]:
    ids: list[str] = []
    for row in json.loads((folder / "golden-1.57" / f"{file}.json").read_bytes()):
        request, response = row["request"], row["response"]
        if row["name"] in _SKIPPED:
            continue
        answer = response["body"]
        if response["status"] == 201 and answer["id"] not in ids:
            ids.append(answer["id"])
        found = {
            "file": file,
            "name": row["name"],
            "method": request["method"],
            "url": request["path"],
            "body": request.get("body"),
            "status": response["status"],
            "type": response.get("headers", {}).get("content-type"),
            "answer": events(answer) if isinstance(answer, str) else answer,
        }
        yield normalised(found, ids)


def _frontend(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield what a frontend sent while a template was run and its tasks were listed."""
    stream = (folder / "traffic" / "scaffolder-eventstream.txt").read_text()
    seen: set[tuple[str, str]] = set()
    ids: list[str] = []
    for page in ("template-run", "create-tasks"):
        for line in (folder / "traffic" / f"{page}.jsonl").read_text().splitlines():
            row = json.loads(line)
            key = (row["method"], row["url"])
            if row["method"] == "OPTIONS" or "/api/scaffolder/" not in row["url"] or key in seen:
                continue
            seen.add(key)
            is_stream = row["url"].endswith("/eventstream")
            _, _, body = stream.partition("\n\n")
            answer: Any = events(body) if is_stream else json.loads(row["response_body"])
            if row["status"] == 201:
                ids.append(answer["id"])
            found = {
                "file": "frontend",
                "name": f"{page} {len(seen)}",
                "method": row["method"],
                "url": row["url"],
                "body": json.loads(row.get("request_body") or "null"),
                "status": row["status"],
                "type": row["response_headers"].get("content-type"),
                "answer": answer,
            }
            yield normalised(found, ids)


def main() -> None:
    """Write the files."""
    recordings, data = map(Path, sys.argv[1:])
    files = ("scaffolder", "scaffolder-failures")
    found = [row for file in files for row in rows(recordings, file)]
    found += _frontend(recordings)
    lines = [json.dumps(row, ensure_ascii=False) for row in found]
    (data / "scaffolder.jsonl").write_text("\n".join(lines) + "\n")
    copied = {
        "golden-fixtures/tmpl": "scaffolder",
        "demo-catalog/template/skeleton": "demo/template/skeleton",
    }
    for source, target in copied.items():
        shutil.copytree(recordings / source, data / target, dirs_exist_ok=True)


if __name__ == "__main__":
    main()
