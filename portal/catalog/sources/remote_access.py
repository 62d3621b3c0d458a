"""What reading a remote needs: where copies are kept, how long, from which hosts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from portal.catalog.ingestion.limits import MetadataLimits
from portal.catalog.sources.mirrors import MirrorLimits
from portal.integrations.hosts import Integrations
from portal.integrations.lending import Borrower
from portal.integrations.repo_urls import target_of_remote
from portal.model.kinds import KINDS
from portal.model.kinds import Kinds
from portal.scm.urls import host_of


@dataclass(frozen=True, slots=True)
class RemoteAccess:
    """What the portal may read, and with what.

    Attributes:
        data_dir: The folder that holds the mirrors.
        timeout: How long git and web servers may take, in seconds.
        hosts: The hosts whose repositories may be registered and fetched from.
        web_hosts: The plain web servers of which single files may be read.
        location_kinds: The kinds a registered location may define.
        integrations: The forges, and the operator's tokens for hosts.
        limits: How much the metadata of entities may hold.
        kinds: The kinds there are.
        mirrors: How large copies may be.
        borrower: The template in whose name it is read: the operator's tokens are lent to it or
            not; ``None`` for the catalog.
    """

    data_dir: Path
    timeout: float
    hosts: Collection[str] = ()
    web_hosts: tuple[str, ...] = ()
    location_kinds: tuple[str, ...] = ()
    integrations: Integrations = field(default_factory=Integrations)
    limits: MetadataLimits = field(default_factory=MetadataLimits)
    kinds: Kinds = field(default_factory=lambda: KINDS)
    mirrors: MirrorLimits = field(default_factory=MirrorLimits)
    borrower: Borrower | None = None

    def token_variable(self, remote_url: str) -> str:
        """Return the variable of the token that a remote is read with; empty for none."""
        host, target = host_of(remote_url), target_of_remote(remote_url)
        return self.integrations.reading_variable(host, self.borrower, target)

    def why_without_token(self, remote_url: str) -> str:
        """Return why a remote is read without the token there is for it; empty otherwise."""
        host = host_of(remote_url)
        if self.borrower is None or not self.integrations.host_tokens.get(host):
            return ""
        return self.integrations.why_not_lent(host, self.borrower, target_of_remote(remote_url))

    def check_key(self, remote_url: str) -> None:
        """Refuse to read a remote over ssh, with the operator's key, for whom it is not lent to.

        Raises:
            NotAllowedError: When it is not.
        """
        if self.borrower is not None and not remote_url.startswith("http"):
            host, target = host_of(remote_url), target_of_remote(remote_url)
            self.integrations.check_lent(host, self.borrower, target)
