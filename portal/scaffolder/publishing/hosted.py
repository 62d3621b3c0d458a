"""A repository of a forge in a step: opened by ``repoUrl``, created once, or changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from datetime import datetime
from datetime import timedelta

from portal.forges import Forge
from portal.integrations.clients.api import ForgeError
from portal.integrations.clients.api import open_api
from portal.integrations.clients.repository import Hosted
from portal.integrations.clients.table import CLIENTS
from portal.integrations.repo_urls import parse_repo_url
from portal.integrations.repo_urls import target_of
from portal.kernel.errors import ConflictError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import SourceError
from portal.kernel.json_text import Json
from portal.scaffolder.publishing.authorship import author_of
from portal.scaffolder.publishing.provenance import path_of_change
from portal.scaffolder.publishing.provenance import with_provenance
from portal.scaffolder.publishing.publish import Publication
from portal.scaffolder.publishing.publish import check_host
from portal.scaffolder.publishing.publish import check_publication
from portal.scaffolder.publishing.publish import part_of
from portal.scaffolder.publishing.publish import publish
from portal.scaffolder.publishing.tokens import token_for
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import Tree
from portal.scaffolder.workspace.tree import inside
from portal.scm.urls import check_ref
from portal.scm.urls import host_of

_NAME = r"~?[A-Za-z0-9](?:[\w. -]*[\w.-])?"
_OWNER = re.compile(rf"{_NAME}(/{_NAME})*")
_REPO = re.compile(r"(?=.*\w)[\w.-](?:[\w. -]*[\w.-])?")
#: How much a forge's clock may be behind ours.
_CLOCKS = timedelta(minutes=5)
#: From this status on, the repository may have been created in spite of the error.
_OURS_PERHAPS = 500


def open_hosted(context: ActionContext, kind: str) -> Hosted:
    """Return the repository that ``repoUrl`` of a step names.

    Raises:
        InputError: When it is no address of a repository, or there is no token.
        NotAllowedError: When nothing may be published to its host, or no token is lent.
        ConfigError: When the operator's token is not set.
    """
    environment, integrations = context.environment, context.environment.integrations
    parts = parse_repo_url(context.input["repoUrl"], integrations)
    host = parts["host"]
    check_host(host, environment.publish_hosts)
    token, user = token_for(context, host, target_of(context.input["repoUrl"]))
    api = open_api(integrations, host, kind, token, environment.timeout, user)
    hosted = Hosted(api, _owner(context, api.forge, parts), parts.get("repo", ""), parts)
    is_name = _OWNER if api.forge.has_nested_names else _REPO
    if not is_name.fullmatch(hosted.repo):
        raise InputError("repoUrl must name a repository: letters, digits, '.', '_' and '-'")
    return hosted


def _owner(context: ActionContext, forge: Forge, parts: Mapping[str, str]) -> str:
    """Return the owner that ``repoUrl`` names.

    Raises:
        InputError: When a part that makes it is missing, or is no name.
    """
    for name in forge.owner_parts:
        if not parts.get(name) and name != "owner":
            raise InputError(
                "Invalid URL provider was included in the repo URL to create "
                f"{context.input['repoUrl']}, missing {name}"
            )
    owner = "/".join(parts.get(name, "") for name in forge.owner_parts)
    if forge.owner_parts and (not _OWNER.fullmatch(owner) or ".." in owner):
        raise InputError("repoUrl must name an owner: letters, digits, '.', '_' and '-'")
    return owner


@dataclass(frozen=True, slots=True)
class Existing:
    """An existing repository that is to be changed.

    Attributes:
        hosted: The repository.
        found: The forge's JSON of it.
        target: The branch to be changed.
    """

    hosted: Hosted
    found: Mapping[str, Json]
    target: str

    def change(self, context: ActionContext) -> Publication:
        """Return a step's files as a commit on a new branch, based on the target."""
        return _change(context, self.hosted, clone_address(self.hosted, self.found), self.target)

    def change_unless_there(self, context: ActionContext) -> Publication:
        """Return the same for a branch that is left as it is when it exists already."""
        return replace(self.change(context), keeps=True)


def open_existing(context: ActionContext, kind: str) -> Existing:
    """Return the existing repository that ``repoUrl`` of a step names.

    Raises:
        NotFoundError: When it does not exist.
        PortalError: As ``open_hosted`` does.
    """
    hosted, client = open_hosted(context, kind), CLIENTS[kind]
    found = client.find(hosted)
    if found is None:
        raise NotFoundError(f"there is no {client.noun} {hosted.full_name}, or no right to see it")
    target = context.input.get("targetBranchName") or client.default_branch(hosted, found) or "main"
    return Existing(hosted, found, target)


def created_once(context: ActionContext, hosted: Hosted, create: Callable[[], Json]) -> Json:
    """Create a repository, unless this task has done so before it was interrupted.

    A checkpoint records that none existed before it is created, so that an existing one
    is the task's own when the step is run again.

    Args:
        context: The step.
        hosted: The repository.
        create: Creates it.

    Raises:
        ConflictError: When it existed before the task, or somebody else was faster.
        ForgeError: When it cannot be created.
    """  # noqa: DOC501 - _taken makes that error

    def find() -> Json:
        return CLIENTS[hosted.api.forge.type].find(hosted)

    def there_is_none() -> bool:
        if find() is not None:
            raise _taken(hosted)
        return True

    context.checkpoint(f"there was no {hosted.full_name}", there_is_none)
    found = find()
    if found is None:
        return _created(context, hosted, create, find)
    if not _is_of(context, hosted, found):
        raise _taken(hosted)
    context.log(f"Repository {hosted.full_name} was created by this task before")
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
    context.log(f"Created repository {hosted.full_name}")
    return found


def _taken(hosted: Hosted) -> ConflictError:
    return ConflictError(
        f"repository {hosted.full_name} is at {hosted.api.host} already; "
        "nothing was changed. Choose another name"
    )


def _is_of(context: ActionContext, hosted: Hosted, found: Mapping[str, Json]) -> bool:
    """Return whether a repository is not older than the task.

    Where the forge does not tell, it is taken for the task's own: there was none when the
    task began, and what is pushed never overwrites anything.
    """
    member = CLIENTS[hosted.api.forge.type].created
    if not member:
        return True
    try:
        created = datetime.fromisoformat(str(found.get(member)))
        return created >= context.task.created_at - _CLOCKS
    except (ValueError, TypeError):
        return False


def clone_address(hosted: Hosted, found: Mapping[str, Json]) -> str:
    """Return the clone URL of a repository, from the forge's JSON.

    Args:
        hosted: The repository.
        found: The forge's JSON of it.

    Raises:
        SourceError: When it is at another server, which must not get the token.
    """
    host = hosted.api.host
    url = CLIENTS[hosted.api.forge.type].clone_url(hosted, found)
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
        remote_url,
        check_ref(branch),
        files,
        author=author_of(given),
        token=hosted.api.token,
        token_user=hosted.api.git_user,
    )
    message = given.get("gitCommitMessage")
    return replace(publication, message=message) if message else publication


@dataclass(frozen=True, slots=True)
class NewRepository:
    """A repository that a step created: the forge's JSON, the address for git, its commit."""

    found: Mapping[str, Json]
    remote_url: str
    commit: str


def publish_new(
    context: ActionContext, hosted: Hosted, branch: str, create: Callable[[], Json]
) -> NewRepository:
    """Create a repository once, with a step's files as its first commit.

    Args:
        context: The step.
        hosted: The repository.
        branch: The branch of the commit.
        create: Creates it.

    Raises:
        PortalError: As ``created_once``, ``clone_address`` and ``publish`` do.
    """
    # Invalid files are refused before anything is created at the forge.
    check_publication(first_commit(context, hosted, "", branch))
    found = created_once(context, hosted, create)
    remote_url = clone_address(hosted, found)
    done = publish(context, first_commit(context, hosted, remote_url, branch))
    return NewRepository(found, remote_url, done.commit)


def check_places(given: Mapping[str, Json]) -> None:
    """Refuse a ``targetPath`` or ``filesToDelete`` that leads out of a repository.

    Raises:
        InputError: Naming the path, with Backstage's message.
    """
    named = [("targetPath", given.get("targetPath") or "")]
    named += [("filesToDelete entry", path) for path in given.get("filesToDelete") or ()]
    for name, path in named:
        if path.startswith("/") or ".." in path.split("/"):
            raise InputError(
                f"Invalid {name} '{path}': must be a relative path within the target repository, "
                "without '..' segments"
            )


def _change(context: ActionContext, hosted: Hosted, remote_url: str, base: str) -> Publication:
    given = context.input
    check_places(given)
    target = inside(given.get("targetPath") or "")
    placed = {f"{target}/{name}" if target else name: file for name, file in _files(context)}
    return Publication(
        remote_url,
        check_ref(given["branchName"]),
        placed,
        given.get("commitMessage") or given["title"],
        author_of(given),
        hosted.api.token,
        hosted.api.git_user,
        base=base,
        removed=tuple(
            inside(f"{target}/{name}".lstrip("/")) for name in given.get("filesToDelete") or ()
        ),
        updates=bool(given.get("update")),
        extra=with_provenance({}, context.task, path_of_change(context.task)),
        needs_change=given.get("createWhenEmpty") is False,
    )


def _files(context: ActionContext) -> Iterable[tuple[str, File]]:
    """Return the files of a change; empty if it only deletes files."""
    if context.input.get("filesToDelete") and not context.tree:
        return ()
    return source_files(context).items()


def source_files(context: ActionContext) -> Tree:
    """Return the files of a step's ``sourcePath``."""
    source = context.input.get("sourcePath")
    return part_of(context.tree, source if isinstance(source, str) else "")


def log_left_out(context: ActionContext, reasons: Mapping[str, str]) -> None:
    """Log the properties of the input that have no effect, with the reasons."""
    for name, reason in reasons.items():
        if context.input.get(name):
            context.log(f"The input {name} has no effect: {reason}")
