"""What signing in is made of, from the settings."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.engine import Engine as Database

from portal.audit.log import AuditLog
from portal.auth.identity import FindGroups
from portal.auth.keys import Clock
from portal.auth.people.cookies import Cookies
from portal.auth.people.issuers import ForeignIssuer
from portal.auth.people.oidc import TIMEOUT_SECONDS
from portal.auth.people.oidc import Oidc
from portal.auth.people.oidc import Report
from portal.auth.people.pending import PendingSignIns
from portal.auth.people.people import People
from portal.auth.people.proxies import Proxies
from portal.auth.people.remote_keys import RemoteKeys
from portal.auth.people.resolvers import FindUsers
from portal.auth.people.sessions import Sessions
from portal.auth.programs.store import ProgramTokens
from portal.auth.service import Auth
from portal.auth.signing_in.service import SignIn
from portal.auth.tokens import USER_TYPE
from portal.config.settings import Config
from portal.config.signing_in import OidcProvider
from portal.kernel.errors import ConfigError
from portal.kernel.http import HttpClient
from portal.kernel.http import origin_of

#: The greatest size of a key set, in bytes.
_LARGEST = 512 * 1024


@dataclass(frozen=True, slots=True)
class Authentication:
    """Everything that recognises callers.

    Attributes:
        auth: Authenticates requests.
        sign_in: Signs people in with providers.
        programs: The tokens of programs.
        cookies: The names of cookies.
        sessions: Who is signed in, in which browser.
    """

    auth: Auth
    sign_in: SignIn
    programs: ProgramTokens
    cookies: Cookies
    sessions: Sessions


def compose(
    config: Config,
    database: Database,
    find_users: FindUsers,
    find_groups: FindGroups,
    audit: AuditLog,
    report: Report,
    env: Mapping[str, str] = os.environ,
    clock: Clock = time.time,
) -> Authentication:
    """Make it, of the settings.

    Args:
        config: The settings in force.
        database: Where keys, sessions and tokens are.
        find_users: Looks users of the catalog up, of trusted sources only.
        find_groups: Returns the groups of such a user.
        audit: Records who signed in and out.
        report: Is told which provider fails, and which is well again.
        env: Where secrets are looked up.
        clock: Returns the seconds since the epoch.

    Raises:
        ConfigError: When the secret of a provider is not set.
    """
    sessions = Sessions(database, config.session_lifetime, clock)
    people = People(
        sessions,
        _proxies(config, clock),
        _issuers(config, clock),
        find_users,
        find_groups,
        config.unlisted_users,
    )
    programs = ProgramTokens(database, clock)
    guest = config.guest_user if config.lets_guests_in else ""
    auth = Auth(
        database,
        config.public_url,
        config.service_token,
        guest,
        people,
        programs,
        config.needs_credentials,
        clock,
    )
    cookies = Cookies(config.public_url.startswith("https:"), bool(config.cors_origins))
    providers = [
        _provider(one, config.public_url, env, clock, report) for one in config.oidc_providers
    ]
    pending = PendingSignIns(database, clock)
    sign_in = SignIn(providers, pending, people, cookies, config.public_url, audit)
    return Authentication(auth, sign_in, programs, cookies, sessions)


def _provider(
    provider: OidcProvider, public_url: str, env: Mapping[str, str], clock: Clock, report: Report
) -> Oidc:
    """Return the client of a provider.

    Raises:
        ConfigError: When its secret is not set.
    """
    name = provider.client_secret_env
    secret = env.get(name, "") if name else ""
    if name and not secret:
        msg = f"the sign-in provider {provider.name} needs its secret: set the variable {name}"
        raise ConfigError(msg)
    redirect_uri = f"{public_url}/api/auth/{provider.name}/handler/frame"
    return Oidc(provider, secret, redirect_uri, clock, report)


def _proxies(config: Config, clock: Clock) -> Proxies:
    signed = [one for one in config.identity_proxies if one.jwt_header]
    issuers = {
        one.name: ForeignIssuer(_keys(one.jwks, clock), one.issuer, one.audience, clock)
        for one in signed
    }
    return Proxies(config.identity_proxies, issuers)


def _issuers(config: Config, clock: Clock) -> dict[str, ForeignIssuer]:
    return {
        one.issuer: ForeignIssuer(
            _keys(one.jwks, clock), one.issuer, one.audience, clock, USER_TYPE
        )
        for one in config.backstage_issuers
    }


def _keys(url: str, clock: Clock) -> RemoteKeys:
    http = HttpClient({origin_of(url)}, TIMEOUT_SECONDS, _LARGEST)
    return RemoteKeys(http, url, clock)
