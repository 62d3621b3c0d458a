"""The script on a page of another site, in a browser."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from http.server import SimpleHTTPRequestHandler
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import pytest
from werkzeug.serving import make_server

from portal.app import create_app

if TYPE_CHECKING:
    from tests.conftest import MakePortal

ROOT = Path(__file__).parents[2]
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><body><nav>Kafka</nav><main>
<h1 id="kafka">About Kafka</h1><p>We use <b>카프카</b>를, <code>Kafka</code>, a <em>circuit</em>
breaker, a circuit breaker, <a href="#">ETL</a>, 🎉 ETL and <b>테크 리드</b>십.</p></main>
<script src="http://127.0.0.1:{port}/api/glossary/annotate.js" defer></script>"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
def test_the_first_mention_of_each_term_becomes_a_link(
    make_portal: MakePortal, tmp_path: Path
) -> None:
    files = {
        path.relative_to(ROOT).as_posix(): path.read_text()
        for path in ROOT.glob("catalog/**/catalog-info.yaml")
    }
    site = ThreadingHTTPServer(("127.0.0.1", 0), _handler(tmp_path / "site"))
    origin = f"http://localhost:{site.server_port}"
    portal = make_portal(files, targets=("catalog/**/catalog-info.yaml",), cors_origins=(origin,))
    server = make_server("127.0.0.1", 0, create_app(portal.services), threaded=True)
    page = tmp_path / "site" / "index.html"
    page.parent.mkdir()
    page.write_text(PAGE.replace("{port}", str(server.server_port)))
    for each in (site, server):
        threading.Thread(target=each.serve_forever, daemon=True).start()
    try:
        shown = _shown(origin, tmp_path / "browser")
    finally:
        site.shutdown()
        server.shutdown()
    links = re.findall(r'<a class="glossary-term" href="[^"]*/([\w-]+)">([^<]*)</a>', shown)

    assert links == [
        ("apache-kafka", "Kafka"),
        ("circuit-breaker", "circuit breaker"),
        ("etl", "ETL"),
    ]
    assert '<a href="#">ETL</a>, 🎉 <a class' in shown


def _handler(folder: Path) -> Any:
    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(folder))

        def log_message(self, *_args: Any) -> None: ...

    return Handler


def _shown(url: str, profile: Path) -> str:
    """Return a page as a browser has it after its scripts ran."""
    done = subprocess.run(
        [
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={profile}",
            "--virtual-time-budget=20000",
            "--dump-dom",
            url,
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout
