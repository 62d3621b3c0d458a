"""One descriptor becomes one entity, or is told why not, in Backstage's words."""

from __future__ import annotations

from typing import Any

import pytest

from portal.catalog.ingestion.parser import Descriptor
from portal.catalog.ingestion.placeholders import Placeholders
from portal.catalog.ingestion.processor import REJECTED_URL
from portal.catalog.ingestion.processor import DescriptorOrigin
from portal.catalog.ingestion.processor import ProcessingResult
from portal.catalog.ingestion.processor import process
from portal.kernel import yaml12
from portal.kernel.errors import NotFoundError
from portal.model.refs import LocationRef
from portal.scm.snapshot import Blob

FILE = LocationRef("file", "content/a.yaml")
POLICY = "Policy check failed for component:default/x; caused by Error: "
KIND = (
    "Processor BuiltinKindsEntityProcessor threw an error while validating the entity "
    "component:default/x; caused by TypeError: "
)
TEXT = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: x
spec:
  type: service
  lifecycle: production
  owner: o
"""


def refuse(path: str) -> Blob:
    raise NotFoundError(f"file {path} does not exist")


def judge(text: str, location: LocationRef = FILE, allow: Any = frozenset()) -> ProcessingResult:
    data = text.encode()
    descriptor = Descriptor(yaml12.read_one(data), Blob("a.yaml", data, "id"), 1)
    origin = DescriptorOrigin(location, LocationRef(location.type, "root"), allow)
    return process(descriptor, origin, Placeholders("a.yaml", "content", refuse))


def changed(old: str, new: str, **options: Any) -> ProcessingResult:
    assert old in TEXT
    return judge(TEXT.replace(old, new), **options)


def entity(result: ProcessingResult) -> dict[str, Any]:
    assert result.entity is not None, result.items
    return result.entity


def test_a_sound_descriptor_is_completed() -> None:
    found = entity(judge(TEXT))
    assert found["metadata"] == {
        "name": "x",
        "namespace": "default",
        "annotations": {
            "backstage.io/managed-by-location": "file:content/a.yaml",
            "backstage.io/managed-by-origin-location": "file:root",
        },
    }


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name: x", "name: has space", 'Policy check failed for component:default/has space; caused by Error: "metadata.name" is not valid;'),
        ("name: x", "name: x\n  annotations: {foo.com/x: 1}", POLICY + "Malformed envelope, /metadata/annotations/foo.com~1x must be string"),
        ("spec:", "extra: 1\nspec:", POLICY + "Malformed envelope, <root> must NOT have additional properties"),
        ("spec:", "relations: []\nspec:", POLICY + "Unknown field relations"),
        ("spec:", "status: {}\nspec:", POLICY + "Unknown field status"),
        ("kind: Component\nmetadata:\n  name: x\n", "kind: Component\n", "<root> must have required property 'metadata' - missingProperty: metadata"),
        ("name: x", "name: 1", "/metadata/name must be string - type: string"),
        ("  lifecycle: production\n", "", KIND + "/spec must have required property 'lifecycle' - missingProperty: lifecycle"),
        ("owner: o", "owner: ''", KIND + "/spec/owner must NOT have fewer than 1 characters - limit: 1"),
        ("spec:\n", "spec: []\nx:\n", POLICY + "Malformed envelope, <root> must NOT have additional properties"),
        ("kind: Component", "kind: Widget", "No processor recognized the entity widget:default/x as valid, possibly caused by a foreign kind or apiVersion"),
        ("kind: Component", "kind: component", "No processor recognized the entity component:default/x as valid, possibly caused by a foreign kind or apiVersion"),
        ("v1alpha1", "v9", "No processor recognized the entity component:default/x as valid, possibly caused by a foreign kind or apiVersion"),
        ("owner: o", "owner: 'a:'", 'Processor BuiltinKindsEntityProcessor threw an error while postprocessing; caused by Error: Entity reference "a:" was not on the form [<kind>:][<namespace>/]<name>'),
        ("type: service", "type: service\n  a: 1\n  A: 2", "Entity has duplicate keys that vary only in casing, 'spec.A'"),
        ("owner: o", "owner: {$text: ./none}", "Processor PlaceholderProcessor threw an error while preprocessing; caused by Error: Placeholder $text could not read location ./none, NotFoundError: file none does not exist"),
    ],
)  # fmt: skip
def test_a_broken_descriptor_is_told_in_the_words_of_the_contract(
    old: str, new: str, message: str
) -> None:
    result = changed(old, new)
    assert result.entity is None
    assert result.items[0].message.startswith(message)
    assert result.items[0].position is not None


def test_no_spec_at_all() -> None:
    result = judge(TEXT.partition("spec:")[0])
    assert result.items[0].message == (
        KIND + "<root> must have required property 'spec' - missingProperty: spec"
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "column"),
    [
        ("owner: o", "owner: ''", 8, 3),
        ("name: x", "name: has space", 4, 3),
        ("kind: Component", "kind: Widget", 2, 1),
        ("type: service", "dependsOn: [api:a, lib]\n  type: t", 6, 22),
    ],
)
def test_the_place_is_the_value_at_fault(old: str, new: str, line: int, column: int) -> None:
    [item] = changed(old, new).items
    assert item.position is not None
    assert (item.position.line, item.position.column) == (line, column)


def test_lists_of_refs_are_sorted_and_others_are_not() -> None:
    found = entity(
        changed(
            "owner: o",
            "owner: o\n  dependsOn: [api:b, api:a]\n  other: [b, a]\n  consumesApis: [b, a]",
        )
    )
    assert found["spec"]["dependsOn"] == ["api:a", "api:b"]
    assert found["spec"]["consumesApis"] == ["a", "b"]
    assert found["spec"]["other"] == ["b", "a"]


@pytest.mark.parametrize(
    "url", ["javascript:x", "JaVaScRiPt:x", '"java\\tscript:x"', '"\\tjavascript:x"']
)
@pytest.mark.parametrize("key", ["view-url", "edit-url"])
def test_an_annotation_that_is_a_script_is_replaced(key: str, url: str) -> None:
    found = entity(changed("name: x", f"name: x\n  annotations:\n    backstage.io/{key}: {url}"))
    assert found["metadata"]["annotations"][f"backstage.io/{key}"] == REJECTED_URL


@pytest.mark.parametrize(
    ("target", "edit", "source"),
    [
        ("https://github.com/o/r/blob/main/x/a.yaml", "https://github.com/o/r/edit/main/x/a.yaml", "url:https://github.com/o/r/tree/main/x/"),
        ("https://gitlab.com/o/r/-/blob/main/a.yaml", "https://gitlab.com/o/r/-/edit/main/a.yaml", "url:https://gitlab.com/o/r/-/tree/main/"),
    ],
)  # fmt: skip
def test_a_file_of_a_forge_says_where_it_is_seen_and_edited(
    target: str, edit: str, source: str
) -> None:
    annotations = entity(judge(TEXT, LocationRef("url", target)))["metadata"]["annotations"]
    assert annotations["backstage.io/view-url"] == target
    assert annotations["backstage.io/edit-url"] == edit
    assert annotations["backstage.io/source-location"] == source


def test_what_the_author_wrote_wins_but_for_where_it_comes_from() -> None:
    text = TEXT.replace(
        "name: x",
        "name: x\n  annotations:\n    backstage.io/view-url: https://mine\n"
        "    backstage.io/managed-by-location: url:https://forged\n"
        "    backstage.io/managed-by-origin-location: url:https://forged",
    )
    target = LocationRef("url", "https://github.com/o/r/blob/main/a.yaml")
    annotations = entity(judge(text, target))["metadata"]["annotations"]
    assert annotations["backstage.io/view-url"] == "https://mine"
    assert "forged" not in str(annotations)


def test_of_many_mistakes_the_first_ten_are_told() -> None:
    tags = ", ".join(["UPPER"] * 1_000)
    assert len(changed("name: x", f"name: x\n  tags: [{tags}]").items) == 10


def test_a_kind_the_source_may_not_define() -> None:
    [item] = judge(TEXT, allow=frozenset({"api"})).items
    assert item.error == "NotAllowedError"
    assert item.hint == "The source allows: api."
    assert entity(judge(TEXT, allow=frozenset({"component"})))
