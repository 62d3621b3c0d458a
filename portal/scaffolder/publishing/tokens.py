"""With whose token a step works at a forge: the user's, or the operator's where it is lent.

A user's token that is named and missing is an error: going on with the operator's would give
everybody who leaves theirs out the operator's rights.
"""

from __future__ import annotations

from portal.integrations.lending import ASK_THE_USER
from portal.integrations.repo_urls import target_of_remote
from portal.kernel.errors import NotAllowedError
from portal.scaffolder.running.action import ActionContext
from portal.scm.urls import Remote
from portal.scm.urls import host_of


def token_for(context: ActionContext, host: str, target: str) -> tuple[str, str]:
    """Return the token for a target, and the user it belongs to; empty when there are none.

    Args:
        context: The step.
        host: The host.
        target: What is worked on, as ``host/owner/repository``.

    Raises:
        NotAllowedError: When the step names a user's token and there is none, or the operator
            lends none.
        ConfigError: When the operator's token is not set.
    """
    given = context.input.get("token")
    if given:
        return given, ""
    if given is not None:
        raise NotAllowedError(
            f"the step is to work at {host} with a token of the user, and there is none: "
            f"{ASK_THE_USER}"
        )
    return operator_token(context, host, target)


def operator_token(context: ActionContext, host: str, target: str) -> tuple[str, str]:
    """Return the operator's token for a target, and its user; raises as ``token_for`` does."""
    integrations = context.environment.integrations
    return integrations.lent(host, context.task.borrower, target), integrations.user(host)


def token_to_push(context: ActionContext, remote: Remote, given: str) -> tuple[str, str]:
    """Return the token to push with, and its user; empty over ssh, where a key is used.

    The key is the operator's, so it is lent as a token is.

    Args:
        context: The step.
        remote: Where to.
        given: The token that the step has found already.

    Raises:
        NotAllowedError: As ``token_for`` does.
        ConfigError: When the operator's token is not set.
    """
    host, target = host_of(remote.url), target_of_remote(remote.url)
    if not remote.origin:
        context.environment.integrations.check_lent(host, context.task.borrower, target)
        return "", ""
    return (given, "") if given else token_for(context, host, target)
