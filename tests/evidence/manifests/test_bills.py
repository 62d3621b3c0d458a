"""Bills of materials: package URLs, also of nested components; wrong content is no crash."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portal.evidence.manifests.table import reader_of


def read(name: str, document: Any) -> list[tuple[str, str]]:
    reader = reader_of(name)
    assert reader is not None
    text = json.dumps(document)
    return [(one.purl.to_string(), one.scope) for one in reader(text, name, lambda _path: None)]


def test_cyclonedx_has_nested_components() -> None:
    inner = {"purl": "pkg:pypi/pybreaker@1.0", "scope": "optional"}
    outer = {"purl": "pkg:npm/opossum@8.1.0", "components": [inner]}
    document = {"bomFormat": "CycloneDX", "components": [outer]}

    assert read("bom.json", document) == [
        ("pkg:npm/opossum@8.1.0", "runtime"),
        ("pkg:pypi/pybreaker@1.0", "optional"),
    ]


def test_spdx_has_external_references() -> None:
    reference = {"referenceType": "purl", "referenceLocator": "pkg:pypi/feast@0.40"}
    document = {"packages": [{"externalRefs": [reference, {"referenceType": "cpe23Type"}]}]}

    assert read("shop.spdx.json", document) == [("pkg:pypi/feast@0.40", "runtime")]


@pytest.mark.parametrize("wrong", [None, 1, "x", [], [1], {}, {"a": 1}], ids=repr)
def test_wrong_content_has_no_packages(wrong: Any) -> None:
    component = {"purl": wrong, "scope": wrong, "components": wrong}
    bills = [
        {"bomFormat": "CycloneDX", "components": wrong},
        {"bomFormat": "CycloneDX", "components": [component]},
    ]
    documents = [
        {"packages": wrong},
        {"packages": [{"externalRefs": wrong}]},
        {"packages": [{"externalRefs": [{"referenceType": "purl", "referenceLocator": wrong}]}]},
    ]
    assert [read("bom.json", one) for one in bills] == [[], []]
    assert [read("a.spdx.json", one) for one in documents] == [[], [], []]


@pytest.mark.parametrize("text", ["[]", "1", "[" * 100_000])
def test_what_is_no_object_is_told(text: str) -> None:
    for name in ("bom.json", "a.spdx.json"):
        reader = reader_of(name)
        assert reader is not None
        with pytest.raises(ValueError, match=r"object|nested|Expecting|recursion"):
            list(reader(text, name, lambda _path: None))
