"""A trial as a page shows it: the tree of files, one of them, and what would be done outside."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from portal.kernel.json_text import Json
from portal.scaffolder.tasks.serving.trials import Trial
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import Tree
from portal.ui.creating.progress import StepView
from portal.ui.creating.progress import steps_of
from portal.ui.frame.highlight import highlighted

#: Larger files (in bytes) are shown to that length.
_MOST_SHOWN = 200_000
#: Files that are opened first, if they are there.
_FIRST = ("README.md", "README.ko.md", "catalog-info.yaml")
#: The beginnings of actions that change something outside of the files.
_OUTSIDE = ("publish:", "catalog:register", "github:", "gitlab:", "http:", "gitea:")


@dataclass(frozen=True, slots=True)
class Branch:
    """A file or a folder in the tree.

    Attributes:
        name: Its name.
        path: Its path.
        size: The bytes of a file.
        items: What is in a folder; ``None`` for a file.
    """

    name: str
    path: str
    size: int = 0
    items: tuple[Branch, ...] | None = None


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file of the tree that is shown.

    Attributes:
        path: Its path.
        size: Its bytes.
        is_executable: Whether it may be run.
        code: Its text, highlighted; ``None`` if it is not text.
        is_cut: Whether the text is only the beginning.
    """

    path: str
    size: int
    is_executable: bool
    code: Markup | None
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would do.

    Attributes:
        tree: The files.
        files: How many there are.
        size: Their bytes.
        opened: The file that is shown; ``None`` without files.
        steps: The steps with their logs.
        outside: The steps that would change something outside of the files.
        error: Why it would fail.
        output: The template's output.
    """

    tree: tuple[Branch, ...]
    files: int
    size: int
    opened: OpenFile | None
    steps: tuple[StepView, ...]
    outside: tuple[StepView, ...]
    error: str
    output: Mapping[str, Json]


def preview_of(trial: Trial, path: str) -> Preview:
    """Return a trial as a page shows it.

    Args:
        trial: The trial.
        path: The file to show; the most telling one if there is none of that name.
    """
    steps = steps_of(
        [{"id": step.id, "name": step.name, "action": step.action} for step in trial.steps],
        [{"body": body} for body in trial.log],
    )
    shown = path if path in trial.tree else _first(trial.tree)
    return Preview(
        tuple(_branches(trial.tree)),
        len(trial.tree),
        sum(len(file.data) for file in trial.tree.values()),
        _opened(shown, trial.tree[shown]) if shown else None,
        steps,
        tuple(s for s in steps if s.action.startswith(_OUTSIDE) and s.status != "skipped"),
        trial.error,
        trial.output,
    )


def _first(tree: Tree) -> str:
    return next((name for name in _FIRST if name in tree), min(tree, default=""))


def _opened(path: str, file: File) -> OpenFile:
    data = file.data[:_MOST_SHOWN]
    try:
        text = (
            None
            if b"\0" in data
            else data.decode("utf-8", "strict" if _is_whole(file) else "ignore")
        )
    except UnicodeDecodeError:
        text = None
    code = None if text is None else highlighted(text, path)
    return OpenFile(path, len(file.data), file.is_executable, code, not _is_whole(file))


def _is_whole(file: File) -> bool:
    return len(file.data) <= _MOST_SHOWN


def _branches(tree: Tree, above: str = "") -> Iterator[Branch]:
    """Yield folders, then files, each sorted by name."""
    start = f"{above}/" if above else ""
    inner = {path[len(start) :]: file for path, file in tree.items() if path.startswith(start)}
    folders = sorted({path.partition("/")[0] for path in inner if "/" in path})
    for name in folders:
        yield Branch(name, start + name, items=tuple(_branches(tree, start + name)))
    for name in sorted(path for path in inner if "/" not in path):
        yield Branch(name, start + name, len(inner[name].data))
