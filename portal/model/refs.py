"""References to entities and locations.

Rules: docs/reference/wire-contract.md, "Entity" (as Backstage's catalog-model).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import unquote

DEFAULT_NAMESPACE = "default"
_SCRIPT = re.compile(
    r"^[\s\x00-\x1f]*" + r"[\s\x00-\x1f]*".join("javascript") + r"[\s\x00-\x1f]*:", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class EntityRef:
    """The ref of an entity, in its original letter case."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """Return ``kind:namespace/name``, lower-cased: equal refs, equal text."""
        return f"{self.kind}:{self.namespace}/{self.name}".lower()


def parse_ref(
    text: str, default_kind: str = "", default_namespace: str = DEFAULT_NAMESPACE
) -> EntityRef:
    """Parse ``[kind:][namespace/]name``.

    A colon after the first slash belongs to the name.

    Raises:
        ValueError: When a part is empty, or the kind is missing and there is no
            default; the message is Backstage's.
    """
    rest = text.strip()
    slash = rest.find("/")
    colon = rest.find(":")
    kind, namespace = default_kind, default_namespace
    if colon != -1 and (slash == -1 or colon < slash):
        kind, rest = rest[:colon], rest[colon + 1 :]
        if not kind:
            raise ValueError(_not_on_the_form(text))
    slash = rest.find("/")
    if slash != -1:
        namespace, rest = rest[:slash], rest[slash + 1 :]
        if not namespace:
            raise ValueError(_not_on_the_form(text))
    if not rest:
        raise ValueError(_not_on_the_form(text))
    if not kind:
        msg = (
            f'Entity reference "{text}" had missing or empty kind '
            '(e.g. did not start with "component:" or similar)'
        )
        raise ValueError(msg)
    return EntityRef(kind, namespace, rest)


def _not_on_the_form(text: str) -> str:
    return f'Entity reference "{text}" was not on the form [<kind>:][<namespace>/]<name>'


@dataclass(frozen=True, slots=True)
class LocationRef:
    """An address of descriptors: a type (``url``, ``file``) and a target."""

    type: str
    target: str

    def __str__(self) -> str:
        """Return ``type:target``."""
        return f"{self.type}:{self.target}"

    @property
    def entity_name(self) -> str:
        """The name of the Location entity generated for it."""
        return f"generated-{hashlib.sha1(str(self).encode(), usedforsecurity=False).hexdigest()}"


def parse_location_ref(text: str) -> LocationRef:
    """Parse ``<type>:<target>``, split at the first colon.

    Raises:
        ValueError: With Backstage's message, when it is not of that form, has a
            bare URL, or a ``javascript:`` target.
    """
    kind, colon, target = text.partition(":")
    kind, target = kind.strip(), target.strip()
    if not colon or not kind or not target:
        msg = (
            f"Unable to parse location ref '{text}', expected '<type>:<target>', "
            "e.g. 'url:https://host/path'"
        )
        raise ValueError(msg)
    if kind in {"http", "https"}:
        msg = f"Invalid location ref '{text}', please prefix it with 'url:', e.g. 'url:{text}'"
        raise ValueError(msg)
    if is_script_url(target):
        msg = f"Invalid location ref '{text}', target is a javascript: URL"
        raise ValueError(msg)
    return LocationRef(kind, target)


def is_script_url(text: str) -> bool:
    """Return whether a browser would run ``text`` as a script, ignoring control characters."""
    return _SCRIPT.match(text) is not None


#: Where a file's path stands in the address of a repository's files.
PATH = "{path}"


#: What browsers escape in the path of an address, Korean letters aside: they stay readable.
_ESCAPES = str.maketrans({char: f"%{ord(char):02X}" for char in ' "#%<>`{}'})


def file_address(root: str, path: str) -> str:
    """Return the address of a file; ``root`` has ``{path}`` in its place, or is a prefix.

    A web address has no raw blanks: the WHATWG URL standard, by which Backstage resolves
    targets, escapes them.
    """
    written = path.translate(_ESCAPES) if "://" in root else path
    return root.replace(PATH, written) if PATH in root else f"{root}/{written}"


def path_of_address(root: str, address: str) -> str | None:
    """Return the path that an address names in a repository; ``None`` if it is elsewhere."""
    prefix, _, suffix = (root if PATH in root else f"{root}/{PATH}").partition(PATH)
    is_inside = address.startswith(prefix) and address.endswith(suffix)
    if not is_inside or len(address) < len(prefix) + len(suffix):
        return None
    path = address[len(prefix) : len(address) - len(suffix)]
    return unquote(path) if "://" in root else path
