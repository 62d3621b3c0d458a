"""The repository of a project: its remote, and what its forge calls it."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from portal.integrations.addresses import parse_file_url
from portal.integrations.clients.api import open_api
from portal.integrations.clients.repository import Hosted
from portal.integrations.clients.table import CLIENTS
from portal.integrations.hosts import Integrations
from portal.integrations.lending import Borrower
from portal.integrations.repo_urls import parts_of_remote
from portal.integrations.repo_urls import target_of_remote
from portal.kernel.errors import InputError
from portal.kernel.files import cache_folder
from portal.kernel.json_text import Json
from portal.model.entity import MANAGED_BY
from portal.model.refs import parse_location_ref
from portal.scaffolder.publishing.publish import remote_to_publish
from portal.scaffolder.running.environment import ActionEnvironment
from portal.scm.command import Git
from portal.scm.push import Outbox
from portal.scm.push import open_outbox
from portal.scm.urls import host_of


@dataclass(frozen=True, slots=True)
class Project:
    """A project in the catalog.

    Attributes:
        ref: Its ref.
        remote_url: Its git remote.
        branch: The branch that the catalog reads; empty for the default one.
    """

    ref: str
    remote_url: str
    branch: str = ""


def project_of(ref: str, entity: Mapping[str, Json]) -> Project:
    """Return the project that an entity describes.

    Raises:
        InputError: When the entity is from no repository that could be changed.
    """
    annotations = (entity.get("metadata") or {}).get("annotations") or {}
    try:
        location = parse_location_ref(str(annotations[MANAGED_BY]))
        readings = parse_file_url(location.target) if location.type == "url" else []
    except (KeyError, ValueError, InputError):
        readings = []
    if not readings:
        raise InputError(
            f"{ref} is not from a repository at a forge, so nothing can be proposed to it"
        )
    found = readings[0]
    return Project(ref, found.remote, "" if found.ref == "HEAD" else found.ref)


def token_for_update(project: Project, integrations: Integrations, given: str) -> tuple[str, str]:
    """Return the token for a project's repository, and its user; empty when there is none.

    An update is asked for by its caller, not by a template: the operator's token is taken
    unless it is bound to templates.

    Args:
        project: The project.
        integrations: The known forges, and the operator's tokens.
        given: The caller's token; empty takes the operator's.

    Raises:
        NotAllowedError: When the caller needs a token of their own.
        ConfigError: When the operator's token is not set.
    """
    if given:
        return given, ""
    host, target = host_of(project.remote_url), target_of_remote(project.remote_url)
    return integrations.lent(host, Borrower(is_operated=True), target), integrations.user(host)


@contextmanager
def project_outbox(
    project: Project, environment: ActionEnvironment, token: str
) -> Iterator[Outbox]:
    """Yield an outbox for a project's repository, opened with ``token_for_update``.

    Args:
        project: The project.
        environment: What may be reached, and where copies are kept.
        token: The caller's token; empty takes the operator's.

    Raises:
        NotAllowedError: When nothing may be published to its host, or the caller needs a token
            of their own.
        SourceError: When it cannot be read.
    """
    remote = remote_to_publish(project.remote_url, environment.publish_hosts)
    integrations = environment.integrations
    found, user = token_for_update(project, integrations, token)
    git = Git(
        cache_folder(environment.data_dir / "git").resolve(),
        environment.timeout,
        found,
        integrations.forge_of(host_of(remote.url)).git_user_of(user),
    )
    with open_outbox(git.home / "outbox", remote, git) as outbox:
        yield outbox


def hosted_of(
    project: Project, integrations: Integrations, token: str, timeout: float
) -> Hosted | None:
    """Return the project's repository at its forge; ``None`` where there is no API to use.

    Args:
        project: The project.
        integrations: The known forges.
        token: The caller's token; empty takes the operator's.
        timeout: Seconds a response may take.

    Raises:
        NotAllowedError: When the caller needs a token of their own.
        ConfigError: When the operator's token is not set.
    """
    host = host_of(project.remote_url)
    known = integrations.find(host)
    parts = known and parts_of_remote(project.remote_url, known.type)
    if not known or not parts or CLIENTS[known.type].propose is None:
        return None
    found, user = token_for_update(project, integrations, token)
    if not found:
        return None
    api = open_api(integrations, host, known.type, found, timeout, user)
    return Hosted(api, *parts)
