"""What people do with the portal, in a browser: find, read, narrow, create, watch."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.browsing import chromium
from tests.browser.browsing import visiting
from tests.conftest import MakeRepository
from tests.conftest import Serving as GitServer
from tests.stories.test_publishing import TEMPLATE
from tests.stories.test_tasks import Serving
from tests.ui.test_pages import CONCEPTS
from tests.ui.test_pages import files

pytestmark = pytest.mark.slow

SKELETON = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: "${{ values.name }}"}
spec: {type: service, lifecycle: production, owner: guests}
"""
PAGES = (
    "/",
    "/?by=theme",
    "/search?q=idempotency",
    "/glossary/idempotency",
    "/catalog",
    "/catalog/default/component/payments",
    "/catalog/default/component/payments/history",
    "/catalog/default/component/payments/yaml",
    "/coverage",
    "/coverage/trend",
    "/coverage/gaps",
    "/create",
    "/create/default/service",
    "/tasks",
    "/sources",
    "/problems",
    "/docs",
    "/docs/default/concept/idempotency/",
    "/docs/default/concept/idempotency/?q=idempotency",
    "/api/docs",
    "/api/docs?part=catalog",
    "/nope",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def portal(
    tmp_path: Path, make_repository: MakeRepository, serving: GitServer
) -> Iterator[Serving]:
    content = files(*CONCEPTS, count=3)["catalog-info.yaml"]
    # Nobody types the token of the forge here: the git server of the tests asks for none.
    template = TEMPLATE.replace(', token: "${{ secrets.tok }}"', "").lstrip()
    documents = f"{content}---\n{template}"
    skeleton = {"skeleton/catalog-info.yaml": SKELETON, "skeleton/README.md": "# Hello"}
    source = make_repository({"catalog-info.yaml": documents, **skeleton}, "content")
    hosts = json.dumps([serving.host])
    folder = tmp_path / "portal"
    folder.mkdir()
    sources = f"sources: [{{name: content, url: {json.dumps(str(source.path))}}}]\n"
    found = Serving(folder, f"{sources}publish_hosts: {hosts}\nlocation_hosts: {hosts}\n")
    yield found
    found.stop()


def base(portal: Serving) -> str:
    return f"http://127.0.0.1:{portal.port}"


def test_every_page_is_accessible_in_both_themes_and_languages(
    browser: Any, portal: Serving
) -> None:
    for theme in ("light", "dark"):
        for language in ("ko", "en"):
            for width in (1280, 320):
                options = {
                    "color_scheme": theme,
                    "locale": language,
                    "viewport": {"width": width, "height": 900},
                }
                with visiting(browser, base(portal), **options) as visit:
                    for number, path in enumerate(PAGES if width == 1280 else PAGES[::3]):
                        visit.open(path)
                        visit.faults = [one for one in visit.faults if "404" not in one]
                        visit.check(f"{number:02}-{language}-{theme}-{width}")


def made(browser: Any, portal: Serving, remote: str, **options: Any) -> str:
    """Fill in the form, watch the task to its end; return what its page says then."""
    with visiting(browser, base(portal), **options) as visit:
        visit.open("/create")
        visit.page.get_by_role("link", name="service", exact=True).first.click()
        visit.page.get_by_label("component").fill("orders")
        visit.page.get_by_label("remote").fill(remote)
        visit.page.get_by_label("password").fill("hidden-answer")
        visit.page.get_by_role("button", name="Next").last.click()
        assert "hidden-answer" not in visit.page.content()
        visit.page.get_by_role("link", name="Try it").click()
        assert visit.page.locator(".tree a").count() >= 2
        if options.get("java_script_enabled", True):
            visit.check("trial")
        visit.page.get_by_role("button", name="Create").click()
        visit.page.wait_for_selector("#task .task-state .state-completed", timeout=60_000)
        if options.get("java_script_enabled", True):
            visit.check("task")
        text: str = visit.page.locator("main").inner_text()
        return text


@pytest.mark.parametrize("scripts", [True, False])
def test_a_project_is_created_at_a_real_git_server_and_watched_to_its_end(
    browser: Any, portal: Serving, serving: GitServer, scripts: bool
) -> None:
    folder = serving.make_empty("acme/orders")
    text = made(
        browser, portal, f"http://{serving.host}/acme/orders.git", java_script_enabled=scripts
    )
    assert "3 of 3 steps done" in text
    assert "hidden-answer" not in text
    shown = subprocess.run(
        ("git", "show", "main:README.md"), cwd=folder, check=True, capture_output=True, text=True
    )
    assert shown.stdout == "# Hello"


def test_a_term_is_found_and_read_with_the_keyboard_alone(browser: Any, portal: Serving) -> None:
    with visiting(browser, base(portal)) as visit:
        visit.open("/")
        visit.page.keyboard.press("/")
        visit.page.keyboard.type("idemp")
        visit.page.wait_for_selector('.suggestions [role="option"]')
        visit.page.keyboard.press("ArrowDown")
        box = visit.page.locator('main input[name="q"]')
        assert box.get_attribute("aria-activedescendant")
        visit.check("suggestions")
        visit.page.keyboard.press("Enter")
        visit.page.wait_for_url("**/glossary/idempotency**")
        visit.page.keyboard.press("Tab")
        assert visit.page.evaluate("document.activeElement.className") == "skip"


def test_korean_is_completed_while_it_is_composed(browser: Any, portal: Serving) -> None:
    with visiting(browser, base(portal), locale="ko") as visit:
        visit.open("/")
        box = visit.page.locator('main input[name="q"]')
        box.focus()
        input_method = visit.page.context.new_cdp_session(visit.page)
        for text in ("ㅁ", "며", "멱"):
            place = {"selectionStart": len(text), "selectionEnd": len(text)}
            input_method.send("Input.imeSetComposition", {"text": text, **place})
        visit.page.wait_for_selector('.suggestions [role="option"]')
        # This Enter ends the composition; it must not send the form.
        box.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "keyCode": 229})
        assert visit.page.url.rstrip("/") == base(portal)
        input_method.send("Input.insertText", {"text": "멱등성"})
        visit.page.keyboard.press("Enter")
        visit.page.wait_for_url(re.compile("/search"))
        assert "멱등성" in visit.page.locator("h1").inner_text()


def test_the_catalog_is_narrowed_in_place_and_by_its_address(browser: Any, portal: Serving) -> None:
    phone = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
    with visiting(browser, base(portal), **phone) as visit:
        visit.open("/catalog")
        visit.page.get_by_label("Kind").select_option("Group")
        visit.page.wait_for_url("**kind=Group**")
        assert visit.page.locator(".row-title").all_inner_texts() == ["Stewards"]
        visit.page.reload()
        assert visit.page.locator(".row-title").all_inner_texts() == ["Stewards"]
        visit.check("catalog-phone")


def test_recent_queries_stay_in_the_browser(browser: Any, portal: Serving) -> None:
    with visiting(browser, base(portal)) as visit:
        visit.open("/search?q=")
        visit.page.locator('main input[name="q"]').fill("retry")
        visit.page.keyboard.press("Enter")
        visit.page.wait_for_url("**q=retry**")
        visit.open("/")
        visit.page.locator('main input[name="q"]').focus()
        assert visit.page.locator(".suggestions [data-query]").all_inner_texts() == ["retry"]


def weight(browser: Any, portal: Serving, path: str) -> dict[str, int]:
    """Return the bytes of everything that a page loads into an empty cache, by address."""
    with visiting(browser, base(portal)) as visit:
        sizes: dict[str, int] = {}

        def note(response: Any) -> None:
            sizes[response.url] = response.request.sizes()["responseBodySize"]

        visit.page.on("requestfinished", lambda request: note(request.response()))
        visit.open(path)
        visit.page.wait_for_load_state("networkidle")
        return sizes


def test_the_first_page_is_light_and_asks_no_other_host(browser: Any, portal: Serving) -> None:
    weights = {path: weight(browser, portal, path) for path in PAGES}

    told = {path: sum(sizes.values()) for path, sizes in weights.items()}
    sys.stdout.write("".join(f"{size:8,} bytes {path}\n" for path, size in told.items()))
    others = [url for one in weights.values() for url in one if not url.startswith(base(portal))]
    assert others == []
    assert told["/"] <= 50_000, weights["/"]


def test_a_link_is_found_from_the_matrix_without_scripts(browser: Any, portal: Serving) -> None:
    portal.until(lambda: b"payments" in portal.open("GET", "/coverage.csv").read())
    with visiting(browser, base(portal), java_script_enabled=False) as visit:
        visit.open("/coverage")
        visit.page.get_by_label("Status").select_option(label="Declared")
        visit.page.get_by_role("button", name="Show").click()
        visit.page.locator(".matrix td a").first.click()
        assert "Payments" in visit.page.locator("h1").inner_text()
        assert visit.page.locator(".copied button").first.is_hidden()
