"""Rust's Cargo.toml and Cargo.lock."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

from portal.evidence.finding import Scope
from portal.evidence.manifests.dependency import Dependency
from portal.evidence.manifests.dependency import ReadOther
from portal.evidence.manifests.dependency import dependency
from portal.evidence.manifests.dependency import line_of

_TABLES = {
    "dependencies": Scope.RUNTIME,
    "dev-dependencies": Scope.TEST,
    "build-dependencies": Scope.DEVELOPMENT,
}


def manifest(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the dependencies of a ``Cargo.toml``, those of its targets too."""
    document = _toml(text)
    targets = document.get("target")
    parts = [document, *(targets.values() if isinstance(targets, dict) else ())]
    for part in parts:
        for table, scope in _TABLES.items():
            several = part.get(table) if isinstance(part, dict) else None
            for name, value in several.items() if isinstance(several, dict) else ():
                about = value if isinstance(value, dict) else {"version": value}
                version = about.get("version")
                narrowed = scope.narrowed(Scope.OPTIONAL) if about.get("optional") else scope
                real = about.get("package", name)
                known = version if isinstance(version, str) else ""
                yield from dependency("cargo", str(real), line_of(text, name), known, narrowed)


def lock(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the packages of a ``Cargo.lock``."""
    packages = _toml(text).get("package")
    for package in packages if isinstance(packages, list) else ():
        if isinstance(package, dict) and isinstance(package.get("name"), str):
            line = line_of(text, f'name = "{package["name"]}"')
            version = str(package.get("version", ""))
            yield from dependency("cargo", package["name"], line, version, is_direct=False)


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None
