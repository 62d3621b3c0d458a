"""A tree becomes a commit of a remote repository: one commit, no working tree, never by force.

A commit has the time of its task, so a task that is run again makes the same commit: when
the remote has it already, nothing is left to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from portal.catalog.registered import host_of
from portal.kernel.config import Config
from portal.kernel.errors import ConfigError
from portal.kernel.errors import ConflictError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import SourceError
from portal.kernel.files import private_folder
from portal.scaffolder.action import ActionContext
from portal.scaffolder.action import ActionError
from portal.scaffolder.authorship import DEFAULT_AUTHOR
from portal.scaffolder.authorship import DEFAULT_MESSAGE
from portal.scaffolder.outside import Outside
from portal.scaffolder.tree import File
from portal.scaffolder.tree import Tree
from portal.scaffolder.tree import below
from portal.scaffolder.tree import check_tree
from portal.scaffolder.tree import inside
from portal.scm.command import Git
from portal.scm.commit import Author
from portal.scm.commit import NewCommit
from portal.scm.commit import check_author
from portal.scm.commit import check_message
from portal.scm.push import Branches
from portal.scm.push import Outbox
from portal.scm.push import open_outbox
from portal.scm.urls import Remote
from portal.scm.urls import check_ref
from portal.scm.urls import parse_remote

#: The user name that goes with a token in git's requests, by the type of the forge.
_TOKEN_USERS = {"gitlab": "oauth2", "bitbucket": "x-token-auth"}
_TOKEN_USER = "x-access-token"
_LOG_ID = 12
_NOTHING = File(b"")


@dataclass(frozen=True, slots=True)
class Publication:
    """What is to be published, and where.

    Args:
        remote_url: The address git pushes to.
        branch: The branch that gets the commit.
        files: The commit's files, from the repository's root.
        message: The commit's message.
        author: Who the commit is by.
        token: The caller's own token; empty takes the one of the host.
        base: The branch whose files the commit changes; empty makes a first commit.
        removed: Paths of the base that go.
        updates: Whether a branch that is there may get one more commit.
        extra: Files that go along but are no change by themselves.
        needs_change: Whether nothing is pushed when the base stays as it is.
    """

    remote_url: str
    branch: str
    files: Tree
    message: str = DEFAULT_MESSAGE
    author: Author = DEFAULT_AUTHOR
    token: str = field(default="", repr=False)
    base: str = ""
    removed: tuple[str, ...] = ()
    updates: bool = False
    extra: Tree = field(default_factory=dict)
    needs_change: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """What the remote has now: the branch's commit, and whether it changes its base."""

    commit: str
    branch: str
    is_change: bool = True


def publish(context: ActionContext, publication: Publication) -> Published:
    """Put a tree onto a branch of a remote repository.

    Raises:
        InputError: When address, branch, author, message or files cannot be used.
        NotAllowedError: When nothing may be published to the host.
        ConfigError: When the host's token is not set.
        ConflictError: When the branch has other commits; nothing is overwritten.
        SourceError: When the remote does not answer, or refuses.
        ActionError: When the task was cancelled before anything was pushed.
    """
    remote = remote_to_publish(publication.remote_url, context.outside.config)
    check_publication(publication)
    config = context.outside.config
    home = private_folder(config.data_dir / "git").resolve()
    host = host_of(remote.url)
    token = publication.token or host_token(context.outside, host)
    git = Git(home, config.git_timeout, token, token_user(config, host))
    try:
        with open_outbox(home / "outbox", remote, git) as outbox:
            return _publish(context, publication, outbox)
    except SourceError as error:
        raise SourceError(f"could not publish to {remote.url}: {error.message}") from None


def _publish(context: ActionContext, publication: Publication, outbox: Outbox) -> Published:
    branches = outbox.branches()
    parent = _parent(context, publication, outbox, branches)
    commit = outbox.write(_commit(context, publication, publication.files), parent)
    is_change = not parent or outbox.is_change(commit, parent)
    if publication.needs_change and not is_change:
        context.say(f"There is nothing to change on branch {publication.base}")
        return Published(parent, publication.branch, is_change)
    if publication.extra:
        files = {**publication.files, **publication.extra}
        commit = outbox.write(_commit(context, publication, files), parent)
    if branches.commits.get(publication.branch) == commit:
        context.say(f"Branch {publication.branch} has commit {commit[:_LOG_ID]} already")
    else:
        _push(context, publication, outbox, branches.commits, commit, parent)
    return Published(commit, publication.branch, is_change)


def _push(
    context: ActionContext,
    publication: Publication,
    outbox: Outbox,
    there: Mapping[str, str],
    commit: str,
    parent: str,
) -> None:
    """Push a commit that follows what its branch has, and nothing else."""
    branch = publication.branch
    if there.get(branch, parent) != parent:
        raise ConflictError(_taken(publication))
    if context.is_cancelled():
        raise ActionError("the task was cancelled before anything was published")
    context.say(f"Pushing commit {commit[:_LOG_ID]} to branch {branch}")
    outbox.push(commit, branch)


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
    """Return the commit that ours follows, and have it in the outbox.

    It is decided once in the life of a task, so that a task that is run again after its
    push makes the same commit.
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
    """Return the newest commit of what is to be changed.

    Raises:
        ConflictError: When the branch is there, and is not to be updated.
        InputError: When there is no such base.
    """
    if publication.branch in branches.commits:
        if not publication.updates:
            raise ConflictError(_taken(publication))
        return branches.commits[publication.branch]
    if publication.base not in branches.commits:
        raise InputError(f"{publication.remote_url} has no branch '{publication.base}'")
    return branches.commits[publication.base]


def check_publication(publication: Publication) -> None:
    """Refuse what cannot be published, before anything is asked of the remote.

    Raises:
        InputError: When branch, author, message or files cannot be used.
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


def remote_to_publish(url: str, config: Config) -> Remote:
    """Return a remote that may be published to.

    Raises:
        InputError: When it is no address of a remote repository.
        NotAllowedError: When its host is not among those of ``publish_hosts``.
    """
    remote = parse_remote(url)
    check_host(host_of(remote.url), config)
    return remote


def check_host(host: str, config: Config) -> None:
    """Refuse a host that nothing may be published to.

    Raises:
        NotAllowedError: When it is not among those of ``publish_hosts``.
    """
    if host.lower() not in config.publish_hosts:
        raise NotAllowedError(
            f"Publishing to '{host}' is not allowed; the operator allows a host by adding it "
            "to the setting publish_hosts"
        )


def host_token(outside: Outside, host: str) -> str:
    """Return the token the operator gave for a host; empty when there is none.

    Raises:
        ConfigError: When its variable is not set.
    """
    config = outside.config
    integration = config.integration(host)
    variable = integration.token_env if integration else ""
    variable = variable or config.host_tokens.get(host, "")
    if not variable:
        return ""
    token = outside.env.get(variable, "")
    if not token:
        raise ConfigError(f"the environment variable {variable}, the token of {host}, is not set")
    return token


def token_user(config: Config, host: str) -> str:
    """Return the user name git gives with a token of a host."""
    integration = config.integration(host)
    return _TOKEN_USERS.get(integration.type if integration else "", _TOKEN_USER)


def part_of(tree: Tree, source_path: str) -> Tree:
    """Return the files of the folder that is to be published.

    Raises:
        NotAllowedError: When it is outside of the tree.
        InputError: When it has no files.
    """
    found = below(tree, inside(source_path))
    if not found:
        raise InputError(f"there are no files to publish in '{source_path or '.'}'")
    return found
