"""Quotas: how many requests of each kind are answered in a minute."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from portal.config.values import ValueType
from portal.config.values import parsed
from portal.config.values import whole_number


class Quota(StrEnum):
    """A kind of requests that are counted; ``REQUESTS`` are all of them."""

    REQUESTS = "requests"
    SEARCHES = "searches"
    #: Trials of templates, and plans of updates.
    DRY_RUNS = "dry_runs"
    #: Tasks that are created or retried, and updates that are proposed.
    TASKS = "tasks"
    #: Locations that are registered, tried or analysed; documentation that is previewed.
    REGISTRATIONS = "registrations"


_MOST = 10_000_000
#: How many a minute an identity has where the settings say nothing. A page of Backstage's
#: frontend makes about fifty requests, and searches at every key that is pressed.
BY_IDENTITY: Mapping[Quota, int] = {
    Quota.REQUESTS: 6_000,
    Quota.SEARCHES: 1_200,
    Quota.DRY_RUNS: 120,
    Quota.TASKS: 120,
    Quota.REGISTRATIONS: 120,
}
#: How many a minute all have together; what only reads is limited by the threads alone.
IN_ALL: Mapping[Quota, int] = {
    Quota.REQUESTS: 0,
    Quota.SEARCHES: 0,
    Quota.DRY_RUNS: 1_200,
    Quota.TASKS: 1_200,
    Quota.REGISTRATIONS: 1_200,
}


def _read_quotas(value: Any) -> Mapping[str, int] | None:
    found = parsed(value)
    number = whole_number(0, _MOST)
    if not isinstance(found, Mapping) or not set(Quota).issuperset(found):
        return None
    numbers = {name: number.read(given) for name, given in found.items()}
    good = {name: given for name, given in numbers.items() if given is not None}
    return good if good.keys() == numbers.keys() else None


QUOTAS = ValueType(
    f"a mapping of {', '.join(Quota)} to whole numbers from 0 to {_MOST}", _read_quotas
)
