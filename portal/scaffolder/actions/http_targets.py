"""Where a request of a template goes: to the portal itself, or to a proxy of the operator.

A path names a plugin, then a place in it, as in Backstage: ``catalog/entities``. There is no way
to name a server: every part is checked, in whatever way it is written, and put behind a base URL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote
from urllib.parse import unquote
from urllib.parse import urlencode

from portal.config.sources import Proxy
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.json_text import Json
from portal.scaffolder.running.environment import ActionEnvironment

#: The plugin below which Backstage has its proxies.
_PROXIES = "proxy"
_PLUGIN = re.compile(r"[a-z][a-z0-9-]*")
#: What a part of a path may hold as it is; percent signs were checked.
_PLAIN = "%:@,;=+!$&'()*~"
_PLAIN_QUERY = "%=&+,;:@/?!$'()*~"
_LONGEST_PATH = 4_000
_MOST_LAYERS = 5


@dataclass(frozen=True, slots=True)
class Target:
    """The address of a request.

    Attributes:
        base: The base URL, which the address never leaves.
        url: The whole address.
        proxy: The proxy it belongs to; ``None`` for the portal itself.
    """

    base: str
    url: str
    proxy: Proxy | None = None


def target_of(environment: ActionEnvironment, path: str, params: Mapping[str, Json]) -> Target:
    """Return the address of a path.

    Args:
        environment: The portal's address and the proxies.
        path: The plugin and the place in it, perhaps with a query.
        params: Further parameters of the query.

    Raises:
        InputError: When the path could lead elsewhere, or the portal's address is not known.
        NotAllowedError: When there is no such proxy.
    """
    place, mark, query = path.removeprefix("/").partition("?")
    plugin, *rest = _parts(place)
    base, proxy = _portal(environment, plugin), None
    if plugin == _PROXIES:
        name, *rest = rest or [""]
        proxy = _proxy(environment, name)
        base = proxy.target
    queries = [quote(query, safe=_PLAIN_QUERY)] if mark else []
    queries += [urlencode({name: _text(value) for name, value in params.items()})] if params else []
    tail = "".join(f"/{quote(part, safe=_PLAIN)}" for part in rest)
    return Target(base, f"{base}{tail}" + (f"?{'&'.join(queries)}" if queries else ""), proxy)


def _parts(place: str) -> list[str]:
    """Return the parts of a path, after they were found harmless in every encoding.

    Raises:
        InputError: When they are not.
    """
    parts = place.split("/")
    decoded = _decoded(place)
    is_odd = any(not char.isprintable() for char in decoded) or set(decoded) & set("\\#")
    # A last slash is an empty part; another empty one would begin the name of a server.
    has_gap = "" in (parts[:-1] if len(parts) > 1 else parts)
    dots = {".", ".."} & {part.split(";")[0].strip() for part in decoded.split("/")}
    if is_odd or has_gap or dots or "//" in decoded or not _PLUGIN.fullmatch(parts[0]):
        raise InputError(
            "path must name a plugin of the portal and a place in it, such as "
            "catalog/entities: no server, no empty parts, no dots, no backslashes, no '#'"
        )
    return parts


def _decoded(place: str) -> str:
    """Return a path without the percent signs that servers may decode, layer by layer.

    Raises:
        InputError: When it is too long, or encoded again and again.
    """
    if len(place) > _LONGEST_PATH:
        raise InputError(f"path must have {_LONGEST_PATH:,} characters at most")
    for _ in range(_MOST_LAYERS):
        if unquote(place) == place:
            return place
        place = unquote(place)
    raise InputError("path is encoded more than once")


def _portal(environment: ActionEnvironment, plugin: str) -> str:
    if not environment.portal_url:
        raise InputError(
            "the portal does not know its own address; the operator sets base_url or port"
        )
    return f"{environment.portal_url}/api/{plugin}"


def _proxy(environment: ActionEnvironment, name: str) -> Proxy:
    for proxy in environment.proxies:
        if proxy.name == name:
            return proxy
    raise NotAllowedError(
        f"there is no proxy '{name}'; the operator adds one in the setting proxies"
    )


def _text(value: Json) -> str:
    """Return a parameter as JavaScript would write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)
