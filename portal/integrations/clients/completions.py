"""Choices for form fields, read from a forge: owners, repositories and branches.

Rule: the autocomplete handlers of Backstage's scaffolder modules. Requests carry the token
of the user, never the operator's.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from functools import partial

from portal.forges import FORGES
from portal.integrations.clients.api import open_api
from portal.integrations.clients.table import CLIENTS
from portal.integrations.hosts import Integrations
from portal.kernel.errors import InputError

#: Returns the choices of a resource, given its name, the user's token and the form's values.
Complete = Callable[[str, str, Mapping[str, str]], list[dict[str, str]]]


def completions(integrations: Integrations, timeout: float) -> dict[str, Complete]:
    """Return the functions by the name that forms ask for; ``timeout`` is in seconds."""
    return {
        client.completion or kind: partial(_complete, integrations, timeout, kind)
        for kind, client in CLIENTS.items()
        if client.resources
    }


def _complete(
    integrations: Integrations,
    timeout: float,
    kind: str,
    resource: str,
    token: str,
    context: Mapping[str, str],
) -> list[dict[str, str]]:
    """Return the choices of a field.

    Raises:
        InputError: When there is no such resource or forge, or ``context`` lacks a value.
        SourceError: When the forge does not respond, or refuses the request.
    """
    resources = CLIENTS[kind].resources
    if resource not in resources:
        raise InputError(f"Invalid resource: {resource}")
    host = context.get("host") or FORGES[kind].host
    if not host:
        raise InputError("Missing host context parameter")
    api = open_api(integrations, host, kind, token, timeout)
    return list(resources[resource](api, context))
