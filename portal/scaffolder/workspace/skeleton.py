"""A skeleton (a folder of templates) and values to files, as ``fetch:template`` does it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.engine import Engine
from portal.scaffolder.expressions.syntax import Delimiters
from portal.scaffolder.expressions.syntax import TemplateError
from portal.scaffolder.expressions.syntax import TemplateLimitError
from portal.scaffolder.language.extensions import KNOWN
from portal.scaffolder.language.extensions import Extensions
from portal.scaffolder.workspace.file_text import is_binary
from portal.scaffolder.workspace.file_text import read_text
from portal.scaffolder.workspace.file_text import why_not_rendered
from portal.scaffolder.workspace.patterns import matching
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import Tree
from portal.scaffolder.workspace.tree import folders
from portal.scaffolder.workspace.tree import inside


@dataclass(frozen=True, slots=True)
class SkeletonOptions:
    """How a skeleton is rendered.

    Args:
        verbatim: Glob patterns of files whose content is copied unrendered.
        extension: File extension of templates, removed in the target; empty renders all files.
        cookiecutter: Whether the skeleton was written for cookiecutter.
        trim_blocks: See ``Delimiters``.
        lstrip_blocks: See ``Delimiters``.
    """

    verbatim: tuple[str, ...] = ()
    extension: str = ""
    cookiecutter: bool = False
    trim_blocks: bool = False
    lstrip_blocks: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered file of a skeleton.

    Attributes:
        source: Its path in the skeleton.
        path: Its path in the workspace's folder.
        file: Its content and mode.
        reason: Why its content was copied unrendered, although it was to be rendered.
    """

    source: str
    path: str
    file: File
    reason: str = ""


def engine_of(options: SkeletonOptions, extensions: Extensions = KNOWN) -> Engine:
    """Return the engine that renders a skeleton with these options."""
    opening = "{{" if options.cookiecutter else "${{"
    delimiters = Delimiters(opening, options.trim_blocks, options.lstrip_blocks)
    filters = {} if options.cookiecutter else extensions.filters
    return Engine(filters, {}, delimiters, options.cookiecutter)


def context_of(options: SkeletonOptions, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables of a skeleton's templates: the values, and nothing else."""
    return {"cookiecutter" if options.cookiecutter else "values": values}


class Skeleton:
    """A folder of templates and the values to render it with.

    Args:
        files: The folder's files.
        options: How it is rendered.
        values: The values of its templates.
        budget: The limits for all of its files together.
        extensions: Filters and values in addition to the language's own.
    """

    def __init__(
        self,
        files: Tree,
        options: SkeletonOptions,
        values: Mapping[str, Any],
        budget: Budget,
        extensions: Extensions = KNOWN,
    ) -> None:
        self._files = files
        self._options = options
        self._engine = engine_of(options, extensions)
        self._context = {**extensions.values, **context_of(options, values)}
        self._budget = budget
        self.folders = sorted(folders(files))
        names = [*sorted(files), *(f"{folder}/" for folder in self.folders)]
        #: The paths of files and folders; those of folders end with a slash.
        self.names = names
        #: The paths whose content is copied unrendered.
        self.verbatim = sorted(matching(options.verbatim, names))

    def rendered_folders(self, is_wanted: Callable[[str], bool]) -> list[str]:
        """Return the paths, in the skeleton, of the folders that are created.

        Args:
            is_wanted: Whether the folder of a target path is; asked for each, parents first.
        """
        targets = ((folder, self.target(f"{folder}/")) for folder in self.folders)
        return [folder for folder, path in targets if path and is_wanted(path)]

    def files(self, is_wanted: Callable[[str], bool]) -> Iterator[Rendered]:
        """Yield the rendered files.

        Args:
            is_wanted: Whether the file of a target path is written; asked once for each.

        Raises:
            TemplateError: When a file or its path cannot be rendered.
            NotAllowedError: When a path leaves the folder.
        """
        verbatim = frozenset(self.verbatim)
        for source, file in sorted(self._files.items()):
            path = self.target(source)
            if path and is_wanted(path):
                if source in verbatim or not self._has_extension(source):
                    yield Rendered(source, path, file)
                else:
                    yield Rendered(source, path, *self.content(source, file))

    def _has_extension(self, path: str) -> bool:
        extension = self._options.extension
        return not extension or extension_of(path) == extension

    def target(self, source: str) -> str:
        """Return the rendered target path of a file or folder; empty when it is left out."""
        extension = self._options.extension
        is_template = extension and self._has_extension(source)
        name = source[: -len(extension)] if is_template else source
        with naming_file(source):
            path = self._engine.render(name, self._context, self._budget)
        if not path or path.startswith("/") or "//" in path:
            return ""
        return inside(path)

    def content(self, source: str, file: File) -> tuple[File, str]:
        """Return a file with its content rendered, and the reason if it was not.

        Args:
            source: The file's path, for errors.
            file: The file.

        Raises:
            TemplateError: When it cannot be rendered; the message names the file.
        """
        found = None if is_binary(file.data) else read_text(file.data)
        if found is None:
            return file, why_not_rendered(file.data, self._engine.delimiters.opening)
        with self._budget.part() as budget, naming_file(source):
            rendered = self._engine.render(found.text, self._context, budget)
        return File(found.encode(rendered), file.is_executable), ""


def extension_of(path: str) -> str:
    """Return what Node calls a file's extension: the last dot of its name and what follows."""
    name = path.rpartition("/")[2]
    dot = name.rfind(".")
    return name[dot:] if dot > 0 and name != ".." else ""


@contextmanager
def naming_file(source: str) -> Iterator[None]:
    """Prefix the messages of template errors with the file's path."""
    try:
        yield
    except (TemplateError, TemplateLimitError) as error:
        raise type(error)(f"{source}: {error.message}") from None
