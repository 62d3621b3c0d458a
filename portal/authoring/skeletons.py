"""What a template renders: the files of its skeletons, and the values they read."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from portal.authoring.finding import Finding
from portal.authoring.folder import TemplateFolder
from portal.authoring.references import Reading
from portal.authoring.references import readings
from portal.scaffolder.expressions.statements import parse_template
from portal.scaffolder.expressions.syntax import Delimiters
from portal.scaffolder.expressions.syntax import TemplateError
from portal.scaffolder.expressions.syntax import TemplateLimitError
from portal.scaffolder.patterns import matching
from portal.scaffolder.skeleton import is_binary
from portal.scaffolder.template import Step
from portal.scaffolder.tree import File
from portal.scaffolder.tree import Tree

Json = Any
_RENDERING = frozenset({"fetch:template", "fetch:template:file"})
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}")
_PLACE = re.compile(r"^Template error at line (\d+), column (\d+): ")
#: What skeletons see beside their values.
_GIVEN = frozenset({"portalUrl"})


@dataclass(frozen=True)
class SkeletonUse:
    """A step that renders files.

    Attributes:
        step: Which step of the template, from 0.
        files: What it renders or copies, by path in the template's folder.
        rendered: Those whose content is rendered.
        values: The values it gives; what they are is not known before it runs.
        root: How skeletons call them: ``values`` or ``cookiecutter``.
        delimiters: How they mark expressions.
        is_open: Whether values may be given that cannot be seen in the template.
    """

    step: int
    files: Tree
    rendered: frozenset[str]
    values: tuple[str, ...]
    root: str
    delimiters: Delimiters
    is_open: bool

    @cached_property
    def _read(self) -> tuple[list[tuple[str, str, Reading]], list[Finding]]:
        """What is read, each with file and source, and what cannot be parsed."""
        found: list[tuple[str, str, Reading]] = []
        faults: list[Finding] = []
        for path, source in self._sources():
            try:
                body = parse_template(source, self.delimiters)
            except (TemplateError, TemplateLimitError) as error:
                place = ":".join((path, *_position(error.message)))
                faults.append(Finding("expression", place, _PLACE.sub("", error.message)))
                continue
            found += [(path, source, reading) for reading in readings(body)]
        return found, faults

    def _sources(self) -> Iterator[tuple[str, str]]:
        """Yield what is rendered: names, and contents."""
        for path, file in sorted(self.files.items()):
            yield path, path
            if path in self.rendered and not is_binary(file.data):
                yield path, file.data.decode("utf-8", "replace")

    @property
    def faults(self) -> list[Finding]:
        """What cannot be parsed."""
        return self._read[1]

    @cached_property
    def used(self) -> frozenset[str]:
        """The values that are read; all of them where it cannot be seen."""
        if not self.files:
            return frozenset(self.values)
        mine = {reading.member for _, _, reading in self._read[0] if reading.name == self.root}
        return frozenset(self.values) if "" in mine else frozenset(mine)

    def unknown(self) -> Iterator[tuple[str, str]]:
        """Yield what is read but not given: where, and how it is called."""
        for path, source, reading in self._read[0]:
            place = f"{path}:{_line_and_column(source, reading.at)}"
            if reading.name == self.root:
                is_given = not reading.member or reading.member in self.values or self.is_open
                if not is_given:
                    yield place, f"{self.root}.{reading.member}"
            elif reading.name not in _GIVEN:
                yield place, reading.name


def skeletons(template: TemplateFolder) -> Iterator[SkeletonUse]:
    """Yield what each rendering step of a template renders; addresses elsewhere are not read."""
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
    """Return the folders an address may mean, each with its files by whole path."""
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
    """Yield the files whose content is rendered, by what the step's input says."""
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
