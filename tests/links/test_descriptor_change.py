"""A claim is added to a descriptor, and nothing else changes: comments, order, line ends."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from portal.kernel.errors import InputError
from portal.links.proposing.descriptor_change import declare
from portal.links.proposing.descriptor_change import unified_diff

HEAD = """# The service of payments.
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: payments}
spec:
  type: service   # what it is
"""
_FLOW = (
    HEAD.partition("spec:")[0].replace("{", "{{").replace("}", "}}")
    + "spec: {{type: service, owner: a{}}}  # all\n"
)
OTHER = "---\nkind: Component\nmetadata: {name: orders}\nspec:\n  type: service\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (HEAD, f"{HEAD}  implementsConcepts: [retry]\n"),
        (HEAD + "\n# the end\n", f"{HEAD}  implementsConcepts: [retry]\n\n# the end\n"),
        (
            HEAD + "  implementsConcepts: [queue]  # why\n  owner: a\n",
            HEAD + "  implementsConcepts: [queue, retry]  # why\n  owner: a\n",
        ),
        (
            HEAD + "  implementsConcepts:\n    - queue # why\n  owner: a\n",
            HEAD + "  implementsConcepts:\n    - queue # why\n    - retry\n  owner: a\n",
        ),
        (
            HEAD + "  implementsConcepts:\n  - queue\n  owner: a\n",
            HEAD + "  implementsConcepts:\n  - queue\n  - retry\n  owner: a\n",
        ),
        (
            OTHER + "---\n" + HEAD + OTHER,
            f"{OTHER}---\n{HEAD}  implementsConcepts: [retry]\n{OTHER}",
        ),
        (HEAD.rstrip("\n"), f"{HEAD}  implementsConcepts: [retry]"),
        (
            _FLOW.format(""),
            _FLOW.format(", implementsConcepts: [retry]"),
        ),
        (
            HEAD.replace("\n", "\r\n"),
            (HEAD + "  implementsConcepts: [retry]\n").replace("\n", "\r\n"),
        ),
    ],
    ids=[
        "none",
        "comment",
        "flow",
        "block",
        "flat block",
        "several",
        "no newline",
        "flow spec",
        "crlf",
    ],
)
def test_one_claim_is_added(tmp_path: Path, before: str, after: str) -> None:
    changed = declare(before.encode(), "component", "payments", "retry")
    assert changed.decode() == after

    path = tmp_path / "catalog-info.yaml"
    path.write_bytes(before.encode())
    patch = unified_diff("catalog-info.yaml", before.encode(), changed)
    command = ("git", "apply", "-p1", "--whitespace=nowarn", "-")
    subprocess.run(command, cwd=tmp_path, input=patch.encode(), check=True)
    assert path.read_bytes() == changed


@pytest.mark.parametrize(
    "text",
    [
        '{"kind": "Component", "metadata": {"name": "payments"}, "spec": {"type": "service"}}\n',
        HEAD + "  implementsConcepts: &all [queue]\n",
        HEAD + "  implementsConcepts: [queue,\n    etl]\n",
        HEAD + "  implementsConcepts: [retry]\n",
        HEAD.replace("payments}", "others}"),
    ],
    ids=["flow", "anchor", "lines", "claimed", "gone"],
)
def test_what_cannot_be_changed_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        declare(text.encode(), "Component", "payments", "retry")
