"""Every built-in action, by its id."""

from __future__ import annotations

from collections.abc import Mapping

from portal.scaffolder.action import Action
from portal.scaffolder.actions.catalog import CATALOG
from portal.scaffolder.actions.debugging import DEBUGGING
from portal.scaffolder.actions.fetch import FETCH
from portal.scaffolder.actions.files import FILES

ACTIONS: Mapping[str, Action] = {
    action.id: action
    for action in sorted((*CATALOG, *DEBUGGING, *FETCH, *FILES), key=lambda a: a.id)
}
