"""Policy as code: documents go in, broken rules come out. The rules are in policy/*.rego."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from regopy import Interpreter

from selfservice.settings import ROOT


@dataclass(frozen=True)
class Violation:
    """One broken rule: its name, what was asked for, and what would have been allowed."""

    rule: str
    asked: object
    allowed: object = None


class Refused(Exception):  # noqa: N818 - it is an answer, not an accident
    """The company's standard forbids what was asked for."""

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__(", ".join(violation.rule for violation in violations))
        self.violations = violations


def enforce(package: str, document: object, standard: Mapping[str, object]) -> None:
    """Let a document pass that keeps every rule of a package.

    Raises:
        Refused: It breaks at least one.
        LookupError: There is no such package: without rules nothing passes.
    """
    rules = ROOT / "policy" / f"{package}.rego"
    if not rules.is_file():
        raise LookupError(f"no policy named {package}")
    rego = Interpreter()
    rego.add_module(rules.name, rules.read_text(encoding="utf-8"))
    rego.add_data({"standard": dict(standard)})
    rego.set_input(document)
    answer = json.loads(str(rego.query(f"data.{package}.deny")))
    broken = [Violation(**entry) for entry in answer["expressions"][0]]
    if broken:
        raise Refused(sorted(broken, key=lambda violation: violation.rule))
