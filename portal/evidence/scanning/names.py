"""Rules over the names of files: which files match, and what is beside them."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

from portal.evidence.matching import Matchers
from portal.evidence.rule import Rule
from portal.evidence.scanning.component import names_in


class NameRules:
    """The rules over names of files.

    Args:
        matchers: All rules.
    """

    def __init__(self, matchers: Matchers) -> None:
        self._rules = tuple(matchers.by_name())

    def matching(self, inner: str) -> list[tuple[int, str]]:
        """Return the rules that match a path inside of the component, each with its pattern."""
        folded = inner.casefold()
        found = []
        for number, patterns in self._rules:
            pattern = next((one.pattern for one in patterns if one.has(folded)), None)
            if pattern is not None:
                found.append((number, pattern))
        return found

    @property
    def numbers(self) -> tuple[int, ...]:
        """The rules."""
        return tuple(number for number, _patterns in self._rules)


def beside(paths: list[str]) -> Callable[[str, Rule], bool]:
    """Return a function that tells whether the names a rule wants beside a file are there.

    Args:
        paths: The paths of all files, sorted.
    """
    known: dict[str, set[str]] = {}

    def names(folder: str) -> set[str]:
        if folder not in known:
            known[folder] = names_in(paths, folder)
        return known[folder]

    def is_there(path: str, rule: Rule) -> bool:
        wanted = rule.body.get("beside") or ()
        if not wanted:
            return True
        folder = path.rpartition("/")[0]
        there = names(folder) | (names(folder.rpartition("/")[0]) if folder else set())
        return all(
            any(fnmatchcase(name.casefold(), one.casefold()) for name in there for one in several)
            for several in wanted
        )

    return is_there
