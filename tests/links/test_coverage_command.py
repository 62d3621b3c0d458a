"""``portal coverage``: from the database, and from a running portal."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from tests.command_line import run
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.links.glossary import PAYMENTS
from tests.links.glossary import RETRY
from tests.links.glossary import service
from tests.links.glossary import sources

FILES = {"catalog-info.yaml": service("payments", "retry"), "requirements.txt": "tenacity\n"}
TEXT = f"""{PAYMENTS}
  {RETRY}  verified   0.97
  {RETRY}: 1 verified
"""


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal(sources=sources(FILES))


def coverage(portal: Portal, *options: object) -> str:
    done = run("coverage", "--data-dir", portal.config.data_dir, *options)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_coverage_of_the_database(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert coverage(portal) == "No service has been scanned yet.\n"
    portal.services.link_job.scan_all()
    assert coverage(portal) == TEXT
    assert coverage(portal, "--by", "owner") == (
        f"group:default/editors: 1 service\n  {RETRY}: 1 verified\n"
    )
    assert json.loads(coverage(portal, "--format", "json"))["counts"] == {RETRY: {"verified": 1}}
    assert coverage(portal, "--format", "csv", "--concept", "retry").splitlines()[1] == (
        f"{RETRY},{PAYMENTS},payments,group:default/editors,,,verified,,0.97"
    )


def test_coverage_of_a_running_portal(portal: Portal) -> None:
    portal.services.link_job.scan_all()
    server = make_server("127.0.0.1", 0, portal.client.application, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        assert run("coverage", "--url", url).stdout == TEXT
        refused = run("coverage", "--url", url, "--at", "yesterday")
        assert refused.exit_code == 2
        assert "at must be a time" in refused.stderr
    finally:
        server.shutdown()
        server.server_close()
