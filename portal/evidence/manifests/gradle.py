"""Gradle: literal coordinates of build files, version catalogs, lock files; sbt likewise."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from portal.evidence.finding import Scope
from portal.evidence.languages.source import without_comments
from portal.evidence.manifests.dependency import Dependency
from portal.evidence.manifests.dependency import ReadOther
from portal.evidence.manifests.dependency import dependency

_CATALOG = "gradle/libs.versions.toml"
#: ``implementation("group:name:version")``, also inside of ``platform(…)``.
_COORDINATES = re.compile(
    r"""(?x) (?<![\w.]) (?P<configuration>[A-Za-z]\w*) \s* \(? \s*
        (?: (?:platform|enforcedPlatform|libs\.\w+) \s*\(\s* )? ["']
        (?P<name>[\w.\-]+:[\w.\-]+) (?: :(?P<version>[\w.\-+${}]+) )? (?:@\w+)? ["']"""
)
_MAP = re.compile(
    r"(?<![\w.])(?P<configuration>[A-Za-z]\w*)\s*\(?\s*group\s*[:=]\s*[\"'](?P<group>[\w.\-]+)[\"']\s*,"
    r"\s*name\s*[:=]\s*[\"'](?P<name>[\w.\-]+)[\"']"
)
_ACCESSOR = re.compile(r"(?<![\w.])(?P<configuration>[A-Za-z]\w*)\s*\(?\s*libs\.(?P<alias>[\w.]+)")
#: Names of configurations end with these; a custom one begins with its source set.
_CONFIGURATION = re.compile(
    r"(?i)^(?:\w*(?:implementation|api|compile|compileOnly|runtime|runtimeOnly|annotationProcessor"
    r"|classpath|kapt|ksp|developmentOnly|include|shadow|bundle|modImplementation))$"
)


def build(text: str, _path: str, read: ReadOther) -> Iterator[Dependency]:
    """Yield the dependencies of ``build.gradle`` and ``build.gradle.kts``."""
    bare = without_comments(text, "javascript")
    for match in (*_COORDINATES.finditer(bare), *_MAP.finditer(bare)):
        configuration = match["configuration"]
        if not _CONFIGURATION.match(configuration):
            continue
        members = match.groupdict()
        name = f"{members['group']}:{match['name']}" if "group" in members else match["name"]
        version = members.get("version") or ""
        version = "" if "$" in version else version
        yield from dependency("maven", name, _line(text, match), version, _scope(configuration))
    yield from _by_catalog(text, bare, read)


def _by_catalog(text: str, bare: str, read: ReadOther) -> Iterator[Dependency]:
    uses = list(_ACCESSOR.finditer(bare))
    written = read(_CATALOG) if uses else None
    if written is None:
        return
    try:
        catalog = tomllib.loads(written)
    except tomllib.TOMLDecodeError:
        return
    for match in uses:
        if not _CONFIGURATION.match(match["configuration"]):
            continue
        for name, version in _aliased(catalog, match["alias"].removesuffix(".get")):
            scope = _scope(match["configuration"])
            yield from dependency("maven", name, _line(text, match), version, scope)


def _aliased(catalog: dict[str, Any], alias: str) -> Iterator[tuple[str, str]]:
    """Yield names and versions of a library of a catalog, or of all of a bundle."""
    libraries = {re.sub(r"[-_]", ".", key): value for key, value in _of(catalog, "libraries")}
    if alias.startswith("bundles."):
        bundles = {re.sub(r"[-_]", ".", key): value for key, value in _of(catalog, "bundles")}
        names = bundles.get(alias.removeprefix("bundles."), [])
        for name in names if isinstance(names, list) else ():
            yield from _library(catalog, libraries.get(re.sub(r"[-_]", ".", str(name))))
    else:
        yield from _library(catalog, libraries.get(alias))


def _library(catalog: dict[str, Any], library: Any) -> Iterator[tuple[str, str]]:
    if isinstance(library, str):
        group, _, rest = library.partition(":")
        name, _, literal = rest.partition(":")
        yield f"{group}:{name}", literal
    elif isinstance(library, dict):
        module = library.get("module") or f"{library.get('group')}:{library.get('name')}"
        version: Any = library.get("version")
        if isinstance(version, dict):
            version = dict(_of(catalog, "versions")).get(str(version.get("ref")))
        yield str(module), version if isinstance(version, str) else ""


def _of(catalog: dict[str, Any], table: str) -> list[tuple[str, Any]]:
    found = catalog.get(table)
    return list(found.items()) if isinstance(found, dict) else []


def lockfile(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the modules of a ``gradle.lockfile``."""
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r"([\w.\-]+:[\w.\-]+):([^=\s]+)=(.*)", line):
            scopes = {_scope(one) for one in match[3].split(",")}
            scope = min(scopes, key=list(Scope).index)
            yield from dependency("maven", match[1], number, match[2], scope, is_direct=False)


_SBT = re.compile(
    r"\"([\w.\-]+)\"\s*%{1,3}\s*\"([\w.\-]+)\"\s*%\s*(?:\"([^\"]+)\"|[\w.]+)(\s*%\s*(?:\"test\"|Test\b))?"
)


def sbt(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the literal modules of ``build.sbt``, without the suffix of Scala's version."""
    bare = without_comments(text, "javascript")
    for match in _SBT.finditer(bare):
        scope = Scope.TEST if match[4] else Scope.RUNTIME
        name = f"{match[1]}:{match[2]}"
        yield from dependency("maven", name, _line(text, match), match[3] or "", scope)


def _scope(configuration: str) -> Scope:
    folded = configuration.casefold()
    if "test" in folded:
        return Scope.TEST
    is_tool = folded == "classpath" or "processor" in folded or folded in {"kapt", "ksp"}
    return Scope.DEVELOPMENT if is_tool or folded == "developmentonly" else Scope.RUNTIME


def _line(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1
