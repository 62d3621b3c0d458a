"""Write a made-up software catalog: N entities in descriptor files of 500 each.

    python benchmarks/generate.py 10000 FOLDER

The same seed gives the same files. JSON is YAML, so that is what is written.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SUBJECTS = (
    "payment billing invoice checkout cart order shipping inventory pricing search ranking "
    "profile session consent fraud ledger refund wallet email push audit report stream trace "
    "gateway media playlist cache config geo route booking review chat"
).split()
_FORMS = "service worker api gateway portal job consumer proxy engine library".split()
_TAGS = "java go python kotlin rust react grpc kafka postgres redis batch internal mobile".split()
#: The share of each kind; what is left are Components.
_SHARES = {
    "Domain": 0.01,
    "System": 0.05,
    "Group": 0.05,
    "User": 0.15,
    "API": 0.18,
    "Resource": 0.12,
}
_PER_FILE = 500


class Catalog:
    """A generator of entities that refer to one another.

    Args:
        count: How many entities.
        seed: What decides all the rest.
    """

    def __init__(self, count: int, seed: int = 7) -> None:
        self._random = random.Random(seed)
        counts = {kind: max(2, int(count * share)) for kind, share in _SHARES.items()}
        counts["Component"] = count - 1 - sum(counts.values())
        self.names = {kind: self._names(kind, number) for kind, number in counts.items()}

    def _names(self, kind: str, number: int) -> list[str]:
        pick = self._random.choice
        return [
            f"{pick(_SUBJECTS)}-{pick(_SUBJECTS)}-{pick(_FORMS)}-{kind.lower()}-{index}"
            for index in range(number)
        ]

    def entities(self) -> Iterator[dict[str, Any]]:
        """Yield every entity, kind by kind."""
        for kind, names in self.names.items():
            for name in names:
                yield {
                    "apiVersion": "backstage.io/v1alpha1",
                    "kind": kind,
                    "metadata": self._metadata(kind, name),
                    "spec": getattr(self, f"_{kind.lower()}")(name),
                }

    def _metadata(self, kind: str, name: str) -> dict[str, Any]:
        subject = self._random.choice(_SUBJECTS)
        metadata = {
            "name": name,
            "title": name.replace("-", " ").title(),
            "description": f"Owns the {subject} data and keeps it in step with {name}. " * 2,
            "labels": {"example.com/tier": str(self._random.randint(1, 4))},
        }
        if kind not in {"User", "Group"}:
            metadata["tags"] = sorted(self._random.sample(_TAGS, 3))
            metadata["annotations"] = {"github.com/project-slug": f"example/{name}"}
        return metadata

    def _one(self, kind: str) -> str:
        return self._random.choice(self.names[kind])

    def _domain(self, _name: str) -> dict[str, Any]:
        return {"owner": self._one("Group")}

    def _system(self, _name: str) -> dict[str, Any]:
        return {"owner": self._one("Group"), "domain": self._one("Domain")}

    def _group(self, name: str) -> dict[str, Any]:
        return {"type": "team", "children": [], "profile": {"displayName": name}}

    def _user(self, name: str) -> dict[str, Any]:
        groups = sorted({self._one("Group"), self._one("Group")})
        return {"memberOf": groups, "profile": {"displayName": name}}

    def _api(self, name: str) -> dict[str, Any]:
        definition = f"openapi: 3.0.0\ninfo: {{title: {name}, version: '1'}}\npaths: {{}}\n" * 4
        return {**self._owned(), "type": "openapi", "definition": definition}

    def _resource(self, _name: str) -> dict[str, Any]:
        return {"type": "database", "owner": self._one("Group"), "system": self._one("System")}

    def _component(self, _name: str) -> dict[str, Any]:
        return {
            **self._owned(),
            "type": self._random.choice(["service", "website", "library"]),
            "providesApis": [self._one("API")],
            "consumesApis": [self._one("API"), self._one("API")],
            "dependsOn": [f"resource:{self._one('Resource')}"],
        }

    def _owned(self) -> dict[str, Any]:
        lifecycle = self._random.choice(["production", "experimental"])
        return {
            "lifecycle": lifecycle,
            "owner": self._one("Group"),
            "system": self._one("System"),
        }


def write(folder: Path, count: int) -> Catalog:
    """Write ``count`` entities, the root Location included, and return their catalog."""
    folder.mkdir(parents=True, exist_ok=True)
    catalog = Catalog(count)
    texts = [json.dumps(entity) for entity in catalog.entities()]
    targets = []
    for start in range(0, len(texts), _PER_FILE):
        name = f"entities-{start // _PER_FILE:03}.yaml"
        (folder / name).write_text("\n---\n".join(texts[start : start + _PER_FILE]) + "\n")
        targets.append(f"./{name}")
    root = {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Location",
        "metadata": {"name": "generated-catalog"},
        "spec": {"targets": targets},
    }
    (folder / "catalog-info.yaml").write_text(json.dumps(root) + "\n")
    return catalog


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    write(arguments.folder, arguments.count)
