"""Three trees become one: the old rendering, the new one, and the project.

The rules of the template are applied to the trees before: where a file is ``managed``, the base
is made to be what the project has, so that the template wins; where it is ``once``, both
renderings are made to have what the old one had, so that nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass

from portal.scaffolder.publishing.authorship import DEFAULT_AUTHOR
from portal.scaffolder.publishing.provenance import PATH
from portal.scaffolder.updating.rules import Migration
from portal.scaffolder.updating.rules import UpdateRules
from portal.scaffolder.workspace.patterns import matching
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import Tree
from portal.scm.commit import NewCommit
from portal.scm.commit import blob_id
from portal.scm.merging.listing import Listed
from portal.scm.merging.listing import files_of
from portal.scm.merging.listing import read
from portal.scm.merging.three_way import Merge
from portal.scm.merging.three_way import merge
from portal.scm.push import Outbox


@dataclass(frozen=True, slots=True)
class Trees:
    """What is merged.

    Attributes:
        old: The files as the template made them then.
        new: The files as it makes them now.
        head: The id of the project's newest commit.
        rules: The rules of the template as it is now.
        migrations: Those since the project's version.
    """

    old: Tree
    new: Tree
    head: str
    rules: UpdateRules
    migrations: tuple[Migration, ...] = ()


@dataclass(frozen=True, slots=True)
class Merged:
    """The result: a tree, and what the merge did not touch.

    Attributes:
        merge: Git's tree and conflicts.
        once: Files that the template changed, but never updates.
        kept: Files of the template that the project changed or removed, and the template
            did not.
    """

    merge: Merge
    once: tuple[str, ...]
    kept: tuple[str, ...]


def merge_trees(outbox: Outbox, trees: Trees) -> Merged:
    """Merge the three trees in an outbox that has the project's newest commit.

    Raises:
        ConfigError: When git is too old.
        SourceError: When git cannot merge them.
    """
    moves = moves_of(trees.migrations)
    project = files_of(outbox, trees.head)
    renamed = {moved(path, moves): listed for path, listed in project.items()}
    old = {moved(path, moves): file for path, file in trees.old.items() if path != PATH}
    new = {path: file for path, file in trees.new.items() if path != PATH}
    once = matching(trees.rules.once, {*old, *new})
    untouched = sorted(path for path in once if old.get(path) != new.get(path) and path in old)
    _leave_alone(old, new, once, renamed)
    kept = _kept(old, new, renamed)
    _let_win(outbox, old, matching(trees.rules.managed, {*old, *new}) - once, renamed)
    base = outbox.write(_commit(old))
    there = [one for one in moves.items() if _is_there(one[0], project)]
    theirs = NewCommit({}, "project", DEFAULT_AUTHOR, 0, tree=trees.head, moved=dict(there))
    project_commit = outbox.write(_of_tree(outbox, theirs), base)
    template_commit = outbox.write(_commit(new, [path for path in old if path not in new]), base)
    result = merge(outbox, project_commit, template_commit)
    return Merged(result, tuple(untouched), tuple(kept))


def _commit(files: Mapping[str, File], removed: Iterable[str] = ()) -> NewCommit:
    return NewCommit(files, "rendering", DEFAULT_AUTHOR, 0, tuple(removed))


def _of_tree(outbox: Outbox, commit: NewCommit) -> NewCommit:
    """Return a commit with the id of a tree in place of that of a commit."""
    tree = outbox.local("rev-parse", "--verify", f"{commit.tree}^{{tree}}").decode().strip()
    return NewCommit(
        commit.files, commit.message, commit.author, commit.time, tree=tree, moved=commit.moved
    )


def moves_of(migrations: Iterable[Migration]) -> dict[str, str]:
    """Return the new paths of files and folders that migrations move, by those before."""
    return {before: after for one in migrations for before, after in one.moved.items()}


def moved(path: str, moves: Mapping[str, str]) -> str:
    """Return the path that a file has after files and folders were moved."""
    for before, after in moves.items():
        if path == before:
            path = after
        elif path.startswith(f"{before}/"):
            path = f"{after}{path[len(before) :]}"
    return path


def _is_there(place: str, project: Mapping[str, Listed]) -> bool:
    return place in project or any(path.startswith(f"{place}/") for path in project)


def _leave_alone(
    old: dict[str, File],
    new: dict[str, File],
    once: Iterable[str],
    project: Mapping[str, Listed],
) -> None:
    """Make the renderings have the same files where nothing is to be updated.

    A file that is new in the template is made once: unless the project has one there.
    """
    for path in once:
        if path in old:
            new[path] = old[path]
        elif path in project:
            new.pop(path, None)


def _let_win(
    outbox: Outbox, old: dict[str, File], managed: Iterable[str], project: Mapping[str, Listed]
) -> None:
    """Make the base have what the project has where the template is to win."""
    for path in managed:
        listed = project.get(path)
        if listed is None:
            old.pop(path, None)
        elif listed.is_file:
            old[path] = File(read(outbox, listed), listed.mode == "100755")


def _kept(
    old: Mapping[str, File], new: Mapping[str, File], project: Mapping[str, Listed]
) -> list[str]:
    same = (path for path, file in sorted(old.items()) if new.get(path) == file)
    return [path for path in same if not is_same(old[path], project.get(path))]


def is_same(file: File, listed: Listed | None) -> bool:
    """Return whether a listed file has the content and mode of another."""
    mode = "100755" if file.is_executable else "100644"
    return listed is not None and (listed.mode, listed.id) == (mode, blob_id(file.data))
