"""What real descriptors hold that one would not think of, and how each is read.

Our own small equivalents of the cases of the collection (``test_corpus.py``): what npm
``yaml`` makes of them is what is expected, whatever other YAML readers do.
"""

from __future__ import annotations

from typing import Any

import pytest

from portal.catalog.ingestion.parser import Descriptor
from portal.catalog.ingestion.parser import parse
from portal.model.entity import StatusItem
from portal.scm.snapshot import Blob

CASES: dict[str, tuple[str, list[Any]]] = {
    "a block keeps one final newline": ("a: |\n  x\n\n\nb: 1\n", [{"a": "x\n", "b": 1}]),
    "a block at the end of the file": ("a: |\n  x", [{"a": "x\n"}]),
    "a stripped block": ("a: |-\n  x\n\n", [{"a": "x"}]),
    "a block that keeps all": ("a: |+\n  x\n\n", [{"a": "x\n\n"}]),
    "a folded block": ("a: >\n  x\n  y\n\n  z\n", [{"a": "x y\nz\n"}]),
    "on, yes and no are texts": ("on: yes\nno: off\n", [{"on": "yes", "no": "off"}]),
    "true and null are not": (
        "a: true\nb: null\nc: ~\nd:\n",
        [{"a": True, "b": None, "c": None, "d": None}],
    ),
    "a date is a text": ("a: 2026-01-31\n", [{"a": "2026-01-31"}]),
    "a clock is a text": ("a: 12:30:45\n", [{"a": "12:30:45"}]),
    "a number with a leading zero": ("a: 012\n", [{"a": 12}]),
    "octal, hexadecimal": ("a: 0o14\nb: 0xff\n", [{"a": 12, "b": 255}]),
    "a number with underscores is a text": ("a: 1_000\n", [{"a": "1_000"}]),
    "a version is no number": ("a: 1.2.3\nb: v1\n", [{"a": "1.2.3", "b": "v1"}]),
    "a template expression": (
        "a: ${{ parameters.name }}\nb: '{{ x }}'\n",
        [{"a": "${{ parameters.name }}", "b": "{{ x }}"}],
    ),
    "a template expression as a key": ("a:\n  {{ x }}: 1\n", [{"a": {"{ ? { x } }": 1}}]),
    "a template expression as a value": ("a: {{ x }}\n", [{"a": {"{ x }": None}}]),
    "empty documents are none": ("---\n---\na: 1\n---\n# only words\n---\n", [{"a": 1}]),
    "merge keys are not expanded": ("a: {<<: {b: 1}}\n", [{"a": {"<<": {"b": 1}}}]),
    "windows line ends": ("a: 1\r\nb: |\r\n  x\r\n", [{"a": 1, "b": "x\n"}]),
    "a byte order mark": ("\ufeffa: 1\n", [{"a": 1}]),
    "emoji and Korean": ("a: 🚀 용어\n", [{"a": "🚀 용어"}]),
    "a tab after a value": ("a: 1\t# one\nb: x\t\n", [{"a": 1, "b": "x"}]),
    "a document that is a text": ("---\njust words\n---\na: 1\n", [None, {"a": 1}]),
    "a broken document does not stop the next": ("a: [\n---\nb: 1\n", [None, {"b": 1}]),
    "a key that is there twice": ("a: 1\na: 2\n", [None]),
}


@pytest.mark.parametrize(("text", "documents"), CASES.values(), ids=CASES)
def test_it_is_read_as_npm_yaml_reads_it(text: str, documents: list[Any]) -> None:
    found = list(parse(Blob("catalog-info.yaml", text.encode(), "")))
    shown = [item.document if isinstance(item, Descriptor) else None for item in found]
    assert shown == documents
    assert all(isinstance(x, StatusItem) for x, y in zip(found, shown, strict=True) if y is None)
