"""A dependency that a manifest declares: a package URL, a line, and when it is needed."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass

from packageurl import PackageURL

from portal.evidence.finding import Scope


@dataclass(frozen=True, slots=True)
class Dependency:
    """One dependency.

    Attributes:
        purl: The package URL (ECMA-427), with a version when one is known.
        place: The line of the manifest that declares it, from 1, or what finds it out: that is
            asked only for what a rule matches.
        scope: When it is needed.
        is_direct: Whether the component names it itself; otherwise it comes with another.
    """

    purl: PackageURL
    place: int | Callable[[], int]
    scope: Scope = Scope.RUNTIME
    is_direct: bool = True

    @property
    def line(self) -> int:
        """The line of the manifest that declares it, from 1."""
        return self.place if isinstance(self.place, int) else self.place()

    @property
    def name(self) -> str:
        """Its name in the notation of its ecosystem, as rules write it; see ``rule_name``."""
        if not self.purl.namespace:
            return self.purl.name
        separator = ":" if self.purl.type == "maven" else "/"
        return f"{self.purl.namespace}{separator}{self.purl.name}"


#: Reads another file of the same component or repository: its text, or ``None``.
ReadOther = Callable[[str], str | None]


def dependency(
    ecosystem: str,
    name: str,
    place: int | Callable[[], int],
    version: str = "",
    scope: Scope = Scope.RUNTIME,
    *,
    is_direct: bool = True,
) -> Iterator[Dependency]:
    """Yield a dependency by its name in the ecosystem's notation; none for a bad name."""
    separator = ":" if ecosystem == "maven" else "/"
    namespace, _, last = name.strip().rpartition(separator)
    if not last or re.search(r"[\s${}]", name):
        return
    try:
        purl = PackageURL(ecosystem, namespace or None, last, version or None)
    except ValueError:
        return
    yield Dependency(purl, place, scope, is_direct)


def rule_name(ecosystem: str, name: str) -> str:
    """Return a package's name as it is compared.

    Names of PyPI are normalised (PEP 503), those of Go, NuGet, Docker and GitHub folded: the
    specification of package URLs does the first, and leaves the others' case to us.
    """
    if ecosystem == "pypi":
        return re.sub(r"[-_.]+", "-", name).lower()
    return name if ecosystem in {"npm", "maven", "cargo", "gem"} else name.casefold()


def decoded(data: bytes) -> str:
    """Return a manifest's text: UTF-8, or UTF-16 as some editors of Windows write it."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    if b"\0" in data[:200] and len(data) % 2 == 0:
        return data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be", "replace")
    return data.decode("utf-8-sig", "replace")


def in_utf_8(data: bytes) -> bytes:
    """Return a file's content in UTF-8; unchanged unless it is UTF-16."""
    is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in data[:200]
    return decoded(data).encode() if is_wide else data


def line_of(text: str, name: str, start: int = 0) -> Callable[[], int]:
    """Return what finds the first line after an offset that has a name as a whole word."""
    return lambda: text.count("\n", 0, _offset(text, name, start)) + 1


def _offset(text: str, name: str, start: int) -> int:
    at = text.find(name, start)
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(name) : at + len(name) + 1]
        if not _INNER.match(before) and not _OUTER.match(after):
            return at
        at = text.find(name, at + 1)
    return max(text.find(name), 0)


_INNER = re.compile(r"[\w.\-/@]")
_OUTER = re.compile(r"[\w\-/]")
