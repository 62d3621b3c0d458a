"""A project of a former release after an update, and what it should be."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from portal.authoring.differences import tree_diff
from portal.authoring.finding import RuleViolation
from portal.authoring.proof.renderings import Release
from portal.authoring.proof.renderings import Renderings
from portal.scaffolder.publishing.authorship import DEFAULT_AUTHOR
from portal.scaffolder.publishing.provenance import PATH
from portal.scaffolder.updating.merging import Trees
from portal.scaffolder.updating.merging import is_same
from portal.scaffolder.updating.merging import merge_trees
from portal.scaffolder.updating.merging import moved
from portal.scaffolder.updating.merging import moves_of
from portal.scaffolder.workspace.patterns import matching
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import Tree
from portal.scm.commit import NewCommit
from portal.scm.merging.listing import Listed
from portal.scm.merging.listing import files_of
from portal.scm.merging.listing import read
from portal.scm.merging.three_way import MergeConflict
from portal.scm.merging.three_way import differences
from portal.scm.push import Outbox

#: The name of the file that a project is given in each of its folders.
_OWN = "added-by-the-project.txt"


@dataclass(frozen=True, slots=True)
class UpdatedProject:
    """A project after an update, in an outbox.

    Attributes:
        files: Its files, without the note.
        conflicts: Where both sides changed the same.
        changed: The number of files that the update changed.
    """

    files: Mapping[str, Listed]
    conflicts: tuple[MergeConflict, ...]
    changed: int

    def read(self, outbox: Outbox) -> dict[str, File]:
        """Return the content of its files.

        Raises:
            SourceError: When git fails.
        """
        return {path: _read(outbox, listed) for path, listed in self.files.items()}


def _read(outbox: Outbox, listed: Listed) -> File:
    return File(read(outbox, listed), listed.mode == "100755")


def updated(outbox: Outbox, release: Release, made: Renderings, own: Tree) -> UpdatedProject:
    """Update a project in an outbox.

    Args:
        outbox: Where it is merged.
        release: The template, then and now.
        made: The files that are merged.
        own: What the project has besides.

    Raises:
        InputError: When a pattern of the template's rules will not do.
        SourceError: When git cannot merge them.
    """
    files = {**made.project, **own, PATH: File(made.notes[0])}
    head = outbox.write(NewCommit(files, "project", DEFAULT_AUTHOR, 0))
    trees = Trees(made.old, made.new, head, release.rules, release.migrations)
    merge = merge_trees(outbox, trees).merge
    found = files_of(outbox, merge.tree)
    without_note = {path: one for path, one in found.items() if path != PATH}
    changed = len(differences(outbox, head, merge.tree))
    return UpdatedProject(without_note, merge.conflicts, changed)


def expected_files(release: Release, made: Renderings) -> dict[str, File]:
    """Return what an untouched project should have after an update.

    That is what the template makes now; what is made once is as it was, at the place to which
    migrations move it.

    Raises:
        InputError: When a pattern of the template's rules will not do.
    """
    moves = moves_of(release.migrations)
    before = {moved(path, moves): file for path, file in made.project.items()}
    once = matching(release.rules.once, {*before, *made.fresh})
    stays = {path: file for path, file in before.items() if path in once}
    return {**made.fresh, **stays}


def update_findings(
    outbox: Outbox, place: str, after: UpdatedProject, expected: Tree
) -> Iterator[RuleViolation]:
    """Yield the conflicts of an update; without any, the files that are not as expected."""
    for conflict in after.conflicts:
        words = f"{conflict.kind}: {', '.join(conflict.paths)}"
        yield RuleViolation("conflict", place, words, (conflict.message,))
    if after.conflicts:
        return
    for path in sorted({*after.files, *expected}):
        listed, file = after.files.get(path), expected.get(path)
        if file is None or not is_same(file, listed):
            there = {path: _read(outbox, listed)} if listed else {}
            detail = tuple(tree_diff({path: file} if file else {}, there))
            yield RuleViolation("update", place, f"{path} {_word(file, listed)}", detail)


def _word(expected: File | None, found: Listed | None) -> str:
    if found is None:
        return "is missing after the update"
    return "is not as it should be after the update" if expected else "should be gone"


def own_findings(
    outbox: Outbox, place: str, release: Release, made: Renderings, expected: Tree
) -> Iterator[RuleViolation]:
    """Yield what becomes of a project that has a file of its own in every folder."""
    own = _own_files({*made.project, *made.new, *expected}, made.project)
    moves = moves_of(release.migrations)
    there = {moved(path, moves): file for path, file in own.items()}
    after = updated(outbox, release, made, own)
    for found in update_findings(outbox, place, after, {**expected, **there}):
        yield RuleViolation("own-file", place, found.message, found.detail)


def _own_files(taken: set[str], project: Tree) -> dict[str, File]:
    """Return a file for every folder of a project, where there is none of that path."""
    folders = {folder for path in project for folder in PurePosixPath(path).parents}
    paths = sorted(str(folder / _OWN) for folder in folders)
    return {path: File(f"{path}\n".encode()) for path in paths if path not in taken}
