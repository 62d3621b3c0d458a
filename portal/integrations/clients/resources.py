"""Lists of a forge that offer the choices of form fields."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping

from portal.integrations.clients.api import ForgeApi
from portal.integrations.clients.api import path
from portal.kernel.errors import InputError

#: Yields choices from a forge, given the values that the form has already.
Resource = Callable[[ForgeApi, Mapping[str, str]], Iterator[dict[str, str]]]
#: The greatest number of pages of a list; nobody chooses among more.
MOST_PAGES = 10


def needed(context: Mapping[str, str], *names: str) -> list[str]:
    """Return the form's values of these names.

    Raises:
        InputError: When one is missing or empty.
    """
    missing = [name for name in names if not context.get(name)]
    if missing:
        raise InputError(f"Missing {' and '.join(missing)} context parameter")
    return [context[name] for name in names]


def listed(member: str, place: str, *needs: str) -> Resource:
    """Return the resource of a list whose entries are identified by one member.

    Args:
        member: The name of that member.
        place: The path of the list, with ``{}`` for each value that the form must have.
        needs: The names of these values, in the order of the path.
    """

    def read(api: ForgeApi, context: Mapping[str, str]) -> Iterator[dict[str, str]]:
        filled = place.format(*(path(name)[1:] for name in needed(context, *needs)))
        yield from ({"id": str(found[member])} for found in api.pages(filled, MOST_PAGES))

    return read
