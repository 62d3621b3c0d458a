"""A scan that looks at what changed finds what a scan of all files finds."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import pytest

from portal.evidence.finding import Scan
from portal.evidence.matching import Matchers
from portal.evidence.proof import Files
from portal.evidence.scanning.component import Component
from portal.evidence.scanning.component import names_in
from portal.evidence.scanning.limits import LIMITS
from portal.evidence.scanning.limits import Limits
from portal.evidence.scanning.scan import look
from portal.evidence.scanning.seen import Earlier
from portal.evidence.scanning.seen import Seen
from portal.evidence_command import load_concepts
from tests.evidence.organisation import SERVICES
from tests.evidence.organisation import TRUE_LINKS

ATTRIBUTES = ("src/** linguist-vendored\n", "*.py linguist-documentation\n", "")
#: Smaller than the longest file of the organisation: some are left out for their size.
SMALL = Limits(file_bytes=300)
#: A folder that is a component of its own.
WITHOUT = ("other/src",)
Contents = dict[str, str]


@cache
def matchers() -> Matchers:
    return load_concepts(Path(__file__).parents[2]).criteria.matchers


def tree_of(contents: Contents) -> Files:
    return Files({path: text.encode() for path, text in contents.items()})


def whole(contents: Contents, memory: bytes = b"", limits: Limits = LIMITS) -> Scan:
    component = Component(tree_of(contents), "", WITHOUT, limits.file_bytes)
    return look(component, matchers(), limits, lambda: memory)[0]


class Repository:
    """A repository that is scanned commit by commit."""

    def __init__(self, contents: Contents, limits: Limits = LIMITS) -> None:
        self.contents = dict(contents)
        self.limits = limits
        self._before = tree_of({})
        self._seen: Seen | None = None
        self.memory = b""

    def scan(self) -> Scan:
        tree = tree_of(self.contents)
        old, new = self._before.entries, tree.entries
        changed = {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}
        earlier = Earlier(self._seen, changed) if self._seen else None
        component = Component(tree, "", WITHOUT, self.limits.file_bytes)
        found, self._seen = look(component, matchers(), self.limits, bytes, earlier)
        self._before = tree
        self.memory = found.memory or self.memory
        return found


def told(scan: Scan) -> tuple[object, ...]:
    return scan.findings, scan.observations, scan.gaps, scan.files


@pytest.mark.slow
@pytest.mark.parametrize("limits", [LIMITS, SMALL], ids=["all", "small"])
@pytest.mark.parametrize("seed", range(3))
def test_any_course_of_commits_ends_where_a_whole_scan_does(seed: int, limits: Limits) -> None:
    chance = random.Random(seed)
    pool = [file for service in SERVICES for file in service.files.items()]
    pool += [(f"other/{path}", text) for path, text in pool]
    repository = Repository(dict(chance.sample(pool, 25)), limits)
    for _ in range(15):
        found = repository.scan()
        assert told(found) == told(whole(repository.contents, limits=limits))
        assert told(whole(repository.contents, repository.memory, limits)) == told(found)
        for path, text in chance.sample(pool, chance.choice([0, 1, 1, 2, 5])):
            repository.contents[path] = text
        for path in chance.sample(sorted(repository.contents), chance.choice([0, 1, 1, 3])):
            del repository.contents[path]
        if chance.random() < 0.1:
            repository.contents[".gitattributes"] = chance.choice(ATTRIBUTES)


def test_what_did_not_change_is_not_read() -> None:
    repository = Repository(TRUE_LINKS[0].files)
    first = repository.scan()
    repository.contents["src/pay.ts"] = "export const pay = call;\n"
    again = repository.scan()

    assert first.read > 1
    assert again.read == 1
    assert again.memory == b"", "what is stored saves most of the work"


BREAKER = "import pybreaker\n\nclass Guard:\n    breaker = pybreaker.CircuitBreaker()\n"


def unwired(scan: Scan) -> set[str]:
    return {one.path for one in scan.findings if one.weakened == "unwired"}


def test_only_a_name_that_decides_is_looked_for_in_all_files() -> None:
    others = {f"shop/module_{at}.py": f"def other_{at}(): pass\n" for at in range(20)}
    main = "from shop.guard import Guard\n\nGuard()\n"
    repository = Repository({**others, "main.py": main, "shop/guard.py": BREAKER})
    assert unwired(repository.scan()) == set()

    # A new name in a file that is used: nobody need know who uses that one.
    repository.contents["shop/guard.py"] = f"{BREAKER}\n\nclass Spare:\n    pass\n"
    found = repository.scan()
    assert unwired(found) == set()
    assert found.read == 2, "the file itself: for what it shows, and for what it names"

    # A new file that shows something, and one that uses it, in one commit.
    repository.contents["shop/second.py"] = BREAKER.replace("Guard", "Second")
    repository.contents["main.py"] = f"{main}from shop.second import Second\n\nSecond()\n"
    found = repository.scan()
    assert unwired(found) == set()
    assert found.read < len(others)

    # Nobody uses it: that is known only when everybody was asked.
    repository.contents["shop/third.py"] = BREAKER.replace("Guard", "Third")
    found = repository.scan()
    assert unwired(found) == {"shop/third.py"}
    assert found.read > len(others)


def test_after_a_scan_that_was_not_whole_nothing_is_taken_for_known() -> None:
    repository = Repository(TRUE_LINKS[0].files, Limits(files=1))
    assert not repository.scan().is_complete
    repository.limits = LIMITS
    assert told(repository.scan()) == told(whole(TRUE_LINKS[0].files))


def test_names_beside_a_file() -> None:
    paths = sorted(["a", "b/c", "b/c0", "b/d/e", "b-x/f", "b/d/g", "b0"])
    assert names_in(paths, "") == {"a", "b", "b-x", "b0"}
    assert names_in(paths, "b") == {"c", "c0", "d"}
    assert names_in(paths, "b/d") == {"e", "g"}
    assert names_in(paths, "c") == set()
