"""What the OpenAPI document allows and what it does not, sent by callers with different rights.

No request ends in an error of the portal, and every answer has a status, a type and a form that the
document names. ``schemathesis`` makes the requests; its seed is fixed, so a run can be repeated.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from portal.config.quotas import Quota
from tests.attacks.conftest import StartPortal
from tests.attacks.running import RunningPortal

#: It starts a portal of its own, as a process, and sends thousands of requests.
pytestmark = pytest.mark.slow

_ROOT = Path(__file__).parents[2]
_TOKEN = "correct-horse-battery"
_SEED = "20261130"
#: For each operation, beside the edges of its parameters.
_EXAMPLES = "5"
_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
_FILES = {
    "mkdocs.yml": "site_name: shop\n",
    "docs/index.md": "# Shop\n",
    "catalog-info.yaml": """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: shop, annotations: {backstage.io/techdocs-ref: "dir:."}}
spec: {type: service, lifecycle: production, owner: guests}
---
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: say}
spec:
  type: service
  owner: guests
  parameters: {properties: {word: {type: string}}}
  steps: [{id: say, name: say, action: "debug:log", input: {message: "${{ parameters.word }}"}}]
""",
}


@pytest.fixture(scope="module")
def portal(start_portal: StartPortal) -> RunningPortal:
    """Return a portal that asks for credentials, lets guests in and counts no requests."""
    free = dict.fromkeys(Quota, 0)
    options = {"quotas": free, "quotas_in_all": free, "guest_access": "always"}
    return start_portal(_FILES, service_token=_TOKEN, **options)


def _program(portal: RunningPortal) -> str:
    config = portal.folder / "portal.yaml"
    command = [sys.executable, "-m", "portal", "token", "create", "reader", "--scope", "read"]
    done = subprocess.run([*command, "--config", str(config)], capture_output=True, check=True)
    return done.stdout.decode().strip()


def _credentials(portal: RunningPortal, caller: str) -> Mapping[str, str]:
    if caller == "guest":
        session = portal.ask("GET", "/api/auth/guest/refresh").json
        return {"Authorization": f"Bearer {session['backstageIdentity']['token']}"}
    if caller == "reader":
        return {"Authorization": f"Bearer {_program(portal)}"}
    return {"Authorization": f"Bearer {_TOKEN}"} if caller == "administrator" else {}


@pytest.mark.parametrize("caller", ["nobody", "guest", "reader", "administrator"])
def test_answers_are_those_of_the_document(
    portal: RunningPortal, caller: str, tmp_path: Path
) -> None:
    headers = [f"{name}: {value}" for name, value in _credentials(portal, caller).items()]
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run"),
        str(_ROOT / "docs" / "reference" / "openapi.json"),
        *("--url", f"http://127.0.0.1:{portal.port}", "--request-timeout", "30"),
        *("--checks", ",".join(_CHECKS), "--phases", "coverage,fuzzing"),
        *("--max-examples", _EXAMPLES, "--seed", _SEED, "--no-shrink"),
        *(
            "--continue-on-failure",
            "--warnings",
            "off",
            "--suppress-health-check",
            "all",
            "--generation-database",
            "none",
        ),
        *(part for header in headers for part in ("--header", header)),
    ]
    hooks = {"SCHEMATHESIS_HOOKS": "tests.attacks.openapi_hooks", "PYTHONPATH": str(_ROOT)}
    done = subprocess.run(
        command, capture_output=True, cwd=tmp_path, env={**os.environ, **hooks}, check=False
    )
    assert done.returncode == 0, done.stdout.decode()[-20_000:] + done.stderr.decode()
    assert b" passed" in done.stdout
    assert "Traceback" not in portal.log
