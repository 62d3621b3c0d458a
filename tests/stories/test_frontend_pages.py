"""An unmodified Backstage frontend, in a browser, shows all of its 29 pages on a portal.

``tests/clients/frontend_walk.mjs`` walks. Needs chromium and a built Backstage app
(``tests/clients/frontend_app.py``). ``PORTAL_TEST_PICTURES`` keeps pictures of the pages.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.clients.frontend_app import running_app
from tests.clients.node_clients import install_packages
from tests.clients.node_clients import run_client
from tests.conftest import repository_at
from tests.stories.test_tasks import Serving

pytestmark = pytest.mark.slow

_DATA = Path(__file__).parent.parent / "contract" / "data" / "demo"
_ROOT = Path(__file__).parent.parent.parent
#: The pages of the component ``docs-site``.
_DOCS = {
    "mkdocs.yml": """
site_name: Docs Site
site_description: Demo documentation
nav:
  - Home: index.md
  - Guides:
      - Getting started: guides/start.md
theme: {name: material, font: false}
plugins: [techdocs-core]
""",
    "docs/index.md": """
# Welcome to Docs Site

This is the **demo documentation** for the payment platform.

!!! note "Mind the *gap*"
    The engine runs at night.

## Architecture

The reconciliation engine compares ledgers nightly.

![The flow](images/flow.svg)

```python
def pay(amount):
    return {"ok": True, "amount": amount}
```

=== "Linux"
    `make dev`

=== "Windows"
    `make.bat dev`

See [Getting started](guides/start.md).
""",
    "docs/guides/start.md": """
# Getting started

Run `make dev`, then open the xylophone console.

| Step | Command |
| ---- | ------- |
| 1    | make    |

- [x] done
- [ ] open
""",
    "docs/images/flow.svg": (
        '<svg xmlns="http://www.w3.org/2000/svg" width="220" height="60">'
        '<rect width="220" height="60" fill="#cde"/><text x="20" y="35">ledger → engine</text></svg>'
    ),
}
_MORE = """
apiVersion: backstage.io/v1alpha1
kind: Location
metadata: {name: glossary}
spec: {targets: [./catalog/circuit-breaker/catalog-info.yaml, ./catalog/education-lv3/catalog-info.yaml]}
"""


def demo() -> dict[str, bytes]:
    """Return the recorded demo content, with documentation."""
    paths = [path for path in _DATA.rglob("*") if path.is_file()]
    files = {path.relative_to(_DATA).as_posix(): path.read_bytes() for path in paths}
    return files | {
        f"docs-component/{name}": text.lstrip().encode() for name, text in _DOCS.items()
    }


def content() -> dict[str, bytes]:
    """Return the demo content, with a concept."""
    files = demo()
    files["catalog-info.yaml"] += b"---" + _MORE.encode()
    for name in ("circuit-breaker", "education-lv3"):
        path = f"catalog/{name}/catalog-info.yaml"
        files[path] = (_ROOT / path).read_bytes()
    return files


#: Backstage's 29 pages.
PAGES = """
sign-in catalog-index catalog-filter catalog-kind-api entity-component entity-component-apis
entity-api entity-api-definition entity-system entity-group entity-user entity-missing
entity-inspect catalog-graph search search-modal create template-form template-run create-tasks
create-actions docs-index techdocs techdocs-page techdocs-search api-docs catalog-import settings
notifications
""".split()
#: Where else documentation is shown.
DOCUMENTATION = ("techdocs-tab", "techdocs-link", "techdocs-concept", "techdocs-concept-english")
#: What browsers complain of on purpose: an entity is missing.
EXPECTED = ("no-such-thing",)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return text, complaints and failure of each page."""
    install_packages()
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("chromium is not installed")
    folder = tmp_path_factory.mktemp("pages")
    with running_app() as app:
        frontend = f"http://localhost:{app.port}"
        source = {"name": "demo", "url": str(repository_at(folder / "demo", content()).path)}
        settings = {
            "sources": [source],
            "cors_origins": [frontend],
            "guest_user": "user:default/guest",
        }
        lines = "".join(f"{name}: {json.dumps(value)}\n" for name, value in settings.items())
        serving = Serving(folder, lines)
        try:
            app.handler.backend = f"http://127.0.0.1:{serving.port}"
            pictures = [found] if (found := os.environ.get("PORTAL_TEST_PICTURES")) else []
            return run_client("frontend_walk.mjs", frontend, browser, *pictures, seconds=900)
        finally:
            serving.stop()


@pytest.mark.parametrize("name", [*PAGES, *DOCUMENTATION])
def test_a_page_works(seen: dict[str, Any], name: str) -> None:
    page = seen[name]
    complaints = [one for one in page["errors"] if not any(text in one for text in EXPECTED)]

    assert (page["failure"], complaints) == ("", [])


def test_nothing_was_left_out(seen: dict[str, Any]) -> None:
    assert list(seen) == [*PAGES, *DOCUMENTATION]
