"""The forge of a host, and the operator's token for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from portal.config.sources import Integration
from portal.forges import FORGES
from portal.forges import UNKNOWN
from portal.forges import Forge
from portal.integrations.lending import Borrower
from portal.integrations.lending import message_of
from portal.integrations.lending import why_not_lent
from portal.integrations.tokens import read_token
from portal.kernel.errors import NotAllowedError

#: Public forges; an integration that the operator configured for the same host replaces one.
KNOWN = tuple(
    Integration(host, forge.type, forge.api_of(host))
    for forge in FORGES.values()
    for host in forge.hosts
)


@dataclass(frozen=True, slots=True)
class Integrations:
    """The known forges, and the operator's tokens for them.

    Args:
        configured: The setting ``integrations``.
        host_tokens: The setting of that name: host to the variable of its token.
        env: The environment variables that hold the tokens.
    """

    configured: tuple[Integration, ...] = ()
    host_tokens: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts of all forges that are known."""
        return frozenset(one.host for one in (*self.configured, *KNOWN))

    def find(self, host: str) -> Integration | None:
        """Return the forge at a host; ``None`` when it is not known."""
        name = host.lower()
        return next((one for one in (*self.configured, *KNOWN) if one.host == name), None)

    def forge_of(self, host: str) -> Forge:
        """Return the type of forge of a host: configured, or guessed from its name."""
        known = self.find(host)
        if known is not None:
            return FORGES[known.type]
        name = host.lower()
        return next(
            (kind for kind in FORGES.values() if any(word in name for word in kind.host_words)),
            UNKNOWN,
        )

    def token(self, host: str) -> str:
        """Return the token for publishing to a host; empty when none is configured.

        Raises:
            ConfigError: When its variable is not set.
        """
        known = self.find(host)
        if known is not None and known.token_env:
            return read_token(known.token_env, self.env)
        return read_token(self.host_tokens.get(host.lower(), ""), self.env, "host_tokens")

    def lent(self, host: str, borrower: Borrower, target: str) -> str:
        """Return the token for a host that a template may use; empty when none is configured.

        Args:
            host: The host.
            borrower: The template.
            target: What the token is for, as ``why_not_lent`` takes it.

        Raises:
            NotAllowedError: When there is one, or has to be one of the user's, and it is not
                lent to the template.
            ConfigError: When its variable is not set.
        """
        if self.has_token(host) or self._bound(host).user_token:
            self.check_lent(host, borrower, target)
        return self.token(host)

    def check_lent(self, host: str, borrower: Borrower, target: str) -> None:
        """Refuse a template that the operator's credentials for a target are not lent to.

        Raises:
            NotAllowedError: When they are not.
        """
        if reason := self.why_not_lent(host, borrower, target):
            raise NotAllowedError(message_of(host, reason))

    def reading_variable(self, host: str, borrower: Borrower | None, target: str) -> str:
        """Return the variable of the token that a repository is read with; empty for none.

        Args:
            host: The host.
            borrower: The template that reads; ``None`` for the catalog.
            target: The repository, as ``why_not_lent`` takes it.
        """
        is_lent = borrower is None or not self.why_not_lent(host, borrower, target)
        return self.host_tokens.get(host, "") if is_lent else ""

    def why_not_lent(self, host: str, borrower: Borrower, target: str) -> str:
        """Return why the operator's credentials are not lent; empty when they are."""
        return why_not_lent(self._bound(host), borrower, target)

    def has_token(self, host: str) -> bool:
        """Return whether the operator named a token for a host."""
        return bool(self._bound(host).token_env or self.host_tokens.get(host.lower()))

    def _bound(self, host: str) -> Integration:
        return self.find(host) or Integration(host.lower(), "")

    def user(self, host: str) -> str:
        """Return the user to whom that token belongs; empty when it names none."""
        known = self.find(host)
        return known.user if known is not None and known.token_env else ""


def api_of(known: Integration) -> str:
    """Return the base URL of a forge's API; empty when the portal has no client for it."""
    return known.api or FORGES[known.type].api_of(known.host)
