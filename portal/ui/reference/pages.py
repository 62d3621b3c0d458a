"""The page of the API's documentation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint
from flask import Response
from flask import request

from portal.kernel.errors import NotFoundError
from portal.ui.frame import reader
from portal.ui.frame.page import AddPages
from portal.ui.frame.page import page
from portal.ui.reference.document import part_of
from portal.ui.reference.document import read_reference
from portal.web.doors import public

#: The part with the data types.
SCHEMAS = "schemas"


def reference_pages(openapi: Callable[[], dict[str, Any]]) -> AddPages:
    """Return the page of the API's documentation.

    Args:
        openapi: Returns the OpenAPI document of the whole API.
    """

    def add(bp: Blueprint) -> None:
        @bp.get("/api/docs")
        @public("describes the API, holds nothing of the catalog")
        def get_api_docs() -> Response:
            """Show the OpenAPI document for reading: its contents, or a part of it.

            Raises:
                NotFoundError: When there is no such part.
            """
            reads = reader.reader_of(request)
            reference = read_reference(openapi(), reader.public_url())
            part = request.args.get("part")
            if part is None:
                return page("reference/contents", reads, reference=reference)
            names = [group.name for group in reference.groups]
            if part not in (*names, SCHEMAS):
                raise NotFoundError(f"The API has no part {part!r}")
            shown = part_of(reference, "" if part == SCHEMAS else part)
            return page("reference/api", reads, reference=shown, part=part, names=names)

    return add
