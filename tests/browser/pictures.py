"""Pictures of the running portal: those of the README, or of every page to look at.

    python -m tests.browser.pictures                  the README's, into docs/images
    python -m tests.browser.pictures FOLDER [PATH …]  every page (or some) in both languages
                                                      and themes, and on a phone

The content is this repository's at its last commit, and a small company that uses it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.browser.browsing import chromium
from tests.browser.browsing import visiting
from tests.conftest import repository_at
from tests.stories.test_frontend_pages import demo
from tests.stories.test_tasks import Serving

_ROOT = Path(__file__).parents[2]
_SIZE = {"width": 1280, "height": 800}
_PHONE = {"width": 320, "height": 640}
_LARGER_PHONE = {"width": 390, "height": 844}
#: What the README shows: the file, and the page.
README = {
    "start": "/",
    "concept": "/glossary/circuit-breaker",
    "search": "/search?q=the+card+was+charged+twice",
    "entity": "/catalog/default/component/orders#concepts",
    "coverage": "/coverage",
    "create": "/create/default/circuit-breaker",
    "documentation": "/docs/default/component/glossary-portal-backend/users/searching/",
}
#: Every page; where a page has another state, that too.
PAGES = {
    "start": "/",
    "start-by-theme": "/?by=theme",
    "search": "/search?q=card+charged+twice",
    "search-empty": "/search?q=zzqqxxy",
    "search-none": "/search",
    "concept": "/glossary/circuit-breaker",
    "concept-history": "/catalog/default/concept/circuit-breaker/history",
    "catalog": "/catalog",
    "catalog-empty": "/catalog?tag=nothing-has-this",
    "component": "/catalog/default/component/payment-service",
    "component-history": "/catalog/default/component/payment-service/history",
    "component-yaml": "/catalog/default/component/payment-service/yaml",
    "api": "/catalog/default/api/payment-api",
    "api-definition": "/catalog/default/api/payment-api/definition",
    "system": "/catalog/default/system/checkout",
    "group": "/catalog/default/group/payments",
    "user": "/catalog/default/user/ada.lovelace",
    "template": "/catalog/default/template/circuit-breaker",
    "create": "/create",
    "create-form": "/create/default/circuit-breaker",
    "tasks": "/tasks",
    "docs": "/docs",
    "docs-search": "/docs/default/component/glossary-portal-backend/?q=mirror",
    "docs-page": "/docs/default/component/glossary-portal-backend/users/searching/",
    "docs-demo": "/docs/default/component/docs-site",
    "docs-preview": "/docs/default/component/docs-site/?at=main",
    "docs-preview-none": "/docs/default/component/docs-site/?at=no-such-branch",
    "docs-concept": "/docs/default/concept/circuit-breaker",
    "coverage": "/coverage",
    "account": "/account",
    "coverage-trend": "/coverage/trend?days=7",
    "coverage-gaps": "/coverage/gaps",
    "service": "/catalog/default/component/orders",
    "service-suggested": "/catalog/default/component/gateway",
    "sources": "/sources",
    "problems": "/problems",
    "api-reference": "/api/docs",
    "api-reference-part": "/api/docs?part=catalog",
    "not-found": "/nope",
    "entity-not-found": "/catalog/default/component/no-such-thing",
}
_FORGE = "url:https://github.com/acme/services/blob/main"
_SERVICE = """apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {{name: {name}, title: {title}, description: {about}}}
spec: {{type: service, lifecycle: production, owner: {owner}, system: {system}, implementsConcepts: [{concepts}]}}
"""
#: Services of the company: folder, title, owner, system, what they declare, and their files.
_SERVICES: dict[str, tuple[str, str, str, str, dict[str, str]]] = {
    "orders": (
        "Orders",
        "payments",
        "checkout",
        "circuit-breaker, idempotency",
        {
            "requirements.txt": "pybreaker==1.2.0\nkafka-python==2.0.2\n",
            "orders/stock.py": (
                "import pybreaker\n\nbreaker = pybreaker.CircuitBreaker(fail_max=5)\n\n\n"
                "@breaker\ndef stock_of(item: str) -> int:\n    return fetch(item)\n"
            ),
            "orders/events.py": (
                "from kafka import KafkaProducer\n\nproducer = KafkaProducer()\n"
                'producer.send("orders", b"placed")\n'
            ),
        },
    ),
    "gateway": (
        "Gateway",
        "platform",
        "checkout",
        "",
        {
            "package.json": '{"name": "gateway", "dependencies": {"opossum": "8.1.4"}}\n',
            "src/weather.js": (
                "const CircuitBreaker = require('opossum');\n"
                "const breaker = new CircuitBreaker(ask, { timeout: 3000 });\n"
                "breaker.fallback(() => cached);\nmodule.exports = () => breaker.fire();\n"
            ),
        },
    ),
    "features": (
        "Features",
        "platform",
        "checkout",
        "feature-store, concept-drift",
        {
            "requirements.txt": "feast==0.40.0\n",
            "features.py": "from feast import FeatureStore\n\nstore = FeatureStore(repo_path='.')\n",
        },
    ),
    "ledger": ("Ledger", "payments", "checkout", "", {"README.md": "# Ledger\n"}),
}
_BROKEN = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: broken one}
spec: {type: service, lifecycle: production, owner: payments}
"""


@contextmanager
def running_portal() -> Iterator[str]:
    """Serve the content; yield the portal's address."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = demo() | {"broken/catalog-info.yaml": _BROKEN.lstrip().encode()}
        files["catalog-info.yaml"] += (
            b"---\napiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: broken}\n"
            b"spec: {target: ./broken/catalog-info.yaml}\n"
        )
        services = str(repository_at(folder / "services", _services()).path)
        globs = ["*/catalog-info.yaml"]
        sources: list[dict[str, Any]] = [
            {"name": "glossary", "url": str(_ROOT)},
            {"name": "demo", "url": str(repository_at(folder / "company", files).path)},
            {"name": "services", "url": services, "targets": globs, "location": _FORGE},
        ]
        serving = Serving(folder, f"sources: {json.dumps(sources)}\n")
        try:
            serving.until(lambda: _is_scanned(serving), 180)
            yield f"http://127.0.0.1:{serving.port}"
        finally:
            serving.stop()


def _services() -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for name, (title, owner, system, concepts, own) in _SERVICES.items():
        text = _SERVICE.format(
            name=name, title=title, about=title, owner=owner, system=system, concepts=concepts
        )
        files[f"{name}/catalog-info.yaml"] = text.encode()
        files |= {f"{name}/{path}": content.encode() for path, content in own.items()}
    return files


def _is_scanned(serving: Serving) -> bool:
    """Return whether services were scanned with the rules of all concepts."""
    answer = serving.open("GET", "/coverage.csv?status=verified")
    return b"feature-store" in answer.read()


def take_readme(browser: Any, base: str, folder: Path) -> None:
    """Take the pictures of the README."""
    with visiting(browser, base, viewport=_SIZE, locale="en", color_scheme="light") as visit:
        for name, path in README.items():
            visit.open(path)
            visit.page.wait_for_load_state("networkidle")
            visit.page.screenshot(path=folder / f"{name}.png")
            sys.stdout.write(f"{folder / name}.png\n")


def take_all(browser: Any, base: str, folder: Path, names: list[str]) -> None:
    """Take a picture of every page in both languages and themes; print what is wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen = {name: path for name, path in PAGES.items() if not names or name in names}
    for language in ("ko", "en"):
        for theme, size in (
            ("light", _SIZE),
            ("dark", _SIZE),
            ("phone", _PHONE),
            ("390", _LARGER_PHONE),
        ):
            colours = "dark" if theme == "dark" else "light"
            options = {"viewport": size, "locale": language, "color_scheme": colours}
            with visiting(browser, base, **options) as visit:
                for name, path in chosen.items():
                    visit.open(path)
                    visit.page.wait_for_load_state("networkidle")
                    visit.page.screenshot(
                        path=folder / f"{name}-{language}-{theme}.png", full_page=True
                    )
                    visit.faults = [one for one in visit.faults if "404" not in one]
                    for complaint in visit.complaints():
                        sys.stdout.write(f"{name} {language} {theme}: {complaint}\n")
                    visit.faults.clear()


def main() -> None:
    """Take the pictures."""
    with chromium() as browser, running_portal() as base:
        if len(sys.argv) > 1:
            take_all(browser, base, Path(sys.argv[1]), sys.argv[2:])
        else:
            take_readme(browser, base, _ROOT / "docs" / "images")


if __name__ == "__main__":
    main()
