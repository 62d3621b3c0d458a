"""Entities as authors write them: as texts for the files of a repository, or as documents.

Each text is a YAML document of one line behind its ``---``, so that several are one file
when they are put one behind the other.
"""

from __future__ import annotations

import json
from typing import Any


def entity(kind: str, name: str, spec: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    """Return an entity as a document."""
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, **metadata},
        "spec": spec,
    }


def descriptor(kind: str, name: str, spec: dict[str, Any], **metadata: Any) -> str:
    """Return an entity as a text."""
    return f"---\n{json.dumps(entity(kind, name, spec, **metadata))}\n"


def component(name: str, /, **spec: Any) -> str:
    """Return a component that is sound, whatever the test says of its ``spec``."""
    return descriptor("Component", name, COMPONENT | spec)


def location(name: str, /, *targets: str, **spec: Any) -> str:
    """Return a Location."""
    return descriptor("Location", name, {"targets": targets, **spec})


def system(name: str, /, **spec: Any) -> str:
    """Return a system, the smallest entity that is sound."""
    return descriptor("System", name, {"owner": "team", **spec})


#: What a component has to have.
COMPONENT = {"type": "service", "lifecycle": "production", "owner": "team"}
