"""Manifests and locks of npm, yarn and pnpm."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from portal.evidence.finding import Scope
from portal.evidence.manifests.dependency import Dependency
from portal.evidence.manifests.dependency import ReadOther
from portal.evidence.manifests.dependency import dependency
from portal.evidence.manifests.dependency import line_of
from portal.kernel import yaml12

_MEMBERS = {
    "dependencies": Scope.RUNTIME,
    "peerDependencies": Scope.RUNTIME,
    "optionalDependencies": Scope.OPTIONAL,
    "devDependencies": Scope.DEVELOPMENT,
}
_VERSION = re.compile(r"^\d[\w.\-+]*$")


def package_json(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the dependencies of a ``package.json``; an alias is what it stands for."""
    document = _object(text)
    for member, scope in _MEMBERS.items():
        several = document.get(member)
        start = max(text.find(f'"{member}"'), 0)
        for name, version in several.items() if isinstance(several, dict) else ():
            if not isinstance(version, str):
                continue
            real = re.match(r"npm:(@?[^@]+)", version)
            known = version if _VERSION.match(version) else ""
            line = line_of(text, name, start)
            yield from dependency("npm", real[1] if real else name, line, known, scope)


def package_lock(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the packages of a ``package-lock.json`` or ``npm-shrinkwrap.json``."""
    document = _object(text)
    packages = document.get("packages")
    if not isinstance(packages, dict):
        older = document.get("dependencies")
        packages = older if isinstance(older, dict) else {}
    for path, package in packages.items():
        name = path.rpartition("node_modules/")[2]
        if name and isinstance(package, dict) and not package.get("link"):
            version = package.get("version")
            scope = Scope.DEVELOPMENT if package.get("dev") else Scope.RUNTIME
            scope = Scope.OPTIONAL if package.get("optional") else scope
            version = version if isinstance(version, str) else ""
            yield from dependency("npm", name, line_of(text, path), version, scope, is_direct=False)


_YARN = re.compile(r"^\"?(@?[^@\s\"]+)@", re.MULTILINE)


def yarn_lock(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the packages of a ``yarn.lock``, of the first Yarn or of a later one."""
    known: set[str] = set()
    for match in _YARN.finditer(text):
        if match[1] not in known:
            known.add(match[1])
            line = text.count("\n", 0, match.start()) + 1
            yield from dependency("npm", match[1], line, is_direct=False)


def pnpm_lock(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the packages of a ``pnpm-lock.yaml``."""
    document = yaml12.read_one(text.encode())
    packages = document.get("packages") if isinstance(document, dict) else None
    for key in packages if isinstance(packages, dict) else ():
        if match := re.match(r"/?(@?[^@(]+?)[@/](\d[^(]*)", key):
            yield from dependency("npm", match[1], line_of(text, key), match[2], is_direct=False)


def _object(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return document if isinstance(document, dict) else {}
