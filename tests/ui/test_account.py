"""The account, the tokens of programs and the audit log as pages; and pages that are refused."""

from __future__ import annotations

import html
import re

import pytest
from werkzeug.test import TestResponse

from portal.app import create_app
from portal.audit.events import AuditAction
from portal.audit.events import Outcome
from portal.audit.store import AuditQuery
from portal.auth.people.sessions import SessionKind
from portal.auth.people.sessions import form_token
from portal.permission.policy import DENY
from portal.ui.texts.table import TEXTS
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.policies import TablePolicy
from tests.tables import each
from tests.ui.test_pages import BROWSER
from tests.ui.test_pages import check_html

_TOKEN = "a-token-of-the-tests"
_ADA = "user:default/ada"
_FILES = {
    "catalog-info.yaml": """
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ada}
spec: {memberOf: [], profile: {displayName: Ada Lovelace}}
"""
}


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal(
        _FILES,
        service_token=_TOKEN,
        guest_access="always",
        policy_admins=("group:default/platform",),
        permission_policy=TablePolicy(),
    )


class Somebody:
    """A browser with the session of a user."""

    def __init__(self, portal: Portal, user: str = _ADA) -> None:
        self.client = create_app(portal.services).test_client()
        self.sessions = portal.services.authentication.sessions
        provider = "acme" if user == _ADA else "guest"
        self.secret, _ = self.sessions.begin(SessionKind.PAGES, user, provider)
        self.client.set_cookie("portal-session", self.secret)

    def get(self, path: str, status: int = 200) -> str:
        return self._checked(self.client.get(path, headers=BROWSER), status)

    def post(self, path: str, status: int = 200, **fields: object) -> str:
        data = {"form_token": form_token(self.secret), **fields}
        return self._checked(self.client.post(path, data=data, headers=BROWSER), status)

    def _checked(self, response: TestResponse, status: int) -> str:
        assert response.status_code == status, response.text
        if status != 303:
            check_html(response)
        return html.unescape(response.text)


def table_of(portal: Portal) -> TablePolicy:
    policy = portal.services.policy
    assert isinstance(policy, TablePolicy)
    return policy


# --- tokens


def test_a_token_is_made_shown_once_used_and_revoked(portal: Portal) -> None:
    ada = Somebody(portal)
    page = ada.post("/account/tokens", name="ci", scopes=["read"], restrictions="", days="30")
    (token,) = re.findall(r'value="(portal_\w+[\w-]*)"', page)
    assert token not in ada.get("/account/tokens")

    bearer = {"Authorization": f"Bearer {token}"}
    assert portal.client.get("/api/catalog/entities", headers=bearer).status_code == 200
    assert portal.client.post("/api/catalog/locations", headers=bearer).status_code == 403

    ada.post("/account/tokens/ci/revoke", 303)
    assert portal.client.get("/api/catalog/entities", headers=bearer).status_code == 401
    assert "Revoked" in ada.get("/account/tokens?lang=en")
    assert portal.services.audit.flush(30)
    found = portal.services.audit.find(AuditQuery(actor=_ADA, action="auth.token."))
    assert [(event.action, event.resource) for event in found] == [
        (AuditAction.TOKEN_REVOKE, "ci"),
        (AuditAction.TOKEN_CREATE, "ci"),
    ]


#: What is sent, and what the answer says.
_WRONG: list[tuple[dict[str, object], int, str]] = [
    ({"name": "CI", "scopes": ["read"], "days": "30"}, 400, "is no name of a token"),
    ({"name": "ci", "days": "30"}, 400, "needs one or more of the scopes"),
    ({"name": "ci", "scopes": ["all"], "days": "30"}, 400, "needs one or more of the scopes"),
    ({"name": "ci", "scopes": ["read"], "days": "31"}, 400, "30, 90, 180, 365, 0"),
    ({"name": "ci", "scopes": ["read"], "days": ""}, 400, "30, 90, 180, 365, 0"),
    (
        {"name": "ci", "scopes": ["read"], "days": "0", "restrictions": "a:b.c"},
        400,
        "is no restriction",
    ),
    ({"name": "taken", "scopes": ["read"], "days": "0"}, 409, "there is a token 'taken'"),
]


def test_what_is_wrong_in_the_form_is_told_and_nothing_is_lost(portal: Portal) -> None:
    ada = Somebody(portal)
    ada.post("/account/tokens", name="taken", scopes=["read"], days="0")

    @each(_WRONG)
    def is_told(case: tuple[dict[str, object], int, str]) -> None:
        fields, status, told = case
        page = ada.post("/account/tokens", status, **fields)
        assert told in page
        assert f'value="{fields["name"]}"' in page
        assert len(portal.services.authentication.programs.all()) == 1

    is_told()


def test_guests_programs_and_forms_of_other_sites_make_no_tokens(portal: Portal) -> None:
    fields = {"name": "ci", "scopes": ["admin"], "days": "0"}
    guest = Somebody(portal, "user:development/guest")
    guest.post("/account/tokens", 403, **fields)
    assert 'name="scopes"' not in guest.get("/account/tokens")
    bearer = {"Authorization": f"Bearer {_TOKEN}"}
    assert portal.client.post("/account/tokens", data=fields, headers=bearer).status_code == 403
    ada = Somebody(portal)
    for path in ("/account/tokens", "/account/tokens/ci/revoke", "/account/sessions/end"):
        ada.post(path, 403, form_token="another", **fields)
    assert portal.services.authentication.programs.all() == []


def test_pages_are_there_for_whom_the_policy_lets(portal: Portal) -> None:
    ada = Somebody(portal)
    for path in ("/account/tokens", "/account/audit"):
        assert f'href="{path}"' in ada.get("/account")
        assert ada.get(path)
    table_of(portal).table["user"] = {"portal.token.manage": DENY, "portal.audit.read": DENY}
    for path in ("/account/tokens", "/account/audit"):
        assert f'href="{path}"' not in ada.get("/account")
        ada.get(path, 403)
    ada.post("/account/tokens", 403, name="ci", scopes=["read"], days="0")


# --- the audit log


def test_the_log_is_filtered_and_paged(portal: Portal) -> None:
    audit, ada = portal.services.audit, Somebody(portal)
    for number in range(120):
        audit.record(AuditAction.LOCATION_CREATE, f"url:https://example.org/{number}<b>")
    audit.record(AuditAction.TASK_CREATE, "x", outcome=Outcome.FAILED, details={"reason": "<i>"})
    assert audit.flush(30)
    shown = [page_rows(ada.get("/account/audit?action=catalog.location.create&lang=en"))]
    older = f"/account/audit?action=catalog.location.create&lang=en&cursor={cursor_of(ada)}"
    shown.append(page_rows(ada.get(older)))
    assert [len(rows) for rows in shown] == [50, 50]
    assert shown[0][0] == "url:https://example.org/119<b>"
    assert shown[1][0] == "url:https://example.org/69<b>"
    assert page_rows(ada.get("/account/audit?outcome=failed")) == ["x"]
    assert page_rows(ada.get("/account/audit?since=2999-01-01")) == []
    assert "cannot be read" in ada.get("/account/audit?since=yesterday&lang=en")
    assert page_rows(ada.get("/account/audit?cursor=99999999999999999999999")) != []


def cursor_of(ada: Somebody) -> str:
    page = ada.get("/account/audit?action=catalog.location.create&lang=en")
    (cursor,) = re.findall(r"cursor=(\d+)", page)
    return str(cursor)


def page_rows(page: str) -> list[str]:
    return re.findall(r'<code class="breaks">(.*?)</code>', page)


# --- sessions


def test_one_signs_out_everywhere_else(portal: Portal) -> None:
    here, there = Somebody(portal), Somebody(portal)
    guest = Somebody(portal, "user:development/guest")
    page = here.get("/account?lang=en")
    assert page.count("Pages of the portal") == 2
    assert "/account/sessions/end" not in guest.get("/account")
    guest.post("/account/sessions/end", 403)
    here.post("/account/sessions/end", 303)
    assert "Sign out everywhere else" not in here.get("/account?lang=en")
    assert there.client.get("/account", headers=BROWSER).status_code == 303
    assert guest.get("/account")


# --- refusals


@pytest.mark.parametrize("language", ["ko", "en"])
def test_who_may_not_is_told_who_they_are_what_is_missing_and_whom_to_ask(
    portal: Portal, language: str
) -> None:
    table_of(portal).table["user"] = {"portal.audit.read": DENY}
    at = ("ko", "en").index(language)
    page = Somebody(portal).get(f"/account/audit?lang={language}", 403)
    for text in ("Ada Lovelace", "user:default/ada", "portal.audit.read", "group:default/platform"):
        assert text in page
    for key in ("error.who", "error.missing", "error.ask", "permission.portal.audit.read"):
        assert TEXTS[key][at] in page
    assert f">{TEXTS['error.signIn'][at]}</a>" not in page
    guest = Somebody(portal, "user:development/guest").get(f"/account/audit?lang={language}", 403)
    assert "/sign-in?return=%2Faccount%2Faudit" in guest


def test_programs_are_told_in_json(portal: Portal) -> None:
    table_of(portal).table["user"] = {"portal.audit.read": DENY}
    ada = Somebody(portal)
    refused = ada.client.get("/api/audit", headers=BROWSER)
    assert (refused.status_code, refused.mimetype) == (403, "application/json")
    missing = portal.client.get("/catalog", headers={"Accept": "application/json"})
    assert (missing.status_code, missing.mimetype) == (401, "application/json")
    assert missing.get_json()["error"]["name"] == "AuthenticationError"


def test_who_gives_no_password_is_told_what_to_do(portal: Portal, make_portal: MakePortal) -> None:
    """Browsers of guests are sent to the sign-in page; without guests there is only the token."""
    answer = portal.client.get("/catalog", headers=BROWSER)
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        "/sign-in?return=%2Fcatalog",
    )
    closed = make_portal(_FILES, service_token=_TOKEN)
    for language in ("ko", "en"):
        answer = closed.client.get(f"/catalog?lang={language}", headers=BROWSER)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
        assert answer.headers["Cache-Control"] == "no-store"
        check_html(answer)
        assert TEXTS["error.401"][("ko", "en").index(language)] in answer.text
