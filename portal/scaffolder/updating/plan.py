"""What an update would do: the value that the preview shows and the request tells."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from portal.integrations.clients.repository import Proposed
from portal.kernel.json_text import Json
from portal.scm.merging.three_way import FileChange
from portal.scm.merging.three_way import MergeConflict

#: Nothing to do; mergeable; mergeable with conflicts; answers are missing.
CURRENT, READY, CONFLICTS, QUESTIONS = "current", "ready", "conflicts", "questions"
_CHANGES = {"A": "added", "D": "removed", "R": "moved", "C": "added", "T": "changed"}
_MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Version:
    """A state of a template: its commit, and the version it says it has."""

    commit: str
    version: str = ""

    @property
    def name(self) -> str:
        """The version, or the beginning of the commit's id."""
        return self.version or self.commit[:12]

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON."""
        return {"commit": self.commit, **({"version": self.version} if self.version else {})}


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """What an update of one project would do, or did.

    Attributes:
        project: The ref of the project's entity.
        template: The ref of its template.
        before: The state of the template the project is at.
        after: The newest one.
        state: ``CURRENT``, ``READY``, ``CONFLICTS`` or ``QUESTIONS``.
        base: Whether the old files were ``rendered`` again, or had been ``kept``.
        branch: The branch of the change.
        target: The branch it changes.
        files: The changes of files.
        conflicts: Where both sides changed the same.
        questions: What the form asks that the project has no answer for.
        errors: Why the answers are not enough.
        once: Files that the template changed, but never updates.
        kept: Files that only the project changed.
        patch: The change as a patch; empty if it was not asked for.
        proposed: The pull request; ``None`` where there is none.
        notes: What else people should know.
    """

    project: str
    template: str
    before: Version
    after: Version
    state: str
    base: str = "rendered"
    branch: str = ""
    target: str = ""
    files: tuple[FileChange, ...] = ()
    conflicts: tuple[MergeConflict, ...] = ()
    questions: tuple[Mapping[str, Json], ...] = ()
    errors: tuple[Mapping[str, Json], ...] = ()
    once: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    patch: str = ""
    proposed: Proposed | None = None
    notes: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, Json]:
        """Return the plan as JSON."""
        request = self.proposed and {"number": self.proposed.number, "url": self.proposed.url}
        return {
            "project": self.project,
            "template": self.template,
            "from": self.before.to_json(),
            "to": self.after.to_json(),
            "state": self.state,
            "base": self.base,
            "branch": self.branch,
            "target": self.target,
            "files": [_change(one) for one in self.files],
            "conflicts": [
                {"kind": one.kind, "paths": list(one.paths), "message": one.message}
                for one in self.conflicts
            ],
            "questions": [dict(one) for one in self.questions],
            "errors": [dict(one) for one in self.errors],
            "leftAlone": {"once": list(self.once), "changedByProject": list(self.kept)},
            "request": request,
            "notes": list(self.notes),
            **({"patch": self.patch} if self.patch else {}),
        }


def branch_of(template: str, commit: str) -> str:
    """Return the branch of an update to a commit of a template, by the template's name."""
    return f"portal/update-{template}-{commit[:12]}"


def change_word(change: FileChange) -> str:
    """Return ``added``, ``changed``, ``moved`` or ``removed``."""
    return _CHANGES.get(change.status, "changed")


def _change(change: FileChange) -> dict[str, Json]:
    moved = {"before": change.before} if change.before else {}
    return {"path": change.path, "change": change_word(change), **moved}


def title_of(plan: UpdatePlan) -> str:
    """Return the title of the request, which is the message of its commit, too."""
    name = plan.template.rpartition("/")[2]
    return f"Update from template {name} to {plan.after.name}"


def description_of(plan: UpdatePlan) -> str:
    """Return the description of the request, in Markdown."""
    return "\n".join(_description(plan))


def _description(plan: UpdatePlan) -> Iterator[str]:
    yield f"The template `{plan.template}` that made this project has changed since."
    yield ""
    yield f"- from: `{plan.before.name}`"
    yield f"- to: `{plan.after.name}`"
    if plan.conflicts:
        yield ""
        yield "**Conflicts**: both the template and the project changed these. The branch has"
        yield "conflict markers where the file is text; decide, and remove them before merging."
        yield ""
        for one in plan.conflicts[:_MOST_SHOWN]:
            yield f"- {one.kind}: {', '.join(f'`{path}`' for path in one.paths)}"
    yield ""
    yield "**Files**"
    yield ""
    for change in plan.files[:_MOST_SHOWN]:
        yield f"- {change_word(change)}: `{change.path}`"
    if len(plan.files) > _MOST_SHOWN:
        yield f"- and {len(plan.files) - _MOST_SHOWN} more"
    yield ""
    yield "Lines that only the project changed are as they were. Whoever merges this decides."
