"""Starting a project on the pages, without scripts: chosen, filled in, reviewed, tried, run."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.app import create_app
from tests.conftest import MakePortal
from tests.conftest import Portal

TEMPLATE = """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: service
  title: A service
  description: Makes a **service**.
  tags: [python]
spec:
  owner: builders
  type: service
  parameters:
    - title: About
      required: [name, team]
      properties:
        name: {type: string, title: Name, pattern: "^[a-z]+$"}
        team: {type: string, title: Team, ui:field: OwnerPicker,
          ui:options: {allowArbitraryValues: false}}
        isPublic: {type: boolean, title: Public}
        isTested: {type: boolean, title: Tested, default: true}
        ports: {type: array, title: Ports, items: {type: integer}}
    - title: Public address
      when: ${{ parameters.isPublic }}
      required: [host]
      properties:
        host: {type: string, title: Host}
    - title: Secrets
      properties:
        token: {type: string, title: Token, ui:field: Secret}
        size: {type: integer, title: Size, default: 3}
  steps:
    - id: files
      name: Files
      action: fetch:template
      input: {url: ./skeleton, values: {name: "${{ parameters.name }}"}}
    - id: register
      name: Register
      action: catalog:register
      input: {catalogInfoUrl: "https://example.org/${{ parameters.name }}.yaml"}
  output:
    text: [{title: Done, content: "Made `${{ parameters.name }}`"}]
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: builders}
spec: {type: team, children: [], profile: {displayName: The Builders}}
"""
FILES = {
    "catalog-info.yaml": TEMPLATE,
    "skeleton/README.md": "# ${{ values.name }}\n\n<b>not markup</b>\n",
    "skeleton/src/main.py": "print('${{ values.name }}')\n",
}
FORM = "/create/default/service"
FIRST = {"~shown": ["/name", "/team", "/isPublic", "/ports"], "/name": "shop"}
TEAM = {"/team": "group:default/builders"}


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    return make_shared_portal(FILES)


@pytest.fixture
def client(portal: Portal) -> FlaskClient:
    found = create_app(portal.services).test_client()
    found.set_cookie("portal_language", "en")
    return found


def sent(client: FlaskClient, url: str, status: int = 303, /, **form: object) -> TestResponse:
    response = client.post(url, data=form, headers={"Accept": "text/html"})
    assert response.status_code == status, response.text
    return response


def go_on(client: FlaskClient, url: str, form: dict[str, object]) -> str:
    """Send a page that is right, and return the address of the next one."""
    return sent(client, url, **form).headers["Location"]


def reviewed(client: FlaskClient) -> str:
    """Fill in the form, and return the address of the review."""
    second = go_on(client, FORM, {**FIRST, **TEAM})
    assert second.endswith("/3"), "a page whose condition does not hold was not left out"
    return go_on(client, second, {"~shown": ["/token", "/size"], "/token": "hush", "/size": "5"})


def test_templates_are_listed_and_narrowed(client: FlaskClient) -> None:
    html = client.get("/create").text
    assert 'href="/create/default/service"' in html
    assert "Makes a <strong>service</strong>." in html
    assert "The Builders" in html
    assert 'href="/create/default/service"' in client.get("/create?tag=python&q=SERV").text
    assert "No template fits" in client.get("/create?tag=java").text
    assert "No template fits" in client.get("/create?concept=none").text


def test_the_first_page_asks_by_labels(client: FlaskClient) -> None:
    html = client.get(FORM).text
    for label in ("Name", "Team", "Public", "Ports"):
        assert re.search(rf">\s*(?:<span>)?{label}\b", html)
    assert '<option value="group:default/builders">The Builders' in html


def test_a_box_is_checked_by_its_default_and_attributes_stand_apart(client: FlaskClient) -> None:
    form = client.get(FORM).text

    assert re.search(r'name="/isTested" value="true" checked aria-describedby=', form)
    assert re.findall(r'="[^"]*"[a-z-]+=', form) == []


def test_what_is_wrong_is_told_beside_it_and_nothing_is_lost(client: FlaskClient) -> None:
    given = {**FIRST, "/name": "No Good", "/isPublic": "true"}
    html = sent(client, FORM, 422, **given).text

    assert "2 answers need a change" in html
    assert "This is required." in html
    assert "does not have the expected form" in html
    assert 'value="No Good"' in html
    assert re.search(r'name="/isPublic" value="true" checked', html)
    assert 'aria-invalid="true"' in html


def test_answers_are_kept_on_going_on_and_back(client: FlaskClient) -> None:
    second = go_on(client, FORM, {**FIRST, **TEAM, "/isPublic": "true"})
    assert second.endswith("/2")
    back = go_on(client, second, {"~shown": ["/host"], "/host": "example.org", "go": "back"})
    assert back.endswith("/1")
    assert 'value="shop"' in client.get(back).text
    assert 'value="example.org"' in client.get(second).text


def test_items_of_a_list_are_added_and_removed(client: FlaskClient) -> None:
    one = sent(client, FORM, 200, **FIRST, go="add:/ports/-").text
    assert one.count('value="remove:/ports/') == 1
    given = {**FIRST, "~shown": [*FIRST["~shown"], "/ports/0"], "/ports/0": "80"}
    two = sent(client, FORM, 200, **given, go="add:/ports/-").text
    assert two.count('value="remove:/ports/') == 2
    assert 'name="/ports/0" value="80"' in two
    assert (
        'value="remove:/ports/' not in sent(client, FORM, 200, **given, go="remove:/ports/0").text
    )


def test_one_answer_is_checked_in_place(client: FlaskClient) -> None:
    html = sent(client, FORM, 200, **{**FIRST, "/name": "X"}, go="check").text
    assert "does not have the expected form" in html


def test_the_review_shows_every_answer_but_no_secret(client: FlaskClient) -> None:
    html = client.get(reviewed(client)).text
    steps = re.search(r"Step (\d) of (\d)", html)
    shown = html[html.index('class="steps"') :]
    assert steps is not None
    assert int(steps[1]) == int(steps[2]) == shown[: shown.index("</nav>")].count("<li")
    for answer in ("shop", "group:default/builders", "No", "5", "••••••••"):
        assert f"<dd>{answer}</dd>" in html
    assert "hush" not in html
    assert "Public address" not in html


def test_a_draft_belongs_to_who_began_it(client: FlaskClient, portal: Portal) -> None:
    address = reviewed(client)
    token = portal.guest_token()

    other = create_app(portal.services).test_client()
    response = other.get(address, headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 404


def test_a_trial_shows_the_files_and_changes_nothing(client: FlaskClient, portal: Portal) -> None:
    address = reviewed(client).replace("/review", "/try")
    html = client.get(address).text
    assert "2 files" in html
    assert "&lt;b&gt;not markup" in unescape(html).replace("<b>", "&lt;b&gt;")
    assert "<b>" not in html
    assert "catalog:register" in html
    other = client.get(f"{address}?file=src/main.py").text
    assert "main.py" in other
    assert '<span class="nb">print</span>' in other
    assert portal.get("/api/catalog/locations") == []
    assert "hush" not in html


def test_creating_makes_one_task_however_often_it_is_sent(client: FlaskClient) -> None:
    address = reviewed(client).replace("/review", "/create")
    first = sent(client, address).headers["Location"]
    assert sent(client, address).headers["Location"] == first
    html = client.get(first).text
    assert "Waiting" in html
    assert "0 of 2 steps done" in html
    assert "hush" not in html
    assert '<noscript><meta http-equiv="refresh"' in html
    assert first in client.get("/tasks").text


def test_a_waiting_task_is_cancelled_on_its_page(client: FlaskClient) -> None:
    task = sent(client, reviewed(client).replace("/review", "/create")).headers["Location"]
    assert sent(client, f"{task}/cancel").headers["Location"] == task
    assert "Cancelled" in client.get(task).text


@pytest.mark.parametrize("url", [FORM, f"{FORM}/00000000-0000-4000-8000-000000000000/create"])
def test_pages_of_other_sites_can_send_nothing(client: FlaskClient, url: str) -> None:
    response = client.post(url, data=FIRST, headers={"Origin": "https://evil.example"})
    assert response.status_code == 403


def test_what_is_not_there_is_told_kindly(client: FlaskClient) -> None:
    headers = {"Accept": "text/html"}
    lost = f"{FORM}/00000000-0000-4000-8000-000000000000/1"
    for url in ("/create/default/nothing", lost, f"{FORM}/x/1", "/tasks/nothing", f"{FORM}/9"):
        response = client.get(url, headers=headers)
        assert response.status_code == 404, url
        assert "Page not found" in response.text
