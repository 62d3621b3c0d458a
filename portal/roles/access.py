"""What the settings let the portal reach: for reading, and for actions."""

from __future__ import annotations

import os
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping

from portal.audit.events import PORTAL
from portal.audit.events import AuditAction
from portal.audit.log import AuditLog
from portal.catalog.ingestion.limits import MetadataLimits
from portal.catalog.sources.mirrors import MirrorLimits
from portal.catalog.sources.remote_access import RemoteAccess
from portal.config.loading import variables_of_secrets
from portal.config.settings import Config
from portal.integrations.hosts import Integrations
from portal.model.kinds import KINDS
from portal.model.kinds import KINDS_WITHOUT_AI_MODEL
from portal.permission.files.lines import PolicyFinding
from portal.permission.files.loading import PolicyFiles
from portal.scaffolder.running.environment import ActionEnvironment
from portal.scaffolder.running.environment import Locations

_SHORTEST_SECRET = 6


def remote_access(config: Config, env: Mapping[str, str] = os.environ) -> RemoteAccess:
    """Return what reading repositories needs, of the settings.

    Args:
        config: The settings in force.
        env: Where tokens are looked up.
    """
    return RemoteAccess(
        config.data_dir,
        config.git_timeout,
        config.location_hosts,
        config.reading_allow,
        config.location_kinds,
        Integrations(config.integrations, config.host_tokens, env),
        MetadataLimits(config.metadata_bytes, config.metadata_members),
        KINDS if config.ai_model else KINDS_WITHOUT_AI_MODEL,
        MirrorLimits(config.mirror_bytes, config.mirrors_bytes),
    )


def action_environment(
    config: Config,
    registrations: Locations,
    env: Mapping[str, str] = os.environ,
    issue_token: Callable[[str], str] | None = None,
) -> ActionEnvironment:
    """Return what actions may reach, of the settings.

    Args:
        config: The settings in force.
        registrations: Where ``catalog:register`` registers.
        env: Where tokens are looked up.
        issue_token: Returns a token of a user, for requests to the portal itself.
    """
    # Where the system chose the port and nobody told which one, there is no address.
    is_known = bool(config.base_url or config.port)
    return ActionEnvironment(
        registrations,
        Integrations(config.integrations, config.host_tokens, env),
        config.data_dir,
        config.git_timeout,
        config.publish_hosts,
        config.public_url if is_known else "",
        config.proxies,
        issue_token,
        tuple(_secrets(config, env)),
    )


def _secrets(config: Config, env: Mapping[str, str]) -> Iterator[str]:
    """Yield the operator's secrets that an action, or a server it asks, could tell.

    What is very short occurs in many texts by chance, and protects nothing.
    """
    found = [env.get(variable, "").strip() for variable in variables_of_secrets(config)]
    yield from (one for one in (*found, config.service_token) if len(one) >= _SHORTEST_SECRET)


def note_policy(audit: AuditLog, files: PolicyFiles, findings: tuple[PolicyFinding, ...]) -> None:
    """Record that a policy was loaded again."""
    details = {"findings": [str(finding) for finding in findings]}
    audit.record(AuditAction.POLICY_LOAD, files.name, actor=PORTAL, details=details)
