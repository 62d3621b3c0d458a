"""Bills of materials in a repository: CycloneDX and SPDX, for their package URLs."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from typing import Any

from packageurl import PackageURL

from portal.evidence.finding import Scope
from portal.evidence.manifests.dependency import Dependency
from portal.evidence.manifests.dependency import ReadOther
from portal.evidence.manifests.dependency import line_of

_SCOPES = {"optional": Scope.OPTIONAL, "excluded": Scope.DEVELOPMENT}


def cyclonedx(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the components of a CycloneDX document, and those they consist of."""
    document = _document(text)
    if document.get("bomFormat") != "CycloneDX":
        return
    waiting = deque(_objects(document.get("components")))
    while waiting:
        one = waiting.popleft()
        scope = one.get("scope")
        known = _SCOPES.get(scope, Scope.RUNTIME) if isinstance(scope, str) else Scope.RUNTIME
        yield from _by_purl(text, one.get("purl"), known)
        waiting.extend(_objects(one.get("components")))


def spdx(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the packages of an SPDX document that have a package URL."""
    for package in _objects(_document(text).get("packages")):
        for reference in _objects(package.get("externalRefs")):
            if reference.get("referenceType") == "purl":
                yield from _by_purl(text, reference.get("referenceLocator"), Scope.RUNTIME)


def _by_purl(text: str, written: Any, scope: Scope) -> Iterator[Dependency]:
    if isinstance(written, str):
        try:
            purl = PackageURL.from_string(written)
        except ValueError:
            return
        yield Dependency(purl, line_of(text, written), scope, is_direct=False)


def _objects(several: Any) -> Iterator[dict[str, Any]]:
    return (
        (one for one in several if isinstance(one, dict)) if isinstance(several, list) else iter(())
    )


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(document, dict):
        raise ValueError("a bill of materials is a JSON object")
    return document
