"""The register as issues of a forge: where a team really keeps its work.

The interface is the one GitHub and Gitea share: ``/repos/<owner>/<name>/issues``.
An issue carries its item's id in a comment, so that writing twice changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import httpx

from leading import messages
from leading.debt import Debt

_MARK = re.compile(r"<!-- debt: (?P<id>.+?) -->")
_PAGE = 50


class ForgeError(RuntimeError):
    """The forge does not take what it is sent."""


def write_issues(client: httpx.Client, repository: str, register: Sequence[Debt]) -> list[Debt]:
    """Open an issue for each item that has none, and return these items.

    Args:
        client: Knows the address of the interface, and the token.
        repository: ``owner/name``.
        register: The debt there is.

    Raises:
        ForgeError: When the forge refuses.
    """
    known = _known(client, repository)
    added = [debt for debt in register if debt.id not in known]
    for debt in added:
        body = messages.ISSUE.format(effort=debt.effort, interest=debt.interest, path=debt.path)
        content = {"title": debt.title, "body": f"{body}\n\n<!-- debt: {debt.id} -->"}
        _checked(client.post(f"/repos/{repository}/issues", json=content))
    return added


def _known(client: httpx.Client, repository: str) -> set[str]:
    found: set[str] = set()
    page = 1
    while True:
        # Gitea calls it limit, GitHub per_page; each ignores the other's word.
        query: dict[str, str | int] = {"state": "all", "page": page}
        query |= {"limit": _PAGE, "per_page": _PAGE}
        issues = _checked(client.get(f"/repos/{repository}/issues", params=query)).json()
        for issue in issues:
            found |= set(_MARK.findall(issue.get("body") or ""))
        if len(issues) < _PAGE:
            return found
        page += 1


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_error:
        path = response.request.url.path
        raise ForgeError(f"{path} answered {response.status_code} {response.reason_phrase}")
    return response
