"""A glossary of two concepts, and services that do or do not implement them."""

from __future__ import annotations

import json
from typing import Any

from portal.config.sources import Source
from tests.conftest import Files

RETRY, QUEUE = "concept:default/retry", "concept:default/queue"
PAYMENTS = "component:default/payments"
FORGE = "https://github.com/acme/payments/blob/main"


def _text(word: str) -> dict[str, Any]:
    case = {"title": word, "description": word}
    return {
        "summary": word,
        "overview": word,
        "explanation": word,
        "relevance": word,
        "useCases": [case],
    }


def _rule(name: str, package: str, strength: str = "strong") -> dict[str, Any]:
    return {
        "id": name,
        "dependency": {"ecosystem": "pypi", "names": [package]},
        "strength": strength,
        "because": {"ko": f"{package}에 의존한다.", "en": f"It depends on {package}."},
    }


def concept(name: str, *rules: dict[str, Any], **spec: Any) -> str:
    """Return a concept with rules, as the text of a descriptor."""
    given = {
        "type": "pattern",
        "status": "approved",
        "owner": "editors",
        "glossary": "engineering",
        "labels": {"ko": {"preferred": f"{name} ko"}, "en": {"preferred": name}},
        "text": {"ko": _text(name), "en": _text(name)},
        "evidence": list(rules),
    }
    document = {
        "apiVersion": "glossary/v1",
        "kind": "Concept",
        "metadata": {"name": name},
        "spec": given | spec,
    }
    return f"---\n{json.dumps(document, ensure_ascii=False)}\n"


_ORG = """---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: editors}
spec: {type: team, children: []}
---
apiVersion: glossary/v1
kind: Glossary
metadata: {name: engineering}
spec:
  {type: scheme, owner: editors, languages: [ko, en], defaultLanguage: ko, title: {ko: 용어, en: Terms}}
"""
GLOSSARY: Files = {
    "catalog-info.yaml": _ORG,
    "retry/catalog-info.yaml": concept(
        "retry",
        _rule("library", "tenacity"),
        _rule("other-library", "stamina"),
        _rule("client", "urllib3", "supporting"),
        starter="retry-starter",
    ),
    "queue/catalog-info.yaml": concept("queue", _rule("broker", "pika")),
}

SERVICE = """apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: {name}
spec:
  type: service
  lifecycle: production
  owner: editors
"""


def service(name: str, *concepts: str, more: str = "") -> str:
    """Return a component that claims concepts; ``more`` is appended to its spec."""
    claims = f"  implementsConcepts: [{', '.join(concepts)}]\n" if concepts else ""
    return SERVICE.format(name=name) + claims + more


def sources(payments: Files, glossary: Files = GLOSSARY) -> list[tuple[Source, Files]]:
    """Return two sources: the glossary, and a repository of services at a forge."""
    return [
        (Source("glossary", "", targets=("**/catalog-info.yaml",)), glossary),
        (
            Source("payments", "", targets=("**/catalog-info.yaml",), location=f"url:{FORGE}"),
            payments,
        ),
    ]
