"""The certified provider ``oidc-provider``, and a browser that signs in at it."""

from __future__ import annotations

import html
import json
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.parse import urljoin

from tests.clients.node_clients import install_packages

_SCRIPT = Path(__file__).parent / "oidc_provider.mjs"
_MOST_STEPS = 12
CLIENT = "portal"
SECRET = "a-secret-of-the-tests"
#: The address of the portals of tests; nothing listens there.
PORTAL = "http://127.0.0.1:7007"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any) -> None:
        return None


@dataclass
class Browser:
    """Signs somebody in: follows redirects, and fills in the forms of the provider."""

    jar: CookieJar = field(default_factory=CookieJar)

    def sign_in(self, address: str, login: str, *, cancels: bool = False) -> str:
        """Return where the provider sends the browser back to.

        Args:
            address: Where the portal sent it.
            login: The name of the account.
            cancels: Whether the person gives up.
        """
        body: bytes | None = None
        for _ in range(_MOST_STEPS):
            status, text, location = self._ask(address, body)
            if location.startswith(PORTAL):
                return location
            if location:
                address, body = urljoin(address, location), None
                continue
            assert status == 200, text
            if cancels:
                address, body = urljoin(address, _link(text, "/abort")), None
                continue
            address = urljoin(address, _attribute(text, "action"))
            prompt = re.search(r'name="prompt" value="(\w+)"', text)
            assert prompt is not None, text
            form = {"prompt": prompt[1]}
            if prompt[1] == "login":
                form |= {"login": login, "password": "any"}
            body = urlencode(form).encode()
        raise AssertionError("the provider sends nobody back")

    def _ask(self, address: str, body: bytes | None) -> tuple[int, str, str]:
        cookies = urllib.request.HTTPCookieProcessor(self.jar)
        opener = urllib.request.build_opener(cookies, _NoRedirect)
        try:
            answer = opener.open(urllib.request.Request(address, body), timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            location = str(answer.headers.get("Location", ""))
            return int(answer.status or 0), answer.read().decode(), location


def _attribute(text: str, name: str) -> str:
    found = re.search(rf'{name}="([^"]+)"', text)
    assert found is not None, text
    return html.unescape(found[1])


def _link(text: str, end: str) -> str:
    found = re.search(rf'href="([^"]+{end})"', text)
    assert found is not None, text
    return html.unescape(found[1])


@dataclass
class Provider:
    """A running provider."""

    issuer: str

    def use(self, mode: str) -> None:
        """Make it give ID tokens of another kind from now on; see ``MODES`` of the script."""
        request = urllib.request.Request(f"{self.issuer}/test/mode/{mode}", b"")
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 204


#: The people of the provider: what it says of them.
ACCOUNTS: dict[str, dict[str, Any]] = {
    "ada": {
        "email": "ada@example.org",
        "email_verified": True,
        "name": "Ada 러브레이스",
        "preferred_username": "ada",
    },
    "mallory": {
        "email": "ada@example.org",
        "email_verified": False,
        "name": "Mallory",
        "preferred_username": "mallory",
    },
    "nobody": {"email": "nobody@example.org", "email_verified": True, "name": "Nobody"},
    "twins": {"email": "twins@example.org", "email_verified": True, "name": "Twins"},
    "silent": {},
}


@contextmanager
def running_provider(
    portal: str = PORTAL, accounts: Mapping[str, Mapping[str, Any]] = ACCOUNTS
) -> Iterator[Provider]:
    """Run the provider with some people, for portals at one address."""
    install_packages()
    client = {
        "client_id": CLIENT,
        "client_secret": SECRET,
        "redirect_uris": [f"{portal}/api/auth/acme/handler/frame"],
        "post_logout_redirect_uris": [f"{portal}/signed-out"],
    }
    config = {"clients": [client], "accounts": accounts}
    process = subprocess.Popen(
        ["node", str(_SCRIPT), json.dumps(config)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port.isdigit(), "the provider did not start"
        yield Provider(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait()
