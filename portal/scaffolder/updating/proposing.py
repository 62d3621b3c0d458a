"""Pushes a merged tree to a branch of the project, never by force, and opens the request."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace

from portal.integrations.clients.repository import Hosted
from portal.integrations.clients.repository import Proposal
from portal.integrations.clients.table import CLIENTS
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import SourceError
from portal.scaffolder.publishing.authorship import DEFAULT_AUTHOR
from portal.scaffolder.publishing.provenance import PATH
from portal.scaffolder.publishing.provenance import key_of
from portal.scaffolder.updating.plan import UpdatePlan
from portal.scaffolder.updating.plan import description_of
from portal.scaffolder.updating.plan import title_of
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import Tree
from portal.scm.commit import NewCommit
from portal.scm.merging.listing import time_of
from portal.scm.push import KEPT
from portal.scm.push import Branches
from portal.scm.push import Outbox


@dataclass(frozen=True, slots=True)
class Change:
    """The commit of an update.

    Attributes:
        head: The id of its parent, the project's newest commit.
        tree: The id of the merged tree.
        note: The project's new note.
        rendering: The template's files as they are now, to be kept for the next update.
    """

    head: str
    tree: str
    note: bytes
    rendering: Tree


def push_change(outbox: Outbox, branches: Branches, plan: UpdatePlan, change: Change) -> UpdatePlan:
    """Push the change to its branch; a branch that is there is left as it is.

    The commit has the time of its parent, so that the same update is the same commit.

    Raises:
        SourceError: When the remote refuses it; the remote is unchanged then.
    """
    if plan.branch in branches.commits:
        note = f"branch {plan.branch} is there already, and was left as it is"
        return replace(plan, notes=(*plan.notes, note))
    _keep(outbox, change)
    commit = NewCommit(
        {PATH: File(change.note)},
        title_of(plan),
        DEFAULT_AUTHOR,
        time_of(outbox, change.head),
        tree=change.tree,
    )
    outbox.push(outbox.write(commit, change.head), plan.branch)
    return plan


def _keep(outbox: Outbox, change: Change) -> None:
    """Keep the rendering in the repository, on no branch, where the forge takes it."""
    kept = outbox.write(NewCommit(change.rendering, "rendering", DEFAULT_AUTHOR, 0))
    with suppress(SourceError):
        outbox.push(kept, key_of(change.note), KEPT)


def propose_change(hosted: Hosted | None, plan: UpdatePlan) -> UpdatePlan:
    """Open the request of a branch that was pushed; one that is open stays the only one.

    Raises:
        NotFoundError: When the forge shows no such repository to the token.
        ForgeError: When the forge refuses.
    """
    propose = CLIENTS[hosted.api.forge.type].propose if hosted else None
    if hosted is None or propose is None:
        note = (
            f"the portal has no token for the project's forge, or no client for it: open the "
            f"request from {plan.branch} to {plan.target} yourself"
        )
        return replace(plan, notes=(*plan.notes, note))
    found = CLIENTS[hosted.api.forge.type].find(hosted)
    if found is None:
        raise NotFoundError(f"there is no repository {hosted.full_name}, or no right to see it")
    proposal = Proposal(
        plan.branch, plan.target, title_of(plan), description_of(plan), bool(plan.conflicts)
    )
    return replace(plan, proposed=propose(hosted, found, proposal, lambda _line: None))
