"""Suggested concepts as patches of descriptors, and as pull requests."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass

from portal.catalog.reading.entity_reader import EntityReader
from portal.catalog.reading.entity_reader import PlacedEntity
from portal.catalog.sources.registry import OpenLocation
from portal.integrations.clients.repository import Hosted
from portal.integrations.clients.repository import Proposal
from portal.integrations.clients.table import CLIENTS
from portal.kernel.errors import ConfigError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import PortalError
from portal.links.link import LinkDetail
from portal.links.link import LinkStatus
from portal.links.proposing.descriptor_change import declare
from portal.links.proposing.descriptor_change import unified_diff
from portal.links.reading.service import Links
from portal.model.entity import ref_of
from portal.model.refs import DEFAULT_NAMESPACE
from portal.model.refs import parse_ref
from portal.scaffolder.publishing.authorship import DEFAULT_AUTHOR
from portal.scaffolder.publishing.publish import remote_to_publish
from portal.scaffolder.running.environment import ActionEnvironment
from portal.scaffolder.updating.project import hosted_of
from portal.scaffolder.updating.project import project_of
from portal.scaffolder.updating.project import project_outbox
from portal.scaffolder.updating.project import token_for_update
from portal.scaffolder.workspace.tree import File
from portal.scm.commit import NewCommit
from portal.scm.merging.listing import files_of
from portal.scm.merging.listing import read
from portal.scm.merging.listing import time_of

_BRANCH = "portal/claim-{}-{}"


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal at the forge.

    Attributes:
        branch: The branch that was pushed, or was there already.
        target: The branch it is to change.
        patch: The change, as a patch.
        url: The address of the pull request; empty when the portal could open none.
        note: What is left to do; empty when nothing is.
    """

    branch: str
    target: str
    patch: str
    url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be done with a suggestion, before anything is done.

    Attributes:
        patch: The change of the descriptor.
        is_publishable: Whether its repository is at a forge that the portal may publish to.
        needs_token: Whether the caller has to give a token of their own.
    """

    patch: str
    is_publishable: bool = False
    needs_token: bool = False


class Proposals:
    """Offers what a descriptor would have to say of a link.

    Args:
        links: Reads links, within what the caller may see.
        reader: Reads entities, likewise.
        openers: Returns how every source is opened, by name.
        environment: Returns the hosts that may be published to, and the tokens for them.
    """

    def __init__(
        self,
        links: Links,
        reader: EntityReader,
        openers: Callable[[], Mapping[str, OpenLocation]],
        environment: Callable[[], ActionEnvironment],
    ) -> None:
        self._links = links
        self._reader = reader
        self._openers = openers
        self._environment = environment

    def patch(self, id: str) -> str:  # noqa: A002
        """Return the patch with which a service's descriptor claims the concept of a link.

        Raises:
            NotFoundError: When there is no such link that the caller may see.
            InputError: When it is claimed already, or the descriptor cannot be changed so.
            SourceError: When its repository cannot be read.
        """
        return self._patch(*self._found(id))

    def offer(self, id: str) -> Offer | None:  # noqa: A002
        """Return what can be done with a suggestion; ``None`` where there is nothing to claim.

        That is so when it is claimed already, refuted, or the descriptor cannot be changed or
        read.

        Raises:
            NotFoundError: When there is no such link that the caller may see.
        """
        try:
            detail, placed = self._found(id)
        except InputError:
            return None
        try:
            patch = self._patch(detail, placed)
        except (PortalError, OSError):
            return None
        environment = self._environment()
        try:
            project = project_of(detail.link.entity, placed.document)
            remote_to_publish(project.remote_url, environment.publish_hosts)
        except (InputError, NotAllowedError):
            return Offer(patch)
        try:
            token, _ = token_for_update(project, environment.integrations, "")
        except (NotAllowedError, ConfigError):
            token = ""
        return Offer(patch, is_publishable=True, needs_token=not token)

    def _patch(self, detail: LinkDetail, placed: PlacedEntity) -> str:
        openers = self._openers()
        if placed.source not in openers:
            raise NotFoundError(f"there is no source '{placed.source}' any more")
        mirror = openers[placed.source]().mirror
        try:
            before = mirror.snapshot(placed.commit).read(placed.path).data
        finally:
            mirror.close()
        return unified_diff(placed.path, before, _declared(before, detail, placed))

    def propose(self, id: str, token: str = "") -> Proposed:  # noqa: A002
        """Push that change to a branch of its own, and open a pull request for it.

        The same change is proposed once; nothing is ever overwritten.

        Args:
            id: The id of the link.
            token: The caller's token for the forge; empty takes the operator's.

        Raises:
            InputError: As ``patch`` does, and when the service is not from a forge.
            NotAllowedError: When nothing may be published there, or the operator's token is
                not lent for it: it is lent as to updates of projects (decision 0032).
            NotFoundError: When there is no such link, or no such repository.
            PortalError: When the forge refuses.
        """
        detail, placed = self._found(id)
        project = project_of(detail.link.entity, placed.document)
        concept = parse_ref(detail.link.concept).name
        branch = _BRANCH.format(concept, ref_of(placed.document).name)
        with project_outbox(project, self._environment(), token) as outbox:
            branches = outbox.branches()
            target = project.branch or branches.default
            if target not in branches.commits:
                raise InputError(f"{project.ref} has no branch '{target}'")
            outbox.fetch(target)
            head = branches.commits[target]
            listed = files_of(outbox, head).get(placed.path)
            if listed is None or not listed.is_file:
                raise NotFoundError(f"{project.ref} has no {placed.path} at its newest commit")
            before = read(outbox, listed)
            after = _declared(before, detail, placed)
            done = Proposed(branch, target, unified_diff(placed.path, before, after))
            if branch not in branches.commits:
                message = f"Claim the concept {concept}"
                commit = NewCommit(
                    {placed.path: File(after, listed.mode == "100755")},
                    message,
                    DEFAULT_AUTHOR,
                    time_of(outbox, head),
                )
                outbox.push(outbox.write(commit, head), branch)
        environment = self._environment()
        hosted = hosted_of(project, environment.integrations, token, environment.timeout)
        return _opened(hosted, done, concept, detail)

    def _found(self, id: str) -> tuple[LinkDetail, PlacedEntity]:  # noqa: A002
        """Return a link that a descriptor could claim, and its service.

        Raises:
            NotFoundError: When there is none that the caller may see.
            InputError: When it is claimed already, or refuted.
        """
        detail = self._links.detail(id)
        link = detail.link
        if link.is_declared:
            raise InputError(f"{link.entity} claims {link.concept} already")
        if link.status is LinkStatus.REFUTED:
            raise InputError(f"a person refuted that {link.entity} implements {link.concept}")
        placed = self._reader.placed(link.entity)
        if placed is None:
            raise NotFoundError(f"Entity not found for {link.entity}")
        return detail, placed


def _declared(before: bytes, detail: LinkDetail, placed: PlacedEntity) -> bytes:
    concept, entity = parse_ref(detail.link.concept), ref_of(placed.document)
    is_default = concept.namespace == DEFAULT_NAMESPACE
    return declare(before, entity.kind, entity.name, concept.name if is_default else str(concept))


def _opened(hosted: Hosted | None, done: Proposed, concept: str, detail: LinkDetail) -> Proposed:
    """Return a proposal with its pull request, where the portal can open one.

    Raises:
        NotFoundError: When the forge shows no such repository to the token.
    """
    client = CLIENTS[hosted.api.forge.type] if hosted else None
    if hosted is None or client is None or client.propose is None:
        note = (
            "the portal has no token for the forge, or no client for it: open the request from "
            f"{done.branch} to {done.target} yourself"
        )
        return Proposed(done.branch, done.target, done.patch, note=note)
    found = client.find(hosted)
    if found is None:
        raise NotFoundError(f"there is no repository {hosted.full_name}, or no right to see it")
    lines = [
        f"- {one.message.get('en', '')} ({one.place.url or f'{one.place.path}:{one.place.line}'})"
        for one in detail.findings[:10]
    ]
    said = "\n".join([f"The files of this service show the concept {concept}:", "", *lines])
    proposal = Proposal(done.branch, done.target, f"Claim the concept {concept}", said)
    request = client.propose(hosted, found, proposal, lambda _line: None)
    return Proposed(done.branch, done.target, done.patch, request.url)
