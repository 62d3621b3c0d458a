"""Images, charts, Terraform and workflows: what a deployment declares."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

from portal.evidence.finding import Scope
from portal.evidence.languages.source import without_comments
from portal.evidence.manifests.dependency import Dependency
from portal.evidence.manifests.dependency import ReadOther
from portal.evidence.manifests.dependency import dependency
from portal.evidence.manifests.dependency import line_of
from portal.kernel import yaml12

_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE)


def dockerfile(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the images a ``Dockerfile`` builds on, its own stages left out."""
    stages: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        if match := _FROM.match(line):
            if match[1] not in stages:
                yield from image(match[1], number)
            stages.add(match[2] or "")


def image(
    reference: str, line: int | Callable[[], int], scope: Scope = Scope.RUNTIME
) -> Iterator[Dependency]:
    """Yield the dependency on an image, without its registry: ``confluentinc/cp-kafka``."""
    name, _, _digest = reference.strip("\"' ").partition("@")
    head, _, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    path = f"{head}/{last}" if head else last
    first, _, rest = path.partition("/")
    if rest and ("." in first or ":" in first or first == "localhost"):
        path = rest
    yield from dependency("docker", path.removeprefix("library/"), line, tag, scope)


def compose(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the images of the services of a compose file."""
    for document in documents(text):
        services = document.get("services")
        for service in services.values() if isinstance(services, dict) else ():
            reference = service.get("image") if isinstance(service, dict) else None
            if isinstance(reference, str):
                yield from image(_default(reference), line_of(text, reference))


def _default(reference: str) -> str:
    """Return an image with its variables replaced by their defaults."""
    return re.sub(r"\$\{\w+:?-?([^}]*)\}", r"\1", reference)


def chart(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the charts that a ``Chart.yaml`` or ``requirements.yaml`` depends on."""
    for document in documents(text):
        several = document.get("dependencies")
        for one in several if isinstance(several, list) else ():
            name = one.get("name") if isinstance(one, dict) else None
            if isinstance(name, str):
                version = one.get("version")
                known = version if isinstance(version, str) else ""
                start = max(text.find("dependencies"), 0)
                yield from dependency("helm", name, line_of(text, name, start), known)


_SOURCE = re.compile(r"^\s*source\s*=\s*\"([^\"\n]+)\"", re.MULTILINE)


def terraform(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the providers and modules of a registry that a ``*.tf`` file names."""
    bare = without_comments(text, "hcl")
    for match in _SOURCE.finditer(bare):
        if re.fullmatch(r"[\w\-]+(?:/[\w\-]+){1,2}", match[1]):
            line = text.count("\n", 0, match.start(1)) + 1
            yield from dependency("terraform", match[1], line)


_USES = re.compile(r"^\s*-?\s*uses:\s*[\"']?([\w.\-]+/[\w.\-/]+)@([\w.\-/]+)", re.MULTILINE)


def workflow(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the actions of a workflow of GitHub."""
    bare = without_comments(text, "hash")
    for match in _USES.finditer(bare):
        name = "/".join(match[1].split("/")[:2])
        line = text.count("\n", 0, match.start(1)) + 1
        yield from dependency("github", name, line, match[2], Scope.DEVELOPMENT)


def documents(text: str) -> Iterator[dict[str, Any]]:
    """Yield the mappings of a YAML file; what cannot be read is left out."""
    for item in yaml12.read(text.encode(), ignore_tags=True):
        if isinstance(item, yaml12.Document) and isinstance(item.value, dict):
            yield item.value
