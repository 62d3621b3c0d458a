"""Ruby's Gemfile, gemspecs and Gemfile.lock."""

from __future__ import annotations

import re
from collections.abc import Iterator

from portal.evidence.finding import Scope
from portal.evidence.manifests.dependency import Dependency
from portal.evidence.manifests.dependency import ReadOther
from portal.evidence.manifests.dependency import dependency

_GEM = re.compile(
    r"^\s*(?:gem|\w+\.add_(?P<kind>runtime_|development_)?dependency)[\s(]+[\"']([\w.\-]+)[\"']"
)


def gemfile(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the gems of a ``Gemfile`` or of a gemspec."""
    scope = Scope.RUNTIME
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r"\s*group\s+(.*?)\s+do\b", line):
            is_test = "test" in match[1] and "production" not in match[1]
            is_development = "development" in match[1] and "production" not in match[1]
            scope = Scope.TEST if is_test else scope
            scope = Scope.DEVELOPMENT if is_development else scope
        elif re.match(r"end\b", line):
            scope = Scope.RUNTIME
        elif match := _GEM.match(line):
            when = Scope.DEVELOPMENT if match["kind"] == "development_" else scope
            yield from dependency("gem", match[2], number, "", when)


def lock(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the gems of a ``Gemfile.lock``; those below ``DEPENDENCIES`` are direct."""
    direct = set(re.findall(r"^  ([\w.\-]+)", text.partition("\nDEPENDENCIES\n")[2], re.MULTILINE))
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r"    ([\w.\-]+) \(([^)]+)\)", line):
            is_direct = match[1] in direct
            yield from dependency("gem", match[1], number, match[2], is_direct=is_direct)
