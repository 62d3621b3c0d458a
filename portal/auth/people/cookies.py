"""Cookies of signing in: their names and attributes. Pure.

Where browsers reach the portal by https, names have the prefix ``__Host-`` or ``__Secure-``, so
that neither another host of the domain nor a plain connection can set them.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Seconds somebody has for signing in at a provider.
SIGN_IN_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Cookies:
    """The cookies of one portal.

    Args:
        is_https: Whether browsers reach it by https.
        has_foreign_frontends: Whether pages of other sites may call it: only to these is a
            cookie sent from elsewhere, and only the cookie of frontends.
    """

    is_https: bool
    has_foreign_frontends: bool = False

    @property
    def session(self) -> str:
        """The name of the cookie of pages: whoever has it is signed in."""
        return self._host("portal-session")

    @property
    def form(self) -> str:
        """The name of the cookie that a form of somebody who is not signed in must match."""
        return self._host("portal-form")

    @property
    def browser(self) -> str:
        """The name of the cookie that ties a sign-in to the browser that began it."""
        return self._host("portal-sign-in")

    def frontend(self, provider: str) -> str:
        """Return the name of the cookie of a Backstage frontend; sent to the provider's routes."""
        return f"{'__Secure-' if self.is_https else ''}portal-{provider}"

    def _host(self, name: str) -> str:
        return f"__Host-{name}" if self.is_https else name

    def header(self, name: str, value: str, seconds: int, path: str = "/") -> str:
        """Return the header that sets a cookie for some seconds; 0 deletes it.

        A browser that comes back from a provider comes from another site, so ``Strict``
        would forget who it is.
        """
        secure = "; Secure" if self.is_https else ""
        is_abroad = path != "/" and self.is_https and self.has_foreign_frontends
        same_site = "None" if is_abroad else "Lax"
        return (
            f"{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite={same_site}"
            f"{secure}"
        )
