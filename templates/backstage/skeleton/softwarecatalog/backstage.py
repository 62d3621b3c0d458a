"""A running Backstage: asked to judge entities the way it would when they are registered."""

import json
from collections.abc import Sequence
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from softwarecatalog.entities import Entity


def refusals(entities: Sequence[Entity], url: str, token: str = "") -> dict[str, str]:
    """Give the entities a Backstage would not take, and what it says about them.

    Locations are left out: a Backstage would begin to read what they lead to.

    Raises:
        URLError: There is no Backstage at the address, or it does not let us in.
    """
    asked = [entity for entity in entities if entity.kind != "Location"]
    said = {entity.ref: _ask(entity, url.rstrip("/"), token) for entity in asked}
    return {ref: text for ref, text in said.items() if text}


def _ask(entity: Entity, url: str, token: str) -> str:
    body = {"entity": entity.data, "location": "url:https://example.com/catalog-info.yaml"}
    request = Request(  # noqa: S310 - the address the user gave
        f"{url}/api/catalog/validate-entity",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urlopen(request, timeout=30):  # noqa: S310
            return ""
    except HTTPError as error:
        if error.code != 400:  # noqa: PLR2004
            raise
        return error.read().decode(errors="replace")
