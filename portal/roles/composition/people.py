"""Who asks: sign-in, tokens, and what users store."""

from __future__ import annotations

from functools import cached_property
from functools import partial

from portal.auth.composition import Authentication
from portal.auth.composition import compose
from portal.auth.service import Auth
from portal.catalog.failures import Stage
from portal.catalog.reading.user_directory import open_directory
from portal.roles.composition.catalog import CatalogServices
from portal.settings.store import UserSettings


class PeopleServices(CatalogServices):
    """Who asks: sign-in, tokens, and what users store."""

    @cached_property
    def authentication(self) -> Authentication:
        """Sign-in and tokens; users and groups are those of trusted sources."""
        users = open_directory(self.database, self.config, self.sources)
        report = partial(self.failure_log.report, Stage.SIGN_IN)
        return compose(self.config, self.database, users.find, users.groups_of, self.audit, report)

    @property
    def auth(self) -> Auth:
        """Authenticates callers."""
        return self.authentication.auth

    @cached_property
    def user_settings(self) -> UserSettings:
        """The settings that users store for themselves."""
        return UserSettings(self.database)
