"""The settings that protect a portal: who may do what and how often, what is recorded of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portal.config.declaring import setting
from portal.config.keeping import Keeping
from portal.config.quotas import BY_IDENTITY
from portal.config.quotas import IN_ALL
from portal.config.quotas import QUOTAS
from portal.config.quotas import Quota
from portal.config.values import NETWORKS
from portal.config.values import TEXT
from portal.config.values import TEXTS
from portal.config.values import number
from portal.config.values import whole_number

#: ``policy``: open on loopback without sign-in, company elsewhere.
AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Protection(Keeping):
    """A part of ``Config``."""

    policy: str = setting(
        AUTO,
        TEXT,
        "Who may do what: `open`, `company`, `locked`, or a file of [CSV policies](policy.md); "
        "`auto` is `open` on loopback where nobody signs in but guests, `company` elsewhere.",
    )
    policy_conditions: str = setting(
        "",
        TEXT,
        "File of [conditional policies](policy.md#conditions) in YAML.",
    )
    policy_admins: tuple[str, ...] = setting(
        (),
        TEXTS,
        "Refs of the users and groups who [may do everything](policy.md#administrators).",
    )
    audit_file: str = setting(
        "",
        TEXT,
        "File that the [audit log](audit.md) is written to as lines of JSON, beside the "
        "database; `-` is standard output, empty none.",
    )
    audit_retention: float = setting(
        365.0,
        number(0, 36_500),
        "Days for which entries of the audit log are kept in the database; 0 keeps them for good.",
    )

    quotas: Mapping[str, int] = setting(
        {},
        QUOTAS,
        "How many [requests of a kind](quotas.md) one identity may send in a minute; 0 is no "
        "limit. Kinds that are not named have a default.",
    )
    quotas_in_all: Mapping[str, int] = setting(
        {},
        QUOTAS,
        "The same for all identities together.",
    )
    mirror_bytes: int = setting(
        5_000_000_000,
        whole_number(0, 2**50),
        "Bytes the copy of a repository may have ([copies](quotas.md#copies-of-repositories)); fetching "
        "one that would have more is stopped. 0 is no limit.",
    )
    mirrors_bytes: int = setting(
        100_000_000_000,
        whole_number(0, 2**50),
        "The same for all copies together.",
    )
    mirror_retention: float = setting(
        7.0,
        number(0, 36_500),
        "Days after their last use for which copies are kept of repositories that are no source "
        "any more, or never were one; 0 removes them at once.",
    )
    trusted_proxies: tuple[str, ...] = setting(
        (),
        NETWORKS,
        "Addresses of reverse proxies whose `X-Forwarded-For` tells where a request comes from: "
        "the address that a [guest's quotas](quotas.md#who-is-counted) are counted for and the "
        "[audit log](audit.md) names. Those of "
        "`identity_proxies` need not be named again.",
    )

    @property
    def quotas_by_identity(self) -> dict[Quota, int]:
        """How many requests of each kind an identity may send in a minute; 0 is no limit."""
        return self._in_force(self.quotas, BY_IDENTITY)

    @property
    def quotas_of_all(self) -> dict[Quota, int]:
        """How many requests of each kind all may send in a minute; 0 is no limit."""
        return self._in_force(self.quotas_in_all, IN_ALL)

    def _in_force(
        self, given: Mapping[str, int], defaults: Mapping[Quota, int]
    ) -> dict[Quota, int]:
        usual = dict.fromkeys(Quota, 0) if self.is_only_local else defaults
        return {quota: given.get(quota, usual[quota]) for quota in Quota}

    @property
    def policy_name(self) -> str:
        """The policy in force: ``open``, ``company``, ``locked`` or a path."""
        if self.policy != AUTO:
            return self.policy
        return "open" if self.is_loopback and not self.people_sign_in else "company"
