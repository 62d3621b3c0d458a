"""The audit of locked packages tells what is vulnerable, and says when it knows nothing."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests.dependency_audit import Verdict
from tests.dependency_audit import judge
from tests.dependency_audit import npm_verdict
from tests.dependency_audit import python_verdict
from tests.http_server import http_server
from tests.http_server import reply


class _Osv(BaseHTTPRequestHandler):
    """Knows of one vulnerability: that of ``flask``."""

    def log_message(self, *_args: Any) -> None: ...

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = {"id": "PYSEC-1", "affected": [], "summary": "s", "details": "d"}
        found = {"vulns": [known]} if asked["package"]["name"] == "flask" else {}
        reply(self, 200, body=json.dumps(found).encode())


@pytest.mark.slow
def test_a_vulnerable_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text("flask==3.1.0\nclick==8.2.0\n")
    with http_server(_Osv) as port:
        monkeypatch.setenv("OSV_URL", f"http://127.0.0.1:{port}/v1/query")
        assert judge(lock) == Verdict(2, ("flask 3.1.0 PYSEC-1",))


@pytest.mark.slow
def test_a_service_that_does_not_answer_is_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text("flask==3.1.0\n")
    monkeypatch.setenv("OSV_URL", "http://127.0.0.1:9/v1/query")
    assert judge(lock) == Verdict(reason="the vulnerability service does not answer")


def test_an_index_that_knows_no_package_is_a_reason() -> None:
    answer = {"dependencies": [{"name": "a", "skip_reason": "not found"}], "fixes": []}
    assert python_verdict(answer).reason
    assert python_verdict({"dependencies": [], "fixes": []}) == Verdict()


def test_what_npm_says_is_read() -> None:
    assert npm_verdict({"message": "405", "error": {}}).reason
    found = {"ajv": {"range": "<6.12.3", "severity": "moderate"}}
    answer = {"vulnerabilities": found, "metadata": {"dependencies": {"total": 3}}}
    assert npm_verdict(answer) == Verdict(3, ("ajv <6.12.3 (moderate)",))
