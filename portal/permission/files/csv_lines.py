"""Reads the lines of CSV policies: ``p, role, permission, action, effect`` and ``g, who, role``.

The form of casbin's files, as Red Hat Developer Hub's ``rbac-policies.csv`` has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from portal.kernel.yaml12.faults import short
from portal.permission.files import lines as ln
from portal.permission.files.lines import Denial
from portal.permission.files.lines import Grant
from portal.permission.files.lines import Membership
from portal.permission.files.lines import PolicyFinding
from portal.permission.files.lines import PolicyLines
from portal.permission.permissions import PERMISSIONS
from portal.permission.permissions import PLUGIN_OF_RESOURCE

_P = "p, role:default/name, permission or type of resources, action, allow or deny"
_G = "g, user:default/name or group:default/name, role:default/name"
_NOTHING = "it allows nothing"


def read_csv(text: str, file: str) -> PolicyLines:
    """Return what a CSV policy says; wrong lines are findings.

    Args:
        text: The content of the file.
        file: Its name, for findings.
    """
    found = PolicyLines()
    for number, line in enumerate(text.splitlines(), 1):
        content = line.strip()
        if content and not content.startswith("#"):
            found += _read(content, file, number)
    return found


def _read(content: str, file: str, number: int) -> PolicyLines:
    cells = [cell.strip().strip('"').strip() for cell in content.split(",")]
    kind, *rest = cells
    if kind == "g":
        faults = list(_member_faults(rest))
        if not faults:
            return PolicyLines(memberships=(Membership(rest[0], rest[1]),))
        denials: tuple[Denial, ...] = (Denial(rest[0]),) if rest and ln.is_subject(rest[0]) else ()
        means = f"{rest[0]} is denied everything" if denials else "nobody gets a role by it"
    else:
        faults = list(_grant_faults(kind, rest))
        if not faults:
            return PolicyLines(grants=(Grant(rest[0], rest[1], rest[2], rest[3] == "allow"),))
        denials = _denial(rest)
        means = _meaning(denials)
    finding = PolicyFinding(file, number, f"{'; '.join(faults)}; {means}")
    return PolicyLines(denials=denials, findings=(finding,))


def _member_faults(cells: list[str]) -> Iterator[str]:
    if len(cells) != 2:
        yield f"a line of members has the form '{_G}'"
        return
    if not ln.is_subject(cells[0]):
        yield (
            f"'{short(cells[0])}' is nobody: name user:default/x, group:default/x, another role, "
            f"external:<program>, {ln.SIGNED_IN} or {ln.GUESTS}, in lower case"
        )
    if not ln.is_role(cells[1]):
        yield f"'{short(cells[1])}' is no role: name role:default/x, in lower case"


def _grant_faults(kind: str, cells: list[str]) -> Iterator[str]:
    if kind != "p":
        yield f"a line begins with p or g, not with '{short(kind)}'"
    if len(cells) != 4:
        yield f"a line of permissions has the form '{_P}'"
        return
    role, target, verb, effect = cells
    if not ln.is_role(role):
        yield f"'{short(role)}' is no role: name role:default/x, in lower case"
    if not ln.is_target(target):
        near = get_close_matches(target, [*PERMISSIONS, *PLUGIN_OF_RESOURCE], 1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        yield f"there is no permission or type of resources '{short(target)}'{hint}"
    elif verb not in ln.matching_verbs(target):
        allowed = ", ".join(sorted(ln.matching_verbs(target)))
        yield f"the action of {target} is {allowed}, not '{short(verb)}'"
    if effect not in {"allow", "deny"}:
        yield f"the effect is allow or deny, not '{short(effect)}'"


def _denial(cells: list[str]) -> tuple[Denial, ...]:
    """Return what an unreadable line may have denied; nothing if it is one that allows."""
    if cells and cells[-1] == "allow":
        return ()
    role = next((cell for cell in cells if ln.is_role(cell)), "")
    target = next((cell for cell in cells if ln.is_target(cell)), "")
    verbs = frozenset(cell for cell in cells if cell in ln.VERBS)
    if target and verbs and not verbs & ln.matching_verbs(target):
        verbs = frozenset()
    return (Denial(role, target, verbs),)


def _meaning(denials: tuple[Denial, ...]) -> str:
    if not denials:
        return _NOTHING
    denial = denials[0]
    what = " ".join([*sorted(denial.verbs), "of", denial.target or "everything"])
    return f"{what if denial.verbs else denial.target or 'everything'} is denied to " + (
        denial.subject or "everybody"
    )
