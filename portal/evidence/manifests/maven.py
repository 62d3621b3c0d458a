"""Maven's pom.xml, with parents and properties of the same repository."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element  # a type: defusedxml parses  # nosec B405
from xml.etree.ElementTree import ParseError  # likewise  # nosec B405

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from portal.evidence.finding import Scope
from portal.evidence.manifests.dependency import Dependency
from portal.evidence.manifests.dependency import ReadOther
from portal.evidence.manifests.dependency import dependency

_SCOPES = {"test": Scope.TEST, "provided": Scope.RUNTIME, "system": Scope.RUNTIME}
_NAMESPACE = re.compile(r"^\{[^}]*\}")
_PROPERTY = re.compile(r"\$\{([^}]+)\}")
#: How many parents are followed.
_MOST_PARENTS = 5


@dataclass(frozen=True, slots=True)
class _Pom:
    root: Element
    properties: dict[str, str]
    managed: dict[str, tuple[str, str]]


def parse_xml(text: str) -> Element:
    """Return the root of an XML document whose entities and external parts are refused.

    Raises:
        ValueError: When it is not well-formed, or declares an entity.
    """
    try:
        root: Element = defusedxml.ElementTree.fromstring(text.encode("utf-8"))
    except (ParseError, DefusedXmlException, LookupError, RecursionError) as error:
        raise ValueError(f"not well-formed XML: {error}") from None
    for element in root.iter():
        element.tag = _NAMESPACE.sub("", str(element.tag))
    return root


def pom(text: str, path: str, read: ReadOther) -> Iterator[Dependency]:
    """Yield the dependencies of a ``pom.xml``; those it only manages are not used by it."""
    found = _Pom(parse_xml(text), {}, {})
    _inherit(found, found.root, path, read, _MOST_PARENTS)
    at = 0
    for element in found.root.findall("dependencies/dependency"):
        name = _name(element, found)
        artifact = (element.findtext("artifactId") or "").strip()
        at = max(text.find(f">{artifact}<", at + 1), at)
        version, scope = found.managed.get(name, ("", ""))
        version = _filled(element.findtext("version") or version, found)
        scope = _filled(element.findtext("scope") or scope or "compile", found)
        when = _SCOPES.get(scope, Scope.RUNTIME)
        if (element.findtext("optional") or "").strip() == "true":
            when = when.narrowed(Scope.OPTIONAL)
        yield from dependency("maven", name, text.count("\n", 0, at) + 1, version, when)


def _inherit(found: _Pom, root: Element, path: str, read: ReadOther, left: int) -> None:
    """Collect properties and managed versions of a document, then those of its parents."""
    for element in root.findall("properties/*"):
        found.properties.setdefault(str(element.tag), (element.text or "").strip())
    for member in ("groupId", "version"):
        value = root.findtext(member) or root.findtext(f"parent/{member}")
        if value:
            found.properties.setdefault(f"project.{member}", value.strip())
            found.properties.setdefault(member, value.strip())
    for element in root.findall("dependencyManagement/dependencies/dependency"):
        about = (element.findtext("version") or "", element.findtext("scope") or "")
        found.managed.setdefault(_name(element, found), about)
    parent = root.find("parent")
    if parent is None or left == 0:
        return
    relative = (parent.findtext("relativePath", "../pom.xml") or "").strip()
    other = posixpath.normpath(posixpath.join(posixpath.dirname(path), relative or "../pom.xml"))
    if not other.endswith(".xml"):
        other = f"{other}/pom.xml"
    if (text := read(other)) is not None:
        try:
            above = parse_xml(text)
        except ValueError:
            return
        _inherit(found, above, other, read, left - 1)


def _name(element: Element, found: _Pom) -> str:
    group = _filled(element.findtext("groupId") or "", found)
    return f"{group}:{_filled(element.findtext('artifactId') or '', found)}"


def _filled(text: str, found: _Pom) -> str:
    """Return a text with its properties filled in, as far as they are known."""
    for _ in range(_MOST_PARENTS):
        filled = _PROPERTY.sub(lambda match: found.properties.get(match[1], match[0]), text)
        if filled == text:
            break
        text = filled
    return text.strip()
