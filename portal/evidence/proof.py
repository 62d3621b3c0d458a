"""Every rule is proved by its examples: files it must match, and files it must not.

Run by ``portal check`` over every concept, with the reader that is installed.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping

from portal.evidence.rule import Example
from portal.evidence.rule import Rule
from portal.evidence.rule import RuleSet
from portal.evidence.rule import rules_of
from portal.evidence.scanning.scan import scan
from portal.kernel.errors import NotFoundError
from portal.model.entity import Entity
from portal.model.entity import StatusItem
from portal.model.entity import ref_of
from portal.scm.commit import blob_id
from portal.scm.file_names import FileNames
from portal.scm.snapshot import Blob
from portal.scm.snapshot import Entry

_WRITE = "Write examples: one with found: true and one with found: false, each with its files."


class Files:
    """Files in memory, with the interface of a snapshot.

    Args:
        contents: Their content by path.
    """

    commit = ""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = contents
        self.entries = {
            path: Entry(blob_id(data), len(data)) for path, data in sorted(contents.items())
        }
        self.names = FileNames(self.entries.keys())

    def read(self, path: str) -> Blob:
        """Return the content of a file.

        Raises:
            NotFoundError: When there is none.
        """
        if path not in self._contents:
            raise NotFoundError(f"file {path} does not exist")
        return Blob(path, self._contents[path], self.entries[path].id)

    def glob(self, pattern: str) -> list[str]:
        """Return the paths a glob matches, sorted."""
        return self.names.matching(pattern)


def matches(rule: Rule, example: Example) -> bool:
    """Return whether a rule finds something in the files of an example, in full strength."""
    tree = Files({path: text.encode() for path, text in example.files.items()})
    found = scan(tree, "", RuleSet((rule,))).findings
    return any(finding.is_whole for finding in found)


def check_rules(entities: Iterable[Entity]) -> Iterator[StatusItem]:
    """Yield what is wrong with the rules of concepts, each with the ref of the concept."""
    for entity in entities:
        if entity["kind"] == "Concept":
            yield from _check(entity)


def _check(entity: Entity) -> Iterator[StatusItem]:
    ref = str(ref_of(entity))
    known: set[str] = set()
    for number, rule in enumerate(rules_of(entity["metadata"]["name"], entity["spec"])):
        path = ("spec", "evidence", number)
        if rule.id in known:
            message = f"evidence: two rules have the id {rule.id!r}"
            hint = "Give each rule of a concept an id of its own: findings carry it."
            yield StatusItem("rule-id", message, json_path=path, hint=hint, ref=ref)
        known.add(rule.id)
        wanted = {example.found for example in rule.examples}
        if wanted != {True, False}:
            message = f"evidence: rule {rule.id!r} lacks an example it matches, or one it does not"
            yield StatusItem(
                "rule-example", message, json_path=path, hint=_WRITE, ref=ref, level="warning"
            )
        for at, example in enumerate(rule.examples):
            if matches(rule, example) is not example.found:
                verb = "does not match" if example.found else "matches"
                message = f"evidence: rule {rule.id!r} {verb} example {at + 1}"
                hint = "Correct the rule, or the example's found."
                place = (*path, "examples", at)
                yield StatusItem("rule-example", message, json_path=place, hint=hint, ref=ref)
