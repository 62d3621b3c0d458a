"""Skeleton files and values to files: what ``fetch:template`` does to a folder."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.engine import Engine
from portal.scaffolder.expressions.syntax import Delimiters
from portal.scaffolder.extensions import KNOWN
from portal.scaffolder.extensions import Extensions
from portal.scaffolder.patterns import matching
from portal.scaffolder.tree import File
from portal.scaffolder.tree import Tree
from portal.scaffolder.tree import folders
from portal.scaffolder.tree import inside

_HEAD = 512
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class SkeletonOptions:
    """How a skeleton is rendered.

    Args:
        verbatim: Patterns of files whose content is copied as it is.
        extension: Of files whose content is rendered; empty renders every file.
        replace: Whether files that are there already are written again.
        cookiecutter: Whether the skeleton was written for cookiecutter.
        trim_blocks: See ``Delimiters``.
        lstrip_blocks: See ``Delimiters``.
    """

    verbatim: tuple[str, ...] = ()
    extension: str = ""
    replace: bool = False
    cookiecutter: bool = False
    trim_blocks: bool = False
    lstrip_blocks: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """A file of a skeleton, rendered: where it came from and where it goes."""

    source: str
    path: str
    file: File


def engine_of(options: SkeletonOptions, extensions: Extensions = KNOWN) -> Engine:
    """Return what renders a skeleton with these options."""
    opening = "{{" if options.cookiecutter else "${{"
    delimiters = Delimiters(opening, options.trim_blocks, options.lstrip_blocks)
    filters = {} if options.cookiecutter else extensions.filters
    return Engine(filters, {}, delimiters, options.cookiecutter)


def context_of(options: SkeletonOptions, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a skeleton's templates see of the step: the values, and nothing else."""
    return {"cookiecutter" if options.cookiecutter else "values": values}


class Skeleton:
    """A folder of templates, to be rendered once.

    Args:
        files: The folder's files.
        options: How it is rendered.
        values: What its templates see.
        budget: What all of its files together may take.
        extensions: Filters and values beside those of the language.
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
        #: Every file and folder, a folder with a slash behind it.
        self.names = names
        #: Those whose content is copied as it is.
        self.verbatim = sorted(matching(options.verbatim, names))

    def rendered_folders(self) -> list[str]:
        """Return the folders that are made, as they are called in the skeleton."""
        return [folder for folder in self.folders if self.target(f"{folder}/")]

    def files(self, is_there: Callable[[str], bool]) -> Iterator[Rendered]:
        """Yield the rendered files; those that are there are left out, unless replaced.

        Raises:
            TemplateError: When a file or its path cannot be rendered.
            NotAllowedError: When a path leaves the folder.
        """
        verbatim = frozenset(self.verbatim)
        for source, file in sorted(self._files.items()):
            path = self.target(source)
            if path and (self._options.replace or not is_there(path)):
                is_rendered = source not in verbatim and self._has_extension(source)
                yield Rendered(source, path, self.content(file) if is_rendered else file)

    def _has_extension(self, path: str) -> bool:
        return path.endswith(self._options.extension)

    def target(self, source: str) -> str:
        """Return where a file or folder goes; empty when it is left out."""
        extension = self._options.extension
        name = source[: -len(extension)] if extension and source.endswith(extension) else source
        path = self._engine.render(name, self._context, self._budget)
        if not path or path.startswith("/") or "//" in path:
            return ""
        return inside(path)

    def content(self, file: File) -> File:
        """Return a file with its content rendered; a binary one is left alone."""
        if is_binary(file.data):
            return file
        text = file.data.decode("utf-8", "replace")
        with self._budget.part() as budget:
            rendered = self._engine.render(text, self._context, budget)
        return File(rendered.encode("utf-8", "replace"), file.is_executable)


def is_binary(data: bytes) -> bool:
    """Say whether content is no text, going by its first bytes."""
    head = data[:_HEAD]
    if head.startswith(_BYTE_ORDER_MARKS):
        return False
    if b"\0" in head or head.startswith(b"%PDF-"):
        return True
    return _strange(head) * 10 > len(head)


def _strange(head: bytes) -> int:
    """Count the bytes that are neither printable nor part of UTF-8."""
    text = head.decode("utf-8", "surrogateescape")
    cut = len(head) == _HEAD
    tail = text[-3:] if cut else ""
    strange = sum(1 for char in text if 0xDC80 <= ord(char) <= 0xDCFF or _is_control(ord(char)))
    return strange - sum(0xDC80 <= ord(char) <= 0xDCFF for char in tail)


def _is_control(code: int) -> bool:
    return code < 7 or 14 < code < 32
