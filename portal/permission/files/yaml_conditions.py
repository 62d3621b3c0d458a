"""Reads conditional policies: YAML documents, in the form of Red Hat Developer Hub.

Its ``rbac-conditional-policies.yaml`` is such a file. Each document names a role, a type of resources, actions, and the condition that resources have to meet.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from portal.kernel import yaml12
from portal.permission.conditions import Condition
from portal.permission.conditions import read_condition
from portal.permission.files import lines as ln
from portal.permission.files.lines import Denial
from portal.permission.files.lines import PolicyFinding
from portal.permission.files.lines import PolicyLines
from portal.permission.files.lines import RoleCondition
from portal.permission.permissions import PLUGIN_OF_RESOURCE

_MEMBERS = (
    "result",
    "roleEntityRef",
    "pluginId",
    "resourceType",
    "permissionMapping",
    "conditions",
)
#: Where a fault is, and what it is.
_Fault = tuple[tuple[str | int, ...], str]


def read_conditions(data: bytes, file: str) -> PolicyLines:
    """Return the conditions of a file; wrong documents are findings, and deny.

    Args:
        data: The content of the file.
        file: Its name, for findings.
    """
    found = PolicyLines()
    for document in yaml12.read(data):
        if isinstance(document, yaml12.Fault):
            text = f"{document.message}; everything is denied to everybody"
            finding = PolicyFinding(file, document.line, text)
            found += PolicyLines(denials=(Denial(),), findings=(finding,))
        elif document.value is not None:
            found += _read(document, data, file)
    return found


def _read(document: yaml12.Document, data: bytes, file: str) -> PolicyLines:
    value = document.value
    faults = list(_faults(value))
    if not faults:
        assert isinstance(value, dict)
        condition = _condition(value)
        if not isinstance(condition, str):
            verbs = frozenset(value["permissionMapping"])
            read = RoleCondition(value["roleEntityRef"], value["resourceType"], verbs, condition)
            return PolicyLines(conditions=(read,))
        faults = [(("conditions",), condition)]
    denial = _denial(value)
    means = f"{denial.target or 'everything'} is denied to {denial.subject or 'everybody'}"
    findings = []
    for path, text in faults:
        line, _column = yaml12.position(data, document.line, path)
        findings.append(PolicyFinding(file, line, f"{text}; {means}"))
    return PolicyLines(denials=(denial,), findings=tuple(findings))


def _faults(value: Any) -> Iterator[_Fault]:
    if not isinstance(value, dict):
        yield (), f"a condition is a mapping of {', '.join(_MEMBERS)}"
        return
    for name in value:
        if name not in _MEMBERS:
            yield (name,), f"unknown member '{name}'; known: {', '.join(_MEMBERS)}"
    if value.get("result") != "CONDITIONAL":
        yield ("result",), "result must be CONDITIONAL"
    if not _is(ln.is_role, value.get("roleEntityRef")):
        yield ("roleEntityRef",), "roleEntityRef must be a role: role:default/x, in lower case"
    yield from _resource_faults(value)


def _resource_faults(value: Mapping[str, Any]) -> Iterator[_Fault]:
    kind = value.get("resourceType")
    if not isinstance(kind, str) or kind not in PLUGIN_OF_RESOURCE:
        yield ("resourceType",), f"resourceType must be one of {', '.join(PLUGIN_OF_RESOURCE)}"
        return
    if value.get("pluginId") != PLUGIN_OF_RESOURCE[kind]:
        yield ("pluginId",), f"the pluginId of {kind} is {PLUGIN_OF_RESOURCE[kind]}"
    allowed, verbs = ln.matching_verbs(kind), value.get("permissionMapping")
    if not isinstance(verbs, list) or not verbs:
        yield ("permissionMapping",), "permissionMapping must be a list of actions"
        return
    for index, verb in enumerate(verbs):
        if verb not in allowed:
            text = f"the actions of {kind} are {', '.join(sorted(allowed))}, not '{verb}'"
            yield ("permissionMapping", index), text


def _is(test: Any, value: Any) -> bool:
    return isinstance(value, str) and bool(test(value))


def _condition(value: Mapping[str, Any]) -> Condition | str:
    """Return the condition of a document, or what is wrong with it."""
    try:
        return read_condition(value.get("conditions"), value["resourceType"])
    except ValueError as error:
        return str(error)


def _denial(value: Any) -> Denial:
    """Return what an unreadable document may have restricted."""
    if not isinstance(value, dict):
        return Denial()
    role, kind = value.get("roleEntityRef"), value.get("resourceType")
    verbs = value.get("permissionMapping")
    is_good = isinstance(verbs, list) and verbs and all(verb in ln.VERBS for verb in verbs)
    return Denial(
        str(role) if _is(ln.is_role, role) else "",
        str(kind) if isinstance(kind, str) and kind in PLUGIN_OF_RESOURCE else "",
        frozenset(map(str, verbs)) if is_good and isinstance(verbs, list) else frozenset(),
    )
