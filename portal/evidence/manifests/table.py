"""Which reader reads which manifest: one table."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator

from portal.evidence.manifests import bills
from portal.evidence.manifests import bundler
from portal.evidence.manifests import cargo
from portal.evidence.manifests import deployment
from portal.evidence.manifests import dotnet
from portal.evidence.manifests import go
from portal.evidence.manifests import gradle
from portal.evidence.manifests import javascript
from portal.evidence.manifests import maven
from portal.evidence.manifests import python
from portal.evidence.manifests.dependency import Dependency
from portal.evidence.manifests.dependency import ReadOther

#: Reads a manifest's text; its path is from the root of the repository.
ReadManifest = Callable[[str, str, ReadOther], Iterator[Dependency]]

#: Readers by the name of the file, the first that matches.
_READERS: tuple[tuple[str, ReadManifest], ...] = (
    (
        r"(?:requirements|constraints)[\w.\-]*\.(?:txt|in)|[\w\-]*[-_.]requirements\.txt",
        python.requirements,
    ),
    (r"pyproject\.toml", python.pyproject),
    (r"(?:uv|poetry|pdm)\.lock|pylock(?:\.[\w\-]+)?\.toml", python.lock),
    (r"Pipfile", python.pipfile),
    (r"setup\.cfg", python.setup_cfg),
    (r"setup\.py", python.setup_py),
    (r"(?:conda[\w\-]*|environment[\w\-]*|[\w\-]*conda[\w\-]*)\.ya?ml", python.conda),
    (r"package\.json", javascript.package_json),
    (r"package-lock\.json|npm-shrinkwrap\.json", javascript.package_lock),
    (r"yarn\.lock", javascript.yarn_lock),
    (r"pnpm-lock\.yaml", javascript.pnpm_lock),
    (r"pom\.xml", maven.pom),
    (r"[\w.\-]*\.gradle(?:\.kts)?", gradle.build),
    (r"gradle\.lockfile", gradle.lockfile),
    (r"build\.sbt|Dependencies\.scala", gradle.sbt),
    (r"go\.mod", go.module),
    (r"Cargo\.toml", cargo.manifest),
    (r"Cargo\.lock", cargo.lock),
    (r"Gemfile|[\w.\-]+\.gemspec", bundler.gemfile),
    (r"Gemfile\.lock", bundler.lock),
    (r"[\w.\-]+\.(?:cs|fs|vb)proj|Directory\.Build\.(?:props|targets)", dotnet.project),
    (r"Directory\.Packages\.props", dotnet.central),
    (r"packages\.config", dotnet.packages),
    (r"(?:[\w.\-]*\.)?(?:Dockerfile|Containerfile)(?:[.\-][\w.\-]+)?", deployment.dockerfile),
    (r"(?:docker-)?compose[\w.\-]*\.ya?ml", deployment.compose),
    (r"Chart\.yaml|requirements\.yaml", deployment.chart),
    (r"[\w.\-]+\.tf", deployment.terraform),
    (r"bom\.json|[\w.\-]+\.cdx\.json", bills.cyclonedx),
    (r"[\w.\-]+\.spdx\.json", bills.spdx),
)
_WORKFLOW = re.compile(r"(?:^|/)\.github/workflows/[^/]+\.ya?ml$|(?:^|/)action\.ya?ml$")
_COMPILED = tuple((re.compile(pattern), read) for pattern, read in _READERS)


def reader_of(path: str) -> ReadManifest | None:
    """Return the reader of a manifest; ``None`` for any other file."""
    if _WORKFLOW.search(path):
        return deployment.workflow
    name = path.rpartition("/")[2]
    return next((read for pattern, read in _COMPILED if pattern.fullmatch(name)), None)
