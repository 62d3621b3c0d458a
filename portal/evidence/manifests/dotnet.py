"""The project files of .NET: PackageReference, central versions, packages.config."""

from __future__ import annotations

import re
from collections.abc import Iterator

from portal.evidence.finding import Scope
from portal.evidence.manifests.dependency import Dependency
from portal.evidence.manifests.dependency import ReadOther
from portal.evidence.manifests.dependency import dependency
from portal.evidence.manifests.dependency import line_of
from portal.evidence.manifests.maven import parse_xml

_TEST_SDK = re.compile(r"(?i)Microsoft\.NET\.Test\.Sdk|<IsTestProject>\s*true")


def project(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the packages of a ``*.csproj`` or of a ``Directory.Build.props``."""
    scope = Scope.TEST if _TEST_SDK.search(text) else Scope.RUNTIME
    for element in parse_xml(text).iter("PackageReference"):
        name = element.get("Include") or element.get("Update") or ""
        version = element.get("Version") or element.findtext("Version") or ""
        is_tool = (element.get("PrivateAssets") or element.findtext("PrivateAssets") or "") == "all"
        when = scope.narrowed(Scope.DEVELOPMENT) if is_tool else scope
        yield from dependency("nuget", name, line_of(text, name), _plain(version), when)


def central(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the versions of ``Directory.Packages.props``: shared, so nobody's in particular."""
    for element in parse_xml(text).iter("PackageVersion"):
        name = element.get("Include") or ""
        version = _plain(element.get("Version") or "")
        yield from dependency("nuget", name, line_of(text, name), version, is_direct=False)


def packages(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the packages of a ``packages.config``."""
    for element in parse_xml(text).iter("package"):
        name, version = element.get("id") or "", element.get("version") or ""
        is_tool = element.get("developmentDependency") == "true"
        scope = Scope.DEVELOPMENT if is_tool else Scope.RUNTIME
        yield from dependency("nuget", name, line_of(text, name), version, scope)


def _plain(version: str) -> str:
    return version if re.fullmatch(r"[\w.\-+]+", version) else ""
