"""Real descriptors of public repositories get the verdicts a real Backstage gave them.

The collection is not part of the project: it is read from the folder that
``PORTAL_TEST_CORPUS`` names, or from ``../shared/corpus``, and skipped elsewhere.
``test_descriptors.py`` keeps what was learned from it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from portal.catalog.ingestion.parser import Descriptor
from portal.catalog.ingestion.parser import parse
from portal.scm.snapshot import Blob
from tests.conftest import MakePortal
from tests.http_server import folder_server

_ROOT = Path(__file__).parent.parent.parent
CORPUS = Path(os.environ.get("PORTAL_TEST_CORPUS", _ROOT.parent / "shared" / "corpus"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not CORPUS.is_dir(), reason="the collection is not here: set PORTAL_TEST_CORPUS to it"
    ),
]
Record = dict[str, Any]


def records(name: str) -> list[Record]:
    """Return the records of a file; none when the collection is not here."""
    path = CORPUS / name
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


# --- reading ----------------------------------------------------------------------


def file_of(row: Record) -> str:
    """Return what a test of a file is called."""
    return str(row["file"])


@pytest.mark.parametrize("row", records("verdicts.jsonl"), ids=file_of)
def test_a_file_is_read_as_there(row: Record) -> None:
    found = list(parse(Blob(row["file"], (CORPUS / row["file"]).read_bytes(), "")))
    # Empty documents are recorded, too; they are none.
    wanted = [document for document in row["documents"] if "ignored" not in document]
    assert len(found) == len(wanted)
    for mine, theirs in zip(found, wanted, strict=True):
        if "data" in theirs:
            assert isinstance(mine, Descriptor)
            assert json.dumps(mine.document) == json.dumps(theirs["data"])
        else:
            assert not isinstance(mine, Descriptor)


# --- judging ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def judge(make_shared_portal: MakePortal) -> FlaskClient:
    """Return a client of a portal; the recorded one could read no host, and knew no AI models."""
    files = {"catalog-info.yaml": ""}
    return make_shared_portal(files, location_hosts=(), ai_model=False).client


def document_of(row: Record) -> str:
    """Return what a test of a document is called."""
    return f"{row['file']}#{row['index']}"


def judged() -> list[Record]:
    """Return the recorded judgements; of two, that of the newer Backstage."""
    newer = {document_of(row): row["new"] for row in records("validate-1.57-differences.jsonl")}
    return [row | newer.get(document_of(row), {}) for row in records("validate.jsonl")]


@pytest.mark.parametrize("row", [row for row in judged() if "entity" in row], ids=document_of)
def test_a_document_is_judged_as_there(judge: FlaskClient, row: Record) -> None:
    body = {"entity": row["entity"], "location": "url:https://example.com/catalog-info.yaml"}
    answer = judge.post("/api/catalog/validate-entity", json=body)
    errors = answer.get_json()["errors"] if answer.is_json else []
    assert answer.status_code == row["status"]
    assert errors == row["errors"]


# --- loading ----------------------------------------------------------------------


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """Return a function that serves a folder and returns its address."""
    with ExitStack() as servers:
        yield lambda folder: f"http://{servers.enter_context(folder_server(folder))}"


def root_of(row: Record) -> str:
    """Return what a test of a repository is called."""
    return str(row["root"])


@pytest.mark.parametrize("row", records("expected.jsonl"), ids=root_of)
def test_a_repository_is_loaded_as_there(
    make_portal: MakePortal, serve: Callable[[Path], str], row: Record
) -> None:
    repository = serve(CORPUS / row["root"])
    served = load(make_portal, repository, row)
    wanted = {entity["ref"]: entity for entity in row["entities"] if is_here(row, entity)}
    assert served.keys() >= wanted.keys()
    for ref, entity in wanted.items():
        assert unambiguous(row, served[ref]) == unambiguous(row, entity), ref
        assert served[ref]["relations"] == entity["relations"], ref
    for ref in served.keys() - wanted.keys():
        # A Location with something bad in it is served with its good part, and says so;
        # there it is invisible, and so is what only it leads to.
        assert ref.startswith("location:") or row["failed"], ref


def load(make_portal: MakePortal, repository: str, row: Record) -> dict[str, Record]:
    """Register a repository's roots one after the other; return what is served then."""
    host = repository.partition("://")[2]
    portal = make_portal(sources=[], sync=False, reading_allow=(host,), location_kinds=())
    names = {repository: "<repo>"}
    for root in row["roots"]:
        url = repository + root.removeprefix(row["root"])
        digest = hashlib.sha1(f"url:{url}".encode(), usedforsecurity=False).hexdigest()
        names[digest] = f"<{url.replace(repository, '<repo>')}>"
        location = portal.services.registrations.add("url", url, False)
        portal.sync(location.source_name)
    text = portal.client.get("/api/catalog/entities").text
    for there, here in names.items():
        text = text.replace(there, here)
    return {ref_of(entity): shown(entity) for entity in json.loads(text)}


def ref_of(entity: Record) -> str:
    """Return an entity's ref."""
    meta = entity["metadata"]
    return f"{entity['kind']}:{meta['namespace']}/{meta['name']}".lower()


def shown(entity: Record) -> Record:
    """Return of an entity what is recorded."""
    relations = [[item["type"], item["targetRef"]] for item in entity["relations"]]
    return {"annotations": entity["metadata"]["annotations"], "relations": relations}


def unambiguous(row: Record, entity: Record) -> Record:
    """Leave out the origin where it is one of several registered ones.

    Where two of them lead to a file, the one that was read first is its origin.
    """
    origin = "backstage.io/managed-by-origin-location"
    roots = {f"url:<repo>{root.removeprefix(row['root'])}" for root in row["roots"]}
    found = entity["annotations"]
    assert found[origin] in roots
    return {key: value for key, value in found.items() if key != origin}


def is_here(row: Record, entity: Record) -> bool:
    """Whether the file of a recorded entity, and all on its way, are in the collection."""
    place = entity["annotations"]["backstage.io/managed-by-location"]
    folder = CORPUS / row["root"]
    return (folder / place.removeprefix("url:<repo>/")).exists() and not needs_absent(row, entity)


def needs_absent(row: Record, entity: Record) -> bool:
    """Whether an entity cannot be complete, for a file it includes is not here."""
    place = entity["annotations"]["backstage.io/managed-by-location"]
    file = CORPUS / row["root"] / place.removeprefix("url:<repo>/")
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    included = re.findall(r"\$(?:text|json|yaml): *['\"]?(\./[^\s'\"]+)", text)
    return any(not (file.parent / name).exists() for name in included) or (
        is_led_to_by_absent(row, place)
    )


def is_led_to_by_absent(row: Record, place: str) -> bool:
    """Whether no Location that is here leads to a file."""
    name = place.rpartition("/")[2]
    folder = CORPUS / row["root"]
    roots = {root.removeprefix(row["root"]) for root in row["roots"]}
    if place.removeprefix("url:<repo>") in roots:
        return False
    texts = (p.read_text(encoding="utf-8", errors="replace") for p in folder.rglob("*.y*ml"))
    return not any(name in text for text in texts)
