"""Manifests and locks of Python: requirements, pyproject.toml, setup.cfg, Pipfile, pylock."""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement

from portal.evidence.finding import Scope
from portal.evidence.manifests.dependency import Dependency
from portal.evidence.manifests.dependency import ReadOther
from portal.evidence.manifests.dependency import dependency
from portal.evidence.manifests.dependency import line_of

_TESTS = re.compile(r"(?i)(?:^|[-_./])tests?(?:ing)?(?:$|[-_./])")
_DEVELOPMENT = re.compile(
    r"(?i)(?:^|[-_./])(?:dev|develop|development|lint|docs?|typing|types|ci|build|local)(?:$|[-_./])"
)


def scope_of_group(name: str, otherwise: Scope = Scope.OPTIONAL) -> Scope:
    """Return the scope of a group of dependencies by its name: an extra, a group, a file."""
    if _TESTS.search(name):
        return Scope.TEST
    return Scope.DEVELOPMENT if _DEVELOPMENT.search(name) else otherwise


def _required(text: str, line: int | Callable[[], int], scope: Scope) -> Iterator[Dependency]:
    try:
        found = Requirement(text)
    except InvalidRequirement:
        name = re.match(r"[A-Za-z0-9][\w.\-]*", text.strip())
        if name and not re.match(r"[\w.+-]+:", text):
            yield from dependency("pypi", name[0], line, "", scope)
        return
    if found.marker and "extra ==" in str(found.marker):
        scope = scope.narrowed(Scope.OPTIONAL)
    pinned = [one.version for one in found.specifier if one.operator == "=="]
    yield from dependency("pypi", found.name, line, pinned[0] if pinned else "", scope)


def requirements(text: str, path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield what a requirements file lists; files it refers to are read by themselves."""
    scope = scope_of_group(
        path.rpartition("/")[2].removesuffix(".txt").removesuffix(".in"), Scope.RUNTIME
    )
    line, joined, first = 0, "", 0
    for written in text.splitlines():
        line += 1
        if not joined:
            first = line
        joined += re.sub(r"(?:^|\s)#.*$", "", written).rstrip()
        if joined.endswith("\\"):
            joined = joined[:-1] + " "
            continue
        one, joined = joined.strip(), ""
        egg = re.search(r"#egg=([\w.\-]+)", written)
        if egg:
            one = egg[1]
        if one and not one.startswith(("-", "#", ".", "/")):
            yield from _required(re.split(r"\s--\w", one)[0], first, scope)


def pyproject(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the dependencies of PEP 621, PEP 735, Poetry, PDM and uv."""
    document = _toml(text)
    project = _table(document, "project")
    build = text.find("[build-system]") + 1 if text.lstrip().startswith("[build-system]") else 0
    yield from _listed(text, project.get("dependencies"), Scope.RUNTIME, build)
    for name, extra in _table(project, "optional-dependencies").items():
        yield from _listed(text, extra, scope_of_group(name))
    for name, group in _table(document, "dependency-groups").items():
        yield from _listed(text, group, scope_of_group(name, Scope.DEVELOPMENT))
    tool = _table(document, "tool")
    yield from _listed(text, _table(tool, "uv").get("dev-dependencies"), Scope.DEVELOPMENT)
    for group in _table(tool, "pdm", "dev-dependencies").values():
        yield from _listed(text, group, Scope.DEVELOPMENT)
    poetry = _table(tool, "poetry")
    yield from _poetry(text, poetry.get("dependencies"), Scope.RUNTIME)
    yield from _poetry(text, poetry.get("dev-dependencies"), Scope.DEVELOPMENT)
    for name, group in _table(poetry, "group").items():
        if isinstance(group, dict):
            scope = scope_of_group(
                name, Scope.DEVELOPMENT if group.get("optional") else Scope.RUNTIME
            )
            yield from _poetry(text, group.get("dependencies"), scope)


def _listed(text: str, several: Any, scope: Scope, start: int = 0) -> Iterator[Dependency]:
    for one in several if isinstance(several, list) else ():
        if isinstance(one, str):
            name = re.match(r"\s*[\w.\-]+", one)
            yield from _required(one, line_of(text, name[0].strip() if name else one, start), scope)


def _poetry(text: str, several: Any, scope: Scope) -> Iterator[Dependency]:
    for name, value in several.items() if isinstance(several, dict) else ():
        if name.lower() == "python":
            continue
        is_optional = isinstance(value, dict) and value.get("optional") is True
        version = value.get("version", "") if isinstance(value, dict) else value
        known = version if isinstance(version, str) and re.fullmatch(r"[\d.]+", version) else ""
        narrowed = scope.narrowed(Scope.OPTIONAL) if is_optional else scope
        yield from dependency("pypi", name, line_of(text, name), known, narrowed)


def lock(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the packages of ``uv.lock``, ``poetry.lock``, ``pdm.lock`` and ``pylock.toml``."""
    document = _toml(text)
    packages = document.get("packages") or document.get("package")
    for package in packages if isinstance(packages, list) else ():
        if isinstance(package, dict) and isinstance(package.get("name"), str):
            line = line_of(text, f'name = "{package["name"]}"')
            version = package.get("version")
            scope = Scope.DEVELOPMENT if package.get("category") == "dev" else Scope.RUNTIME
            version = version if isinstance(version, str) else ""
            yield from dependency("pypi", package["name"], line, version, scope, is_direct=False)


def pipfile(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the dependencies of a ``Pipfile``."""
    document = _toml(text)
    yield from _poetry(text, document.get("packages"), Scope.RUNTIME)
    yield from _poetry(text, document.get("dev-packages"), Scope.DEVELOPMENT)


def setup_cfg(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the dependencies that ``setup.cfg`` declares for setuptools."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    listed = parser.get("options", "install_requires", fallback="")
    yield from _lines(text, listed, Scope.RUNTIME)
    if parser.has_section("options.extras_require"):
        for name, value in parser.items("options.extras_require"):
            yield from _lines(text, value, scope_of_group(name))


def _lines(text: str, listed: str, scope: Scope) -> Iterator[Dependency]:
    for one in listed.splitlines():
        if name := re.match(r"\s*([A-Za-z][\w.\-]*)", one):
            yield from _required(one, line_of(text, name[1]), scope)


_SETUP = re.compile(r"install_requires\s*=\s*\[([^\]]*)\]")


def setup_py(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the texts of a literal ``install_requires`` of ``setup.py``."""
    for match in _SETUP.finditer(text):
        for one in re.finditer(r"[\"']([^\"'\n]+)[\"']", match[1]):
            line = text.count("\n", 0, match.start(1) + one.start()) + 1
            yield from _required(one[1], line, Scope.RUNTIME)


def conda(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the packages of an environment of conda, as those of PyPI of the same name."""
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(
            r"\s*-\s+['\"]?(?:[\w-]+::)?([A-Za-z][\w.\-]*)\s*(?:[=<>!~\[ ]|['\"]?$)", line
        ):
            yield from dependency("pypi", match[1], number)


def _toml(text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None


def _table(document: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """Return a table of a document; an empty one when there is something else."""
    for name in names:
        found = document.get(name)
        document = found if isinstance(found, dict) else {}
    return document
