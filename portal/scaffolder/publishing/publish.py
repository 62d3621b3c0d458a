"""Publishes a file tree as one commit of a remote repository, never by force.

A commit has the time of its task, so a task that is run again makes the same commit; if
the remote has it already, nothing is pushed.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from portal.kernel.errors import ConflictError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import SourceError
from portal.kernel.files import cache_folder
from portal.scaffolder.publishing.authorship import DEFAULT_AUTHOR
from portal.scaffolder.publishing.authorship import DEFAULT_MESSAGE
from portal.scaffolder.publishing.provenance import PATH
from portal.scaffolder.publishing.provenance import key_of
from portal.scaffolder.publishing.tokens import token_to_push
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionError
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import Tree
from portal.scaffolder.workspace.tree import below
from portal.scaffolder.workspace.tree import check_tree
from portal.scaffolder.workspace.tree import inside
from portal.scm.command import Git
from portal.scm.commit import Author
from portal.scm.commit import NewCommit
from portal.scm.commit import check_author
from portal.scm.commit import check_message
from portal.scm.push import BRANCHES
from portal.scm.push import KEPT
from portal.scm.push import Branches
from portal.scm.push import Outbox
from portal.scm.push import open_outbox
from portal.scm.urls import Remote
from portal.scm.urls import check_ref
from portal.scm.urls import host_of
from portal.scm.urls import parse_remote

_LOG_ID = 12
_NOTHING = File(b"")


@dataclass(frozen=True, slots=True)
class Publication:
    """A commit to be published.

    Args:
        remote_url: The URL git pushes to.
        branch: The branch of the commit.
        files: The commit's files by path.
        message: The commit message.
        author: The author.
        token: The user's own token; empty uses the operator's for the host.
        token_user: The user name that git sends with it; empty for that of the forge.
        base: The branch the commit is based on; empty makes a first commit.
        removed: Paths of the base that are deleted.
        updates: Whether an existing branch may get another commit.
        extra: Files that are published, but are no change by themselves.
        needs_change: Whether nothing is pushed if the base would not change.
        keeps: Whether an existing branch is left as it is, without an error.
        namespace: What the branch's name is below at the remote.
    """

    remote_url: str
    branch: str
    files: Tree
    message: str = DEFAULT_MESSAGE
    author: Author = DEFAULT_AUTHOR
    token: str = field(default="", repr=False)
    token_user: str = ""
    base: str = ""
    removed: tuple[str, ...] = ()
    updates: bool = False
    extra: Tree = field(default_factory=dict)
    needs_change: bool = False
    keeps: bool = False
    namespace: str = BRANCHES


@dataclass(frozen=True, slots=True)
class Published:
    """The published commit: its id and branch, and whether it changes its base."""

    commit: str
    branch: str
    is_change: bool = True


def publish(context: ActionContext, publication: Publication) -> Published:
    """Publish a commit to a branch of a remote repository.

    Raises:
        InputError: When address, branch, author, message or files are invalid.
        NotAllowedError: When nothing may be published to the host, or no token for it is lent.
        ConfigError: When the host's token is not set.
        ConflictError: When the branch has other commits; nothing is overwritten.
        SourceError: When the remote does not answer, or refuses.
        ActionError: When the task was cancelled before anything was pushed.
    """
    environment = context.environment
    remote = remote_to_publish(publication.remote_url, environment.publish_hosts)
    check_publication(publication)
    home = cache_folder(environment.data_dir / "git").resolve()
    token, owner = token_to_push(context, remote, publication.token)
    forge = environment.integrations.forge_of(host_of(remote.url))
    user = publication.token_user or forge.git_user_of(owner)
    git = Git(home, environment.timeout, token, user)
    try:
        with open_outbox(home / "outbox", remote, git) as outbox:
            return _publish(context, publication, outbox)
    except SourceError as error:
        raise SourceError(f"could not publish to {remote.url}: {error.message}") from None


def _publish(context: ActionContext, publication: Publication, outbox: Outbox) -> Published:
    branches = outbox.branches()
    there = branches.commits.get(publication.branch)
    if publication.keeps and there:
        context.log(f"Branch {publication.branch} is there already, and is left as it is")
        return Published(there, publication.branch)
    parent = _parent(context, publication, outbox, branches)
    commit = outbox.write(_commit(context, publication, publication.files), parent)
    is_change = not parent or outbox.is_change(commit, parent)
    if publication.needs_change and not is_change:
        context.log(f"There is nothing to change on branch {publication.base}")
        return Published(parent, publication.branch, is_change)
    if publication.extra:
        files = {**publication.files, **publication.extra}
        commit = outbox.write(_commit(context, publication, files), parent)
    if there == commit and publication.namespace == BRANCHES:
        context.log(f"Branch {publication.branch} has commit {commit[:_LOG_ID]} already")
    else:
        _push(context, publication, outbox, branches.commits, commit, parent)
    if PATH in publication.files:
        _keep(context, outbox, commit, publication.files[PATH].data)
    return Published(commit, publication.branch, is_change)


def _push(
    context: ActionContext,
    publication: Publication,
    outbox: Outbox,
    there: Mapping[str, str],
    commit: str,
    parent: str,
) -> None:
    """Push a commit to its branch, never by force.

    Raises:
        ConflictError: When the branch has moved since.
        ActionError: When the task was cancelled.
    """
    branch = publication.branch
    if publication.namespace == BRANCHES and there.get(branch, parent) != parent:
        raise ConflictError(_taken(publication))
    if context.is_cancelled():
        raise ActionError("the task was cancelled before anything was published")
    context.log(f"Pushing commit {commit[:_LOG_ID]} to branch {branch}")
    outbox.push(commit, branch, publication.namespace)


def _keep(context: ActionContext, outbox: Outbox, commit: str, note: bytes) -> None:
    """Keep the files in the repository, on no branch: an update needs to know what they were.

    A forge that takes branches only is no error: the template can be rendered again.
    """
    try:
        outbox.push(commit, key_of(note), KEPT)
    except SourceError as error:
        context.log(f"No copy of the files is kept for updates: {error.message}")


def _commit(context: ActionContext, publication: Publication, files: Tree) -> NewCommit:
    time = int(context.task.created_at.timestamp())
    return NewCommit(files, publication.message, publication.author, time, publication.removed)


def _taken(publication: Publication) -> str:
    return (
        f"branch '{publication.branch}' of {publication.remote_url} has other commits; "
        "nothing was overwritten. Publish to an empty repository, or to a branch that is "
        "not there yet"
    )


def _parent(
    context: ActionContext, publication: Publication, outbox: Outbox, branches: Branches
) -> str:
    """Fetch the parent of the commit into the outbox and return its id.

    It is determined once per task, so that a task that is run again after its push makes
    the same commit.
    """
    if not publication.base or not branches.commits:
        return ""
    found: str = context.checkpoint(
        f"parent of {publication.branch}", lambda: _tip(publication, branches)
    )
    is_there = publication.branch in branches.commits
    outbox.fetch(publication.branch if is_there else publication.base, depth=2)
    if not outbox.has(found):
        outbox.fetch(found)
    return found


def _tip(publication: Publication, branches: Branches) -> str:
    """Return the newest commit of the branch or its base.

    Raises:
        ConflictError: When the branch exists and may not be updated.
        InputError: When the base does not exist.
    """
    if publication.branch in branches.commits:
        if not publication.updates:
            raise ConflictError(_taken(publication))
        return branches.commits[publication.branch]
    if publication.base not in branches.commits:
        raise InputError(f"{publication.remote_url} has no branch '{publication.base}'")
    return branches.commits[publication.base]


def check_publication(publication: Publication) -> None:
    """Validate a publication without a request to the remote.

    Raises:
        InputError: When branch, author, message or files are invalid.
    """
    check_ref(publication.branch)
    if publication.base:
        check_ref(publication.base)
    check_author(publication.author)
    check_message(publication.message)
    files = {**publication.files, **publication.extra}
    if not files and not publication.removed:
        raise InputError("there are no files to publish")
    check_tree(files)
    check_tree(dict.fromkeys(publication.removed, _NOTHING))


def remote_to_publish(url: str, hosts: Collection[str]) -> Remote:
    """Return the remote of a URL, if it may be published to.

    Raises:
        InputError: When it is no address of a remote repository.
        NotAllowedError: When its host is not among those of ``publish_hosts``.
    """
    remote = parse_remote(url)
    check_host(host_of(remote.url), hosts)
    return remote


def check_host(host: str, hosts: Collection[str]) -> None:
    """Refuse a host that nothing may be published to.

    Raises:
        NotAllowedError: When it is not among those of ``publish_hosts``.
    """
    if host.lower() not in hosts:
        raise NotAllowedError(
            f"Publishing to '{host}' is not allowed; the operator allows a host by adding it "
            "to the setting publish_hosts"
        )


def part_of(tree: Tree, source_path: str) -> Tree:
    """Return the files of a folder of the tree.

    Raises:
        NotAllowedError: When it is outside of the tree.
        InputError: When it has no files.
    """
    found = below(tree, inside(source_path))
    if not found:
        raise InputError(f"there are no files to publish in '{source_path or '.'}'")
    return found
