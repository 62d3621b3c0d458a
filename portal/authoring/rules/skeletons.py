"""The skeletons a template renders: their files, and the values they read."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from portal.authoring.finding import RuleViolation
from portal.authoring.folder import TemplateFolder
from portal.authoring.rules.references import Reading
from portal.authoring.rules.references import readings
from portal.kernel.json_text import Json
from portal.scaffolder.expressions.statements import parse_template
from portal.scaffolder.expressions.syntax import Delimiters
from portal.scaffolder.expressions.syntax import TemplateError
from portal.scaffolder.expressions.syntax import TemplateLimitError
from portal.scaffolder.forms.template import Step
from portal.scaffolder.workspace.file_text import is_binary
from portal.scaffolder.workspace.file_text import read_text
from portal.scaffolder.workspace.file_text import why_not_rendered
from portal.scaffolder.workspace.patterns import matching
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import Tree

_RENDERING = frozenset({"fetch:template", "fetch:template:file"})
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}")
_PLACE = re.compile(r"^Template error at line (\d+), column (\d+): ")
#: Variables of skeletons besides their values.
_GIVEN = frozenset({"portalUrl"})


@dataclass(frozen=True)
class SkeletonUse:
    """A step that renders files.

    Attributes:
        step: The index of the step in the template.
        files: The files it renders or copies, by path in the template's folder.
        rendered: The paths of files whose content is rendered.
        values: The names of the values it passes.
        root: The variable that has them: ``values`` or ``cookiecutter``.
        delimiters: The delimiters of expressions.
        is_open: Whether it may pass values whose names are not in the template.
    """

    step: int
    files: Tree
    rendered: frozenset[str]
    values: tuple[str, ...]
    root: str
    delimiters: Delimiters
    is_open: bool

    @cached_property
    def _read(self) -> tuple[list[tuple[str, str, Reading]], list[RuleViolation]]:
        """The readings, each with file and source, and the parse errors."""
        found: list[tuple[str, str, Reading]] = []
        faults: list[RuleViolation] = []
        for path, source in self._sources():
            try:
                body = parse_template(source, self.delimiters)
            except (TemplateError, TemplateLimitError) as error:
                place = ":".join((path, *_position(error.message)))
                faults.append(RuleViolation("expression", place, _PLACE.sub("", error.message)))
                continue
            found += [(path, source, reading) for reading in readings(body)]
        return found, faults

    def _sources(self) -> Iterator[tuple[str, str]]:
        """Yield the rendered texts: paths and contents, each with the file's path."""
        for path, file in sorted(self.files.items()):
            yield path, path
            found = read_text(file.data) if path in self.rendered else None
            if found and not is_binary(file.data):
                yield path, found.text

    def unrendered(self) -> Iterator[tuple[str, str]]:
        """Yield the files whose content cannot be rendered, each with the reason."""
        for path in sorted(self.rendered):
            if reason := why_not_rendered(self.files[path].data, self.delimiters.opening):
                yield path, reason

    @property
    def faults(self) -> list[RuleViolation]:
        """The parse errors."""
        return self._read[1]

    @cached_property
    def used(self) -> frozenset[str]:
        """The names of values that are read; all names where that is not known."""
        if not self.files:
            return frozenset(self.values)
        mine = {reading.member for _, _, reading in self._read[0] if reading.name == self.root}
        return frozenset(self.values) if "" in mine else frozenset(mine)

    def unknown(self) -> Iterator[tuple[str, str]]:
        """Yield place and name of values that are read but not passed."""
        for path, source, reading in self._read[0]:
            place = f"{path}:{_line_and_column(source, reading.at)}"
            if reading.name == self.root:
                is_given = not reading.member or reading.member in self.values or self.is_open
                if not is_given:
                    yield place, f"{self.root}.{reading.member}"
            elif reading.name not in _GIVEN:
                yield place, reading.name


def skeletons(template: TemplateFolder) -> Iterator[SkeletonUse]:
    """Yield the rendering steps of a template, without those that fetch from elsewhere."""
    for index, step in enumerate(template.spec.steps):
        if step.action in _RENDERING:
            yield _use(index, step, template.files)


def _use(index: int, step: Step, files: Tree) -> SkeletonUse:
    given = step.input
    is_cookiecutter = bool(given.get("cookiecutterCompat"))
    values = given.get("values", {})
    is_file = step.action == "fetch:template:file"
    chosen = _chosen(str(given.get("url", "")), files, is_file=is_file)
    delimiters = Delimiters(
        "{{" if is_cookiecutter else "${{",
        bool(given.get("trimBlocks")),
        bool(given.get("lstripBlocks")),
    )
    return SkeletonUse(
        index,
        {path: file for paths in chosen.values() for path, file in paths.items()},
        frozenset(p for root, paths in chosen.items() for p in _rendered(root, paths, given)),
        tuple(values) if isinstance(values, Mapping) else (),
        "cookiecutter" if is_cookiecutter else "values",
        delimiters,
        not isinstance(values, Mapping),
    )


def _chosen(url: str, files: Tree, *, is_file: bool) -> dict[str, dict[str, File]]:
    """Return the folders that an address may name, each with its files by full path."""
    folder = posixpath.normpath(_EXPRESSION.sub("*", url)).strip("/")
    if "://" in url or folder.startswith(".."):
        return {}
    if folder == ".":
        return {"": dict(files)}
    pattern = re.compile("[^/]*".join(map(re.escape, folder.split("*"))))
    found: dict[str, dict[str, File]] = {}
    for path, file in files.items():
        match = pattern.match(path)
        if match is None or path[match.end() : match.end() + 1] not in ("", "/"):
            continue
        if (match.end() == len(path)) == is_file:
            found.setdefault(match.group() if not is_file else "", {})[path] = file
    return found


def _rendered(root: str, paths: Mapping[str, File], given: Mapping[str, Json]) -> Iterator[str]:
    """Yield the paths of files whose content is rendered, by the step's input."""
    extension = given.get("templateFileExtension") or ""
    ending = ".njk" if extension is True else str(extension)
    inner = {path[len(root) :].lstrip("/"): path for path in paths}
    verbatim = given.get("copyWithoutTemplating")
    patterns = [one for one in verbatim if isinstance(one, str)] if verbatim else []
    copied = matching(patterns, list(inner))
    yield from (
        path for name, path in inner.items() if name not in copied and name.endswith(ending)
    )


def _position(message: str) -> tuple[str, ...]:
    found = _PLACE.match(message)
    return found.groups() if found else ()


def _line_and_column(source: str, at: int) -> str:
    line = source.count("\n", 0, at) + 1
    return f"{line}:{at - source.rfind(chr(10), 0, at)}"
