"""Whether a template gets a token of the operator: the one place that decides.

Templates are written by others than the operator, and the operator's tokens reach what those
who run them do not. So a token goes to templates from the operator's own sources only, unless
it is bound to targets, and never beyond what it is bound to.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from portal.config.sources import Integration
from portal.config.sources import Proxy

#: How a template gets a user's token; told where one is missing.
ASK_THE_USER = (
    "give a token of your own: the template asks for it with the form field RepoUrlPicker and its "
    "ui:options 'requestUserCredentials: {secretsKey: USER_OAUTH_TOKEN}', and hands it to the step "
    "as 'token: ${{ secrets.USER_OAUTH_TOKEN }}'"
)


@dataclass(frozen=True, slots=True)
class Borrower:
    """A template that a token is wanted for.

    Attributes:
        template: Its entity ref; empty when it has none, or none that can be believed.
        is_operated: Whether it is from a repository that the operator chose as a source; not
            one that somebody registered, or sent along with a request.
    """

    template: str = ""
    is_operated: bool = False


def why_not_lent(bound: Integration, borrower: Borrower, target: str) -> str:
    """Return why the operator's token of a host is not lent; empty when it is.

    Args:
        bound: The integration of the host, with what its token is bound to.
        borrower: Who wants it.
        target: What it is wanted for: ``host/owner/repository`` in lower case.
    """
    if bound.user_token:
        return "everybody has to use a token of their own there"
    if bound.targets and not _is_among(target, bound.targets):
        return f"the operator's token is bound to other targets than {target or 'this one'}"
    if bound.templates and not (
        borrower.is_operated and _is_among(borrower.template, bound.templates)
    ):
        return "the operator's token is bound to other templates"
    if not (borrower.is_operated or bound.targets):
        return "the operator's token is for templates of the operator's own sources only"
    return ""


def why_not_used(proxy: Proxy, borrower: Borrower) -> str:
    """Return why a template may not send requests to a proxy; empty when it may."""
    if proxy.templates and not (
        borrower.is_operated and _is_among(borrower.template, proxy.templates)
    ):
        return "the operator allows it to other templates"
    if proxy.token_env and not borrower.is_operated:
        return "its token is for templates of the operator's own sources only"
    return ""


def _is_among(text: str, patterns: tuple[str, ...]) -> bool:
    return bool(text) and any(fnmatchcase(text.lower(), each.lower()) for each in patterns)


def message_of(host: str, reason: str) -> str:
    """Return the message for a step that needs a token and gets none."""
    return f"there is no token for {host}: {reason}; {ASK_THE_USER}"
