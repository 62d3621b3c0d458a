"""A repository of a forge: how a step names it, who asks for it, and what is pushed to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from datetime import datetime
from datetime import timedelta

from portal.catalog.registered import host_of
from portal.kernel.errors import ConflictError
from portal.kernel.errors import InputError
from portal.kernel.errors import SourceError
from portal.scaffolder.action import ActionContext
from portal.scaffolder.authorship import author_of
from portal.scaffolder.extensions import parse_repo_url
from portal.scaffolder.forges.api import ForgeApi
from portal.scaffolder.forges.api import ForgeError
from portal.scaffolder.forges.api import Json
from portal.scaffolder.forges.api import open_api
from portal.scaffolder.provenance import path_of_change
from portal.scaffolder.provenance import with_provenance
from portal.scaffolder.publishing import Publication
from portal.scaffolder.publishing import check_host
from portal.scaffolder.publishing import host_token
from portal.scaffolder.publishing import part_of
from portal.scaffolder.tree import File
from portal.scaffolder.tree import Tree
from portal.scaffolder.tree import inside
from portal.scm.urls import check_ref

_OWNER = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)*")
_REPO = re.compile(r"[\w.-]*\w[\w.-]*")
#: How much the clock of a forge may be behind ours.
_CLOCKS = timedelta(minutes=5)
#: An error of the server's own may come after the repository was made.
_OURS_PERHAPS = 500


@dataclass(frozen=True, slots=True)
class Hosted:
    """A repository as a step addresses it, and the API it is reached by.

    Args:
        api: The forge, asked with the step's token or the operator's one.
        owner: Who has it: a user, an organisation, or a group with slashes.
        repo: Its name.
        token: The same token, for git.
    """

    api: ForgeApi
    owner: str
    repo: str
    token: str

    @property
    def full_name(self) -> str:
        """Return ``owner/repo``."""
        return f"{self.owner}/{self.repo}"


def open_hosted(context: ActionContext, kind: str) -> Hosted:
    """Return the repository that ``repoUrl`` of a step names.

    Raises:
        InputError: When it is no address of a repository, or there is no token.
        NotAllowedError: When nothing may be published to its host.
        ConfigError: When the operator's token is not set.
    """
    config = context.outside.config
    parts = parse_repo_url(context.input["repoUrl"], find=config.integration)
    host, owner, repo = parts["host"], parts.get("owner", ""), parts.get("repo", "")
    check_host(host, config)
    if not _OWNER.fullmatch(owner) or ".." in owner:
        raise InputError("repoUrl must name an owner: letters, digits, '.', '_' and '-'")
    if not _REPO.fullmatch(repo):
        raise InputError("repoUrl must name a repository: letters, digits, '.', '_' and '-'")
    token = context.input.get("token") or host_token(context.outside, host)
    return Hosted(open_api(config, host, kind, token), owner, repo, token)


def created_once(
    context: ActionContext,
    hosted: Hosted,
    create: Callable[[], Json],
    find: Callable[[], Json],
) -> Json:
    """Create a repository, unless this task has done so before it was interrupted.

    That there was none is noted before it is created: from then on one that is there is
    the task's own.

    Args:
        context: The step.
        hosted: The repository.
        create: Creates it.
        find: Returns it when it is there.

    Raises:
        ConflictError: When it was there before the task, or somebody else was quicker.
        ForgeError: When it cannot be created.
    """

    def there_is_none() -> bool:
        if find() is not None:
            raise _taken(hosted)
        return True

    context.checkpoint(f"there was no {hosted.full_name}", there_is_none)
    found = find()
    if found is None:
        return _created(context, hosted, create, find)
    if not _is_of(context, found):
        raise _taken(hosted)
    context.say(f"Repository {hosted.full_name} was created by this task before")
    return found


def _created(
    context: ActionContext, hosted: Hosted, create: Callable[[], Json], find: Callable[[], Json]
) -> Json:
    try:
        found = create()
    except ForgeError as error:
        found = find()
        if found is None:
            raise
        if error.status < _OURS_PERHAPS:
            raise _taken(hosted) from None
    context.say(f"Created repository {hosted.full_name}")
    return found


def _taken(hosted: Hosted) -> ConflictError:
    return ConflictError(
        f"repository {hosted.full_name} is at {hosted.api.integration.host} already; "
        "nothing was changed. Choose another name"
    )


def _is_of(context: ActionContext, found: Mapping[str, Json]) -> bool:
    """Whether a repository is not older than the task."""
    try:
        created = datetime.fromisoformat(str(found.get("created_at")))
        return created >= context.task.created_at - _CLOCKS
    except (ValueError, TypeError):
        return False


def clone_address(hosted: Hosted, address: Json) -> str:
    """Return where git finds a repository, as its forge says.

    Raises:
        SourceError: When that is another server: the token does not go there.
    """
    url, host = str(address or ""), hosted.api.integration.host
    if host_of(url) != host:
        raise SourceError(f"{host} names another server for {hosted.full_name}")
    return url


def first_commit(
    context: ActionContext, hosted: Hosted, remote_url: str, branch: str
) -> Publication:
    """Return a step's files as the first commit of a repository."""
    given = context.input
    files = with_provenance(source_files(context), context.task)
    publication = Publication(
        remote_url, check_ref(branch), files, author=author_of(given), token=hosted.token
    )
    message = given.get("gitCommitMessage")
    return replace(publication, message=message) if message else publication


def change(context: ActionContext, hosted: Hosted, remote_url: str, base: str) -> Publication:
    """Return a step's files as a commit on a branch of its own, over those of ``base``."""
    given = context.input
    target = inside(given.get("targetPath") or "")
    placed = {f"{target}/{name}" if target else name: file for name, file in _files(context)}
    return Publication(
        remote_url,
        check_ref(given["branchName"]),
        placed,
        given.get("commitMessage") or given["title"],
        author_of(given),
        hosted.token,
        base=base,
        removed=tuple(inside(name) for name in given.get("filesToDelete") or ()),
        updates=bool(given.get("update")),
        extra=with_provenance({}, context.task, path_of_change(context.task)),
        needs_change=given.get("createWhenEmpty") is False,
    )


def _files(context: ActionContext) -> Iterable[tuple[str, File]]:
    """Return a change's files; there are none where it only deletes."""
    if context.input.get("filesToDelete") and not context.tree:
        return ()
    return source_files(context).items()


def source_files(context: ActionContext) -> Tree:
    """Return the files of the folder that a step's ``sourcePath`` names."""
    source = context.input.get("sourcePath")
    return part_of(context.tree, source if isinstance(source, str) else "")


def tell_left_out(context: ActionContext, reasons: Mapping[str, str]) -> None:
    """Say in the log which members of the input the portal does nothing about."""
    for name, reason in reasons.items():
        if context.input.get(name):
            context.say(f"The input {name} has no effect: {reason}")


def attempt(context: ActionContext, what: str, do: Callable[[], Json]) -> Json:
    """Do what publishing does not depend on; when the forge refuses, the log tells."""
    try:
        return do()
    except ForgeError as error:
        context.say(f"Skipping {what}: {error.message}")
        return None
