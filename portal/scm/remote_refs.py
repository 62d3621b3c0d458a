"""The refs of a remote: asked for by name, and listed."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence

from portal.kernel.errors import SourceError
from portal.scm.command import Git
from portal.scm.urls import Remote
from portal.scm.urls import is_commit

#: The greatest number of branches and tags in an error message.
_MOST_NAMED = 10
_HEADS, _TAGS = "refs/heads/", "refs/tags/"


def refs_of(git: Git, remote: Remote, names: Sequence[str]) -> dict[str, str]:
    """Return the commits of those refs that a remote has, by full name, in their order.

    That of an annotated tag is the commit it names.

    Raises:
        SourceError: When the remote does not respond.
    """
    peeled = [f"{name}^{{}}" for name in names]
    command = ("ls-remote", "--quiet", "--", remote.url, *names, *peeled)
    listing = git.run(*command, remote=remote).decode(errors="replace")
    lines = [line.partition("\t") for line in listing.splitlines()]
    commits = {name: commit for commit, _, name in lines}
    return {name: commits.get(f"{name}^{{}}", commits[name]) for name in names if name in commits}


def newest_of(git: Git, remote: Remote, ref: str) -> tuple[str, str]:
    """Return the full name of a branch, a tag or ``HEAD``, and its commit at a remote.

    A branch takes precedence over a tag of the same name; ``^{}`` is the commit of an
    annotated tag. A commit id, as in a permanent link, is returned without a request.

    Raises:
        SourceError: When the remote does not respond, or has no such ref.
    """
    if is_commit(ref):
        return ref, ref
    full = [f"refs/heads/{ref}", f"refs/tags/{ref}", ref]
    names = ["HEAD"] if ref == "HEAD" else full
    if found := refs_of(git, remote, names):
        return next(iter(found.items()))
    if ref != "HEAD":
        raise SourceError(f"it has no branch or tag '{ref}'")
    raise SourceError(_why_without_head(names_of(git, remote)))


def names_of(git: Git, remote: Remote) -> frozenset[str]:
    """Return the names of all branches and tags of a remote.

    Raises:
        SourceError: When the remote does not respond.
    """
    command = ("ls-remote", "--quiet", "--heads", "--tags", "--", remote.url)
    listing = git.run(*command, remote=remote).decode(errors="replace")
    names = (line.partition("\t")[2] for line in listing.splitlines())
    return frozenset(name.removeprefix(_HEADS).removeprefix(_TAGS) for name in names)


def _why_without_head(names: Collection[str]) -> str:
    """Return why ``HEAD`` is missing: there is no commit, or it names a missing branch.

    Args:
        names: Those of all branches and tags.
    """
    if not names:
        return "it has no commit yet"
    more = ["…"] if len(names) > _MOST_NAMED else []
    listed = ", ".join([*sorted(names)[:_MOST_NAMED], *more])
    return f"its HEAD names a branch that does not exist: set ref (there are: {listed})"
