"""``http:backstage:request``: a request to the portal's own API, or to a proxy.

The input and output are those of the action of RoadieHQ. Requests to the portal carry a new
token of the user who started the task; a proxy gets the operator's token for it, and no other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import MutableMapping
from typing import Any

from portal.config.sources import HTTP_METHODS
from portal.config.sources import Proxy
from portal.integrations.lending import why_not_used
from portal.integrations.tokens import read_token
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import SourceError
from portal.kernel.http import Credential
from portal.kernel.http import HttpClient
from portal.kernel.http import HttpResponse
from portal.kernel.http import origin_of
from portal.kernel.json_text import Json
from portal.kernel.json_text import parse_json
from portal.scaffolder.actions.http_targets import Target
from portal.scaffolder.actions.http_targets import target_of
from portal.scaffolder.publishing.inputs import choice
from portal.scaffolder.running.action import Action
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionError
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.running.action import Example
from portal.scaffolder.running.action import an_object
from portal.scaffolder.running.action import flag
from portal.scaffolder.running.action import text

_ID = "http:backstage:request"
_TIMEOUT = 60_000
_LONGEST_TIMEOUT = 300_000
#: Methods that change nothing: dry runs send these.
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_CHARSET = re.compile(r"charset=\"?(?P<name>[\w-]+)", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
#: Headers that say how a message is sent; they are ours.
_OURS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
#: Headers with credentials: those of the portal's users are sent to the portal only.
_CREDENTIALS = frozenset({"authorization", "cookie", "backstage-token"})


def _request(context: ActionContext) -> ActionResult:
    given, method = context.input, context.input["method"]
    target = target_of(context.environment, given["path"], given.get("params") or {})
    if target.proxy is not None and method not in target.proxy.methods:
        raise NotAllowedError(
            f"the proxy '{target.proxy.name}' takes {', '.join(target.proxy.methods)} only"
        )
    where = f" against {given['path']}" if given.get("logRequestPath", True) else ""
    context.log(f"Creating {method} request with {_ID} scaffolder action{where}")
    is_offline = context.environment.issue_token is None
    if context.task.is_dry_run and (is_offline or method not in _SAFE):
        reason = "there is no portal" if is_offline else f"'{method}' changes something"
        context.log(f"Dry run mode. The request is not sent: {reason}")
        return ActionResult(context.tree)
    if target.proxy is not None and (reason := why_not_used(target.proxy, context.task.borrower)):
        if not context.task.is_dry_run:
            raise NotAllowedError(f"the proxy '{target.proxy.name}' cannot be used: {reason}")
        context.log(f"Dry run mode. The request is not sent: {reason}")
        return ActionResult(context.tree)
    key = given.get("idempotencyKey")
    output = context.checkpoint(key, lambda: _sent(context, target)) if key else None
    return ActionResult(context.tree, output or _sent(context, target))


def _sent(context: ActionContext, target: Target) -> dict[str, Json]:
    """Send the request and return the output.

    Raises:
        ActionError: When the server refuses, redirects or does not answer in time.
    """
    milliseconds = min(context.input.get("timeout", _TIMEOUT), _LONGEST_TIMEOUT)
    headers = dict(_headers(context, target))
    body = _body(context.input.get("body"), headers)
    client = HttpClient([origin_of(target.base)], milliseconds / 1000)
    try:
        answer = client.send(
            context.input["method"],
            target.url,
            body,
            headers,
            _credential(context, target, headers),
        )
    except SourceError as error:
        raise ActionError(f"There was an issue with the request: {error.message}") from None
    return _output(context, answer)


def _output(context: ActionContext, answer: HttpResponse) -> dict[str, Json]:
    content = _content(answer)
    if answer.status < 300:
        return {"code": answer.status, "headers": dict(answer.headers), "body": content}
    if answer.status < 400:
        raise ActionError("Unable to complete request: it redirects, which is not followed")
    context.log(
        f"There was an issue with your request. Status code: {answer.status} "
        f"Response body: {json.dumps(content, ensure_ascii=False)}"
    )
    if context.input.get("continueOnBadResponse"):
        return {"code": answer.status, "headers": {}, "body": content}
    raise ActionError("Unable to complete request")


def _content(answer: HttpResponse) -> Json:
    """Return the body as JSON, or as the member ``message`` where it is another text.

    Raises:
        ActionError: When it is called JSON, but is none.
    """
    kind = answer.headers.get("content-type", "")
    charset = _CHARSET.search(kind)
    try:
        if "application/json" in kind:
            return parse_json(answer.body) if answer.body else None
        return {"message": answer.body.decode(charset["name"] if charset else "utf-8")}
    except (ValueError, LookupError):
        raise ActionError("Could not parse response body: it is no text, or no JSON") from None


def _headers(context: ActionContext, target: Target) -> Iterator[tuple[str, str]]:
    """Yield the headers of the input that may be sent.

    Raises:
        InputError: When a name or a value is none of a header.
    """
    for name, value in (context.input.get("headers") or {}).items():
        words = str(value)
        if not _NAME.fullmatch(name) or not (words.isascii() and words.isprintable()):
            raise InputError(f"headers: '{name}' is not a header with a value in plain ASCII")
        is_secret = name.lower() in _CREDENTIALS and target.proxy is not None
        if name.lower() in _OURS or is_secret:
            reason = "only the operator's token goes to a proxy" if is_secret else "it is set here"
            context.log(f"The header {name} has no effect: {reason}")
        else:
            yield name, words


def _body(body: Json, headers: MutableMapping[str, str]) -> bytes | None:
    """Return the bytes of a body: JSON unless it is a text.

    Args:
        body: The input.
        headers: Those that are sent; ``Content-Type`` is added to them for JSON.
    """
    if body is None:
        return None
    if isinstance(body, str):
        return body.encode()
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json"
    return json.dumps(body).encode()


def _credential(
    context: ActionContext, target: Target, headers: Mapping[str, str]
) -> Credential | None:
    """Return the secret header of a request; ``None`` for a request in nobody's name."""
    origin = origin_of(target.base)
    if (proxy := target.proxy) is not None:
        token = read_token(proxy.token_env, context.environment.integrations.env)
        return Credential(origin, proxy.token_header, _value(proxy, token)) if token else None
    issue, user = context.environment.issue_token, context.task.user_ref
    if any(name.lower() == "authorization" for name in headers) or issue is None or not user:
        return None
    token = issue(user)
    context.redactor.hide(token)
    context.log("Token is defined. Setting authorization header.")
    return Credential(origin, "Authorization", f"Bearer {token}")


def _value(proxy: Proxy, token: str) -> str:
    """Return the value of the header with a token, which may name its scheme itself."""
    is_plain = proxy.token_header.lower() != "authorization" or " " in token
    return token if is_plain else f"Bearer {token}"


_EXAMPLE = """\
steps:
  - id: owner
    name: Look up the owner
    action: http:backstage:request
    input:
      method: GET
      path: catalog/entities/by-name/group/default/backend
"""
_ANYTHING: dict[str, Any] = {"type": "object", "additionalProperties": {}}

HTTP_REQUEST = (
    Action(
        _ID,
        "Sends a request to the portal's own API, in the name of the user who started the "
        "task, or to a server that the operator allows, below proxy/.",
        _request,
        an_object(
            ("path", "method"),
            path=text("The plugin and the place in it: catalog/entities"),
            method=choice("The method", *HTTP_METHODS),
            headers={**_ANYTHING, "description": "Headers"},
            params={**_ANYTHING, "description": "Parameters of the query"},
            body={"description": "The body: a text, or what is sent as JSON"},
            logRequestPath=flag("Whether the log tells the path; it does if not given"),
            continueOnBadResponse=flag("Whether a response of 400 and above is no error"),
            timeout={
                "type": "number",
                "description": "Milliseconds; five minutes at most",
                "default": _TIMEOUT,
            },
            useBackstageToken=flag("Taken for compatibility; the user's token is always used"),
            idempotencyKey=text("If given, the request is sent once in the life of the task"),
        ),
        an_object(
            code=text("The response's status, a number"),
            headers={**_ANYTHING, "description": "Its headers"},
            body={"description": "Its body; a text is its member message"},
        ),
        examples=(Example("Look something up in the catalog", _EXAMPLE),),
    ),
)
