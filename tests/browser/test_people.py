"""Three people with different rights sign in at a real provider, in a real browser.

Each looks at the portal's own pages, and at those of an unmodified Backstage frontend: what is
there, what is hidden, what is refused. The sign-in page of that frontend knows guests only, so the
one request it signs in with is led to the same request of the provider.
"""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.browser.browsing import SHOTS
from tests.browser.browsing import Visit
from tests.browser.browsing import chromium
from tests.browser.browsing import visiting
from tests.clients.frontend_app import running_app
from tests.clients.oidc import CLIENT
from tests.clients.oidc import SECRET
from tests.clients.oidc import running_provider
from tests.conftest import repository_at
from tests.stories.test_tasks import Serving

pytestmark = pytest.mark.slow

_VARIABLE = "PORTAL_TEST_CLIENT_SECRET"
_B = "apiVersion: backstage.io/v1alpha1\n"
_CONTENT = "---\n".join(
    [
        *(
            f"{_B}kind: User\nmetadata: {{name: {name}}}\n"
            f"spec: {{profile: {{displayName: {name.title()}, email: {name}@example.org}}, "
            f"memberOf: [{group}]}}\n"
            for name, group in (("ada", "platform"), ("bob", "shops"), ("eve", ""))
        ),
        *(
            f"{_B}kind: Group\nmetadata: {{name: {name}}}\nspec: {{type: team, children: []}}\n"
            for name in ("platform", "shops")
        ),
        *(
            f"{_B}kind: Component\n"
            f"metadata: {{name: {name}, title: {title}, labels: {{visibility: {visibility}}}}}\n"
            "spec: {type: service, lifecycle: production, owner: shops}\n"
            for name, title, visibility in (
                ("cart", "The Cart", "public"),
                ("vault", "The Vault", "private"),
            )
        ),
        """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: maker, title: The Maker}
spec:
  type: service
  owner: platform
  parameters: {properties: {name: {type: string}}}
  steps: [{id: log, action: debug:log, input: {message: made}}]
""",
    ]
)
_POLICY = """
g, $signedIn, role:default/reader
g, group:default/shops, role:default/builder
p, role:default/reader, catalog.location.read, read, allow
p, role:default/reader, scaffolder-template, read, allow
p, role:default/builder, catalog.location.create, create, allow
p, role:default/builder, catalog.entity.create, create, allow
p, role:default/builder, scaffolder.task.create, create, allow
p, role:default/builder, scaffolder.action.execute, use, allow
"""
_CONDITIONS = """
result: CONDITIONAL
roleEntityRef: role:default/reader
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read]
conditions:
  anyOf:
    - {rule: IS_ENTITY_OWNER, resourceType: catalog-entity, params: {claims: [$ownerRefs]}}
    - not: {rule: HAS_LABEL, resourceType: catalog-entity,
            params: {label: visibility, value: private}}
---
result: CONDITIONAL
roleEntityRef: role:default/builder
pluginId: scaffolder
resourceType: scaffolder-task
permissionMapping: [read, use]
conditions: {rule: IS_TASK_OWNER, resourceType: scaffolder-task, params: {createdBy: [$currentUser]}}
"""


@dataclass(frozen=True)
class Person:
    """Somebody, and what they may do.

    Attributes:
        name: Who.
        sees_secrets: Whether the private component is there for them.
        creates: Whether they start projects and register components.
        administers: Whether they read the audit log and make tokens.
    """

    name: str
    sees_secrets: bool
    creates: bool
    administers: bool


PEOPLE = (
    Person("ada", sees_secrets=True, creates=True, administers=True),
    Person("bob", sees_secrets=True, creates=True, administers=False),
    Person("eve", sees_secrets=False, creates=False, administers=False),
)


@dataclass(frozen=True)
class Place:
    """A portal with a provider, and a frontend that is pointed at it."""

    portal: str
    frontend: str
    browser: Any


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("people")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://localhost:{port}"
    accounts = {
        one.name: {"email": f"{one.name}@example.org", "email_verified": True, "name": one.name}
        for one in PEOPLE
    }
    with ExitStack() as stack:
        browser = stack.enter_context(chromium())
        app = stack.enter_context(running_app())
        provider = stack.enter_context(running_provider(address, accounts))
        stack.enter_context(pytest.MonkeyPatch.context()).setenv(_VARIABLE, SECRET)
        frontend = f"http://localhost:{app.port}"
        settings = _settings(folder, address, provider.issuer, frontend)
        serving = Serving(folder, settings, port)
        stack.callback(serving.stop)
        app.handler.backend = address
        app.handler.settings = {"permission": {"enabled": True}}
        yield Place(address, frontend, browser)


def _settings(folder: Path, address: str, issuer: str, frontend: str) -> str:
    (folder / "policy.csv").write_text(_POLICY)
    (folder / "conditions.yaml").write_text(_CONDITIONS)
    source = repository_at(folder / "content", {"catalog-info.yaml": _CONTENT}).path
    acme = {"name": "acme", "title": "Acme", "issuer": issuer, "client_id": CLIENT}
    values = {
        "base_url": address,
        "sources": [{"name": "content", "url": str(source)}],
        "oidc_providers": [{**acme, "client_secret_env": _VARIABLE}],
        "cors_origins": [frontend],
        "policy": "policy.csv",
        "policy_conditions": "conditions.yaml",
        "policy_admins": ["group:default/platform"],
    }
    return "".join(f"{name}: {json.dumps(value)}\n" for name, value in values.items())


def sign_in(visit: Visit, name: str) -> None:
    """Sign in as a person would: the portal's page, the provider's forms, and back."""
    page = visit.page
    visit.open("/catalog")
    page.get_by_role("link", name=re.compile("Acme")).click()
    page.locator('input[name="login"]').fill(name)
    page.locator('input[name="password"]').fill("any")
    page.locator('button[type="submit"]').click()
    page.locator('button[type="submit"]').click()
    page.wait_for_url(f"{visit.base}/catalog")
    visit.faults.clear()  # of the provider's pages, which load a font of the web


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.name)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_our_own_pages(place: Place, person: Person, language: str) -> None:
    with visiting(place.browser, place.portal, locale=language) as visit:
        sign_in(visit, person.name)
        page = visit.page
        assert (page.get_by_text("The Vault").count() > 0) == person.sees_secrets
        visit.check(f"catalog-{person.name}-{language}")
        found: dict[str, int] = {}
        for path in (
            "/catalog/default/component/vault",
            "/create",
            "/create/default/maker",
            "/tasks",
            "/sources",
            "/account",
            "/account/tokens",
            "/account/audit",
        ):
            found[path] = page.goto(f"{place.portal}{path}").status
            # That a page is refused is an error to the browser, and here what is wanted.
            visit.faults[:] = [one for one in visit.faults if "Failed to load resource" not in one]
            visit.check(f"{path.strip('/').replace('/', '-')}-{person.name}-{language}")
        assert found == {
            "/catalog/default/component/vault": 200 if person.sees_secrets else 404,
            "/create": 200,
            "/create/default/maker": 200,
            "/tasks": 200,
            "/sources": 200,
            "/account": 200,
            "/account/tokens": 200 if person.administers else 403,
            "/account/audit": 200 if person.administers else 403,
        }


def as_guest_would(place: Place, visit: Visit) -> None:
    """Let the frontend's only way to sign in lead to the session at the provider."""
    start = f"{place.portal}/api/auth/acme/start?flow=popup&env=development"
    visit.page.goto(f"{start}&origin={place.frontend}")
    visit.page.wait_for_url(re.compile("handler/frame"))
    visit.page.route(
        re.compile("/api/auth/guest/refresh"),
        lambda route: route.continue_(url=route.request.url.replace("/guest/", "/acme/")),
    )


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.name)
def test_an_unmodified_frontend(place: Place, person: Person) -> None:
    with visiting(place.browser, place.portal, viewport={"width": 1400, "height": 900}) as visit:
        sign_in(visit, person.name)
        as_guest_would(place, visit)
        page = visit.page
        page.goto(f"{place.frontend}/?filters%5Bkind%5D=component&filters%5Buser%5D=all")
        page.get_by_role("button", name=re.compile("enter", re.IGNORECASE)).click()
        page.get_by_text("The Cart").first.wait_for()
        shot(page, f"frontend-catalog-{person.name}")
        assert (page.get_by_text("The Vault").count() > 0) == person.sees_secrets
        page.goto(f"{place.frontend}/settings")
        page.get_by_text("Ownership Entities").first.wait_for()
        shot(page, f"frontend-settings-{person.name}")
        assert page.get_by_text(re.compile(person.name, re.IGNORECASE)).count() > 0
        page.goto(f"{place.frontend}/catalog/default/component/vault")
        expected = "The Vault" if person.sees_secrets else "not found"
        page.get_by_text(re.compile(expected, re.IGNORECASE)).first.wait_for()
        shot(page, f"frontend-vault-{person.name}")
        page.goto(f"{place.frontend}/create")
        page.get_by_text("The Maker").first.wait_for()
        page.wait_for_load_state("networkidle")  # the answers about permissions are there
        shot(page, f"frontend-create-{person.name}")
        for name in ("choose", "register existing"):
            button = page.get_by_role("button", name=re.compile(name, re.IGNORECASE))
            assert (button.count() > 0) == person.creates, name


def shot(page: Any, name: str) -> None:
    if SHOTS:
        page.wait_for_timeout(int(os.environ.get("PORTAL_TEST_SHOTS_WAIT", "500")))
        page.screenshot(path=f"{SHOTS}/{name}.png")
