"""A project that people have edited is updated from its page, in a browser, and its tests pass."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from tests.browser.browsing import chromium
from tests.browser.browsing import visiting
from tests.scaffolder.updating.conftest import SKELETON
from tests.scaffolder.updating.conftest import MakeWorld
from tests.scaffolder.updating.conftest import World

UPDATE = "/catalog/default/component/shop/update"
PROJECTS = "/templates/default/service/projects"
TESTS = """
import unittest
from app.main import main

class MainTest(unittest.TestCase):
    def test_greeting(self):
        self.assertEqual(main(), "hello")
"""


@contextmanager
def served(world: World) -> Iterator[str]:
    """Serve the portal of a world; its address is given."""
    server = make_server("127.0.0.1", 0, world.portal.client.application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def edit(world: World) -> None:
    """Change the project as a user would: files of its own, changed lines, a moved file."""
    readme = "# shop\n\nOur line one\nLine two\nLine three\nLine four\n"
    world.change_project(
        {
            "README.md": readme,
            "app/ours.py": "OURS = True\n",
            "app/old.py": None,
            "app/history.py": str(SKELETON["app/old.py"]),
        }
    )


@pytest.mark.slow
def test_an_edited_project_is_updated_from_its_page_and_its_tests_pass(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    tested = {"app/__init__.py": "", "tests/__init__.py": "", "tests/test_main.py": TESTS}
    world = make_world({**SKELETON, **tested}, {"name": "shop", "port": 8000})
    edit(world)
    greeting = str(SKELETON["app/main.py"]).replace("hello", "hello again")
    world.change_template(
        {
            "app/main.py": greeting,
            "tests/test_main.py": TESTS.replace("hello", "hello again"),
            "app/old.py": str(SKELETON["app/old.py"]).replace("VALUE = 1", "VALUE = 2"),
        }
    )
    world.portal.sync()
    with served(world) as base, chromium() as browser:
        with visiting(browser, base, java_script_enabled=False) as visit:
            visit.open("/catalog/default/component/shop")
            visit.page.click(f"a[href*='{UPDATE}']")
            visit.page.click("main form button[type=submit]")
            assert visit.page.locator("a[href='http://x/1']").count() == 1
            visit.open(PROJECTS)
            visit.page.click("main form button[type=submit]")
            assert "/campaigns/" in visit.page.url
            campaign = visit.page.url.removeprefix(base)
        world.portal.services.campaign_job.do_one()
        for language in ("en", "ko"):
            with visiting(browser, base, locale=language) as visit:
                for name, path in (("update", UPDATE), ("projects", PROJECTS), ("done", campaign)):
                    visit.open(path)
                    visit.check(f"updates-{name}-{language}")
    [pull] = world.api.pulls
    world.merge(pull["head"]["ref"])
    subprocess.run(
        ("git", "clone", "--quiet", str(world.remote.path), str(tmp_path / "merged")), check=True
    )
    merged = tmp_path / "merged"
    assert (merged / "README.md").read_text().splitlines()[2] == "Our line one"
    assert (merged / "app/ours.py").read_text() == "OURS = True\n"
    assert not (merged / "app/old.py").exists()
    assert "VALUE = 2" in (merged / "app/history.py").read_text()
    done = subprocess.run(
        (sys.executable, "-m", "unittest", "-q"),
        check=False,
        cwd=merged,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "Ran 1 test" in done.stderr
