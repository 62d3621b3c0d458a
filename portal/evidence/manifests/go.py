"""Go's go.mod."""

from __future__ import annotations

import re
from collections.abc import Iterator

from portal.evidence.manifests.dependency import Dependency
from portal.evidence.manifests.dependency import ReadOther
from portal.evidence.manifests.dependency import dependency

_REQUIRED = re.compile(r"^\s*(?:require\s+)?([\w.\-]+\.[\w.\-]+/\S+|[\w.\-]+\.\w+)\s+(v\S+)")


def module(text: str, _path: str, _read: ReadOther) -> Iterator[Dependency]:
    """Yield the modules that a ``go.mod`` requires; ``// indirect`` ones come with others."""
    block = ""
    for number, line in enumerate(text.splitlines(), 1):
        if opened := re.match(r"\s*(\w+)\s*\(", line):
            block = opened[1]
        elif line.strip() == ")":
            block = ""
        elif (block or line.split(" ")[0].strip()) == "require" and (
            match := _REQUIRED.match(line)
        ):
            is_direct = "// indirect" not in line
            yield from dependency("golang", match[1], number, match[2], is_direct=is_direct)
