"""The tools that a concept's ``spec.evidence`` names: libraries, imports and files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from portal.search.documents import Tool

#: The lists of an evidence rule that name tools, by its form.
_MEMBERS = {"dependency": "names", "import": "names", "file": "paths"}
#: ``github.com/sony/gobreaker/v2`` and ``com.netflix.hystrix:hystrix-core`` say where a
#: library is kept before they say its name.
_HOST = re.compile(r"^(?:[\w-]+\.)+(?:com|org|io|net|dev)/(?:[\w.-]+/(?=[^/]))?")
_VERSION = re.compile(r"/v\d+$")
_GROUP = re.compile(r"^[\w.-]+:")
_GLOBS = re.compile(r"^.*\*+/|\*+/?")


def tools(spec: Mapping[str, Any]) -> Iterator[Tool]:
    """Yield the tools of a concept, each name once."""
    known: set[str] = set()
    evidence = spec.get("evidence")
    for rule in evidence if isinstance(evidence, list) else ():
        for form, member in _MEMBERS.items():
            for text in _texts(rule, form, member):
                name = _name(text, form)
                if name and name not in known:
                    known.add(name)
                    yield Tool(name, form)


def _texts(rule: Any, form: str, member: str) -> Iterator[str]:
    names = rule.get(form) if isinstance(rule, Mapping) else None
    several = names.get(member) if isinstance(names, Mapping) else None
    yield from (one for one in several or () if isinstance(one, str))


def _name(text: str, form: str) -> str:
    """Return what people call a tool: without hosts, groups, versions and globs."""
    if form == "file":
        return _GLOBS.sub("", text).strip("/")
    return _GROUP.sub("", _HOST.sub("", _VERSION.sub("", text)))
