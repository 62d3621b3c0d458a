"""A concept with checks and expectations, made for tests."""

from __future__ import annotations

from typing import Any

TEXTS = {
    "title": {"en": "Title"},
    "description": {"en": "It does."},
    "remedy": {"en": "Do it."},
}


def word(*words: str) -> dict[str, Any]:
    """Return a condition: a word in source code."""
    return {"text": {"words": list(words)}}


def concept(**spec: Any) -> dict[str, Any]:
    """Return a concept whose own evidence is the word ``loader``."""
    evidence = [
        {"id": "loading", **word("loader"), "strength": "strong", "because": {"en": "It loads."}},
        {"id": "other", **word("nothing"), "because": {"en": "It does not."}},
    ]
    return {
        "kind": "Concept",
        "metadata": {"name": "etl", "namespace": "default"},
        "spec": {"text": {"en": {}}, "evidence": evidence, **spec},
    }
