"""What follows from the settings: addresses, and who may come in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from portal.config.signing_in import BackstageIssuer
from portal.config.signing_in import IdentityProxy
from portal.config.signing_in import OidcProvider
from portal.kernel.errors import ConfigError

#: The minimal length of a service token, as for Backstage's ``externalAccess``.
MIN_TOKEN = 8
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class DerivedSettings:
    """Properties of ``Config``, which has the fields."""

    __slots__ = ()

    if TYPE_CHECKING:
        host: str
        port: int
        data_dir: Path
        database_url: str
        base_url: str
        allowed_hosts: tuple[str, ...]
        guest_access: str
        service_token: str
        oidc_providers: tuple[OidcProvider, ...]
        identity_proxies: tuple[IdentityProxy, ...]
        backstage_issuers: tuple[BackstageIssuer, ...]

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of the database in force."""
        return self.database_url or f"sqlite:///{self.data_dir / 'portal.db'}"

    @property
    def has_database_server(self) -> bool:
        """Whether the database is a server's, not a file of this machine."""
        return bool(self.database_url) and not self.database_url.startswith("sqlite")

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the portal."""
        return self.host in _LOOPBACK

    @property
    def public_url(self) -> str:
        """Where clients reach the portal, without a last slash."""
        return self.base_url or self.listening_url

    @property
    def listening_url(self) -> str:
        """Where the portal listens, without a last slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def hosts(self) -> frozenset[str]:
        """The names the portal is reached by, in lower case, without ports; globs."""
        named = (urlsplit(self.public_url).hostname or "", *self.allowed_hosts)
        return _LOOPBACK.union(name.lower() for name in named)

    @property
    def people_sign_in(self) -> bool:
        """Whether people can sign in other than as guest."""
        return bool(self.oidc_providers or self.identity_proxies or self.backstage_issuers)

    @property
    def is_only_local(self) -> bool:
        """Whether the portal is for those at this machine, who do not sign in."""
        return self.is_loopback and not self.base_url and not self.people_sign_in

    @property
    def needs_credentials(self) -> bool:
        """Whether requests without credentials are refused."""
        return bool(self.service_token) or self.people_sign_in

    @property
    def lets_guests_in(self) -> bool:
        """Whether anyone may sign in as guest."""
        if self.guest_access == "auto":
            # A service token means restricted access, also behind a proxy on this machine.
            return self.is_loopback and not self.needs_credentials
        return self.guest_access == "always"

    def check_exposure(self) -> None:
        """Refuse to be reachable from elsewhere without credentials.

        Raises:
            ConfigError: When ``host`` is not loopback, ``service_token`` is empty and nobody
                signs in.
        """
        is_safe = self.people_sign_in or len(self.service_token) >= MIN_TOKEN
        if not (self.is_loopback or is_safe):
            msg = (
                f"host {self.host} can be reached from other machines, so a token is "
                f"needed: set PORTAL_SERVICE_TOKEN to {MIN_TOKEN} or more characters, "
                "set oidc_providers for people to sign in, or listen on 127.0.0.1"
            )
            raise ConfigError(msg)
