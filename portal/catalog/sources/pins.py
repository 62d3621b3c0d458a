"""Sources that only some workers read: those with the label that the source names."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping

from portal.catalog.failures import Failure
from portal.catalog.failures import Stage
from portal.config.sources import Provider
from portal.config.sources import Source
from portal.kernel.clock import now

_UNSERVED = (
    "no worker with the label '{label}' is heard of, and no other may read it: give one "
    "worker_labels: [{label}]"
)


class Pins:
    """Knows which sources and providers are pinned, and to what.

    Args:
        sources: The configured sources.
        providers: The configured providers; what they list is pinned as they are.
        discovered: Returns what they list.
        own: The labels of this process.
        served: Returns the labels of all workers that are heard of.
        asked: Returns when each source and provider was asked last, by name; ISO 8601.
    """

    def __init__(
        self,
        sources: Iterable[Source],
        providers: Iterable[Provider],
        discovered: Callable[[], Iterable[Source]],
        own: Collection[str],
        served: Callable[[], Collection[str]],
        asked: Callable[[], Mapping[str, str]],
    ) -> None:
        self._sources = {each.name: each.worker for each in sources}
        self._providers = {each.name: each.worker for each in providers if each.worker}
        self._discovered = discovered
        self._own = frozenset(own)
        self._served = served
        self._asked = asked

    def labels(self) -> dict[str, str]:
        """Return the labels of all sources that are pinned, by name."""
        listed = self._discovered() if self._providers else ()
        found = {each.name: each.worker for each in listed} | self._sources
        return {name: label for name, label in found.items() if label}

    def label_of_provider(self, name: str) -> str:
        """Return the label that a provider is pinned to; empty for none."""
        return self._providers.get(name, "")

    def is_own(self, label: str) -> bool:
        """Return whether this process may do what is pinned to a label; empty is anybody's."""
        return not label or label in self._own

    def others(self) -> frozenset[str]:
        """Return the names of the sources that this process may not read."""
        return frozenset(name for name, label in self.labels().items() if not self.is_own(label))

    def own(self, names: Iterable[str]) -> list[str]:
        """Return those of some sources that this process may read."""
        others = self.others()
        return [name for name in names if name not in others]

    def failing(self) -> list[Failure]:
        """Return a failure for each configured source or provider that no worker may read."""
        pinned = {name: label for name, label in self._sources.items() if label}
        pinned |= self._providers
        served = self._served() if pinned else ()
        left = {name: label for name, label in sorted(pinned.items()) if label not in served}
        asked, moment = self._asked() if left else {}, now()
        return [
            Failure(
                Stage.SCHEDULE,
                name,
                _UNSERVED.format(label=label),
                asked.get(name) or moment,
                moment,
            )
            for name, label in left.items()
        ]
