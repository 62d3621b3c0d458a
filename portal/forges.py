"""The types of forges: one row of constants for each.

The code that uses them is in ``integrations``. A new type of forge is a row here, and a
client in ``integrations/clients`` if the portal is to use its API.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

_JSON = {"Accept": "application/json"}
_GITLAB_PAGE = "?per_page=100&order_by=id&sort=asc"
_GITHUB_PAGE = "?per_page=100&sort=created&direction=asc"


@dataclass(frozen=True, slots=True)
class Webhook:
    """The authentication and the events of a forge's webhooks; headers are in lower case.

    Attributes:
        proof: The header with the signature or the secret.
        is_signed: Whether the header is the body's HMAC-SHA256 in hexadecimal digits;
            otherwise it is the secret itself.
        deliveries: The headers that may identify a delivery; the first one present counts.
        event: The header with the name of the event.
        pushes: The names of push events.
        prefix: The text before the signature in its header: ``sha256=``, or empty.
        ping: The name of the event that only tests the webhook; empty if there is none.
    """

    proof: str
    is_signed: bool
    deliveries: tuple[str, ...]
    event: str
    pushes: frozenset[str]
    prefix: str = ""
    ping: str = ""


@dataclass(frozen=True, slots=True)
class Forge:
    """The constants of one type of forge.

    Attributes:
        type: Its name in settings and templates.
        host: The public server that is the default in forms; empty if there is none.
        other_hosts: Further public servers of the type.
        host_words: Words in a host's name from which the type of a server that is not
            configured is guessed.
        public_api: The base URL of the API of ``host``, if it is at another server.
        api_path: The path of the API at any other server; ``/`` is its root, and empty that
            the portal has no client for it.
        auth_word: The scheme before the token in the header ``Authorization``. After
            ``Basic`` comes the base64 of user and token; so it is for every token that
            belongs to a named user.
        api_headers: Further headers of requests to the API.
        api_query: Query parameters of every request to the API.
        json_prefix: What the API writes before its JSON, so that no script can read it.
        list_member: The member of a response that has the entries of a list; empty when the
            response is the list.
        page_size: The API's query parameter for the number of entries of a page.
        listings: The API's paths that list the repositories of ``{owner}``, the likeliest
            first; empty when they cannot be discovered.
        git_user: The user name that git sends with a token.
        named_git_user: The one it sends with the token of a named user; empty for that name.
        owner_parts: The parts of ``repoUrl`` that make the owner, which has a slash between.
        has_nested_names: Whether a repository's name may contain slashes.
        remote_path: The path of a remote, as a regular expression with ``owner`` and ``repo``.
        repo_url_parts: The alternatives of required parts of ``host?owner=…&repo=…``, in the
            order in which missing ones are reported.
        browse: The path of the files at ``{ref}``, relative to the repository's address.
        change_ref: The ref of the branch that a pull request wants to merge, with its
            ``{number}``; empty when the forge has none.
        slug_annotation: The annotation of a component that names its repository.
        webhook: Its webhooks; ``None`` when they are not supported.
    """

    type: str
    host: str = ""
    other_hosts: tuple[str, ...] = ()
    host_words: tuple[str, ...] = ()
    public_api: str = ""
    api_path: str = ""
    auth_word: str = "Bearer"
    api_headers: Mapping[str, str] = field(default_factory=lambda: _JSON)
    api_query: Mapping[str, str] = field(default_factory=dict)
    json_prefix: str = ""
    list_member: str = ""
    page_size: str = "per_page"
    listings: tuple[str, ...] = ()
    git_user: str = "x-access-token"
    named_git_user: str = ""
    owner_parts: tuple[str, ...] = ("owner",)
    has_nested_names: bool = False
    remote_path: str = r"(?P<owner>.+)/(?P<repo>[^/]+?)(?:\.git)?/?"
    repo_url_parts: tuple[tuple[str, ...], ...] = (("repo",),)
    browse: str = "/blob/{ref}"
    change_ref: str = ""
    slug_annotation: str = ""
    webhook: Webhook | None = None

    @property
    def hosts(self) -> tuple[str, ...]:
        """The public servers of the type."""
        return (*((self.host,) if self.host else ()), *self.other_hosts)

    def api_of(self, host: str) -> str:
        """Return the base URL of a server's API; empty when the portal has no client for it."""
        if host == self.host and self.public_api:
            return self.public_api
        return f"https://{host}{self.api_path}".rstrip("/") if self.api_path else ""

    def git_user_of(self, user: str) -> str:
        """Return the user name that git sends with a token.

        Args:
            user: The user to whom the token belongs; empty when it names none.
        """
        return (self.named_git_user or user) if user else self.git_user


_ROWS = (
    Forge(
        "github",
        host="github.com",
        host_words=("github",),
        public_api="https://api.github.com",
        api_path="/api/v3",
        api_headers={
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
        listings=(f"/orgs/{{owner}}/repos{_GITHUB_PAGE}", f"/users/{{owner}}/repos{_GITHUB_PAGE}"),
        repo_url_parts=(("repo", "owner"),),
        change_ref="refs/pull/{number}/head",
        slug_annotation="github.com/project-slug",
        webhook=Webhook(
            "x-hub-signature-256",
            is_signed=True,
            prefix="sha256=",
            deliveries=("x-github-delivery",),
            event="x-github-event",
            pushes=frozenset({"push"}),
            ping="ping",
        ),
    ),
    Forge(
        "gitlab",
        host="gitlab.com",
        host_words=("gitlab",),
        api_path="/api/v4",
        # GitLab accepts every type of token here, but no OAuth tokens in ``PRIVATE-TOKEN``.
        auth_word="Bearer",
        listings=(
            f"/groups/{{owner}}/projects{_GITLAB_PAGE}&include_subgroups=true&with_shared=false",
            f"/users/{{owner}}/projects{_GITLAB_PAGE}",
        ),
        git_user="oauth2",
        repo_url_parts=(("repo", "owner"), ("project",)),
        browse="/-/blob/{ref}",
        change_ref="refs/merge-requests/{number}/head",
        slug_annotation="gitlab.com/project-slug",
        webhook=Webhook(
            "x-gitlab-token",
            is_signed=False,
            deliveries=("idempotency-key", "x-gitlab-event-uuid"),
            event="x-gitlab-event",
            pushes=frozenset({"Push Hook", "Tag Push Hook", "System Hook"}),
        ),
    ),
    # Gitea and Forgejo.
    Forge(
        "gitea",
        other_hosts=("codeberg.org",),
        host_words=("gitea", "forgejo", "codeberg"),
        api_path="/api/v1",
        auth_word="token",
        page_size="limit",
        listings=("/orgs/{owner}/repos?limit=50&page=1", "/users/{owner}/repos?limit=50&page=1"),
        browse="/src/branch/{ref}",
        change_ref="refs/pull/{number}/head",
        webhook=Webhook(
            "x-gitea-signature",
            is_signed=True,
            deliveries=("x-gitea-delivery",),
            event="x-gitea-event",
            pushes=frozenset({"push"}),
            ping="ping",
        ),
    ),
    # Bitbucket Cloud.
    Forge(
        "bitbucket",
        host="bitbucket.org",
        host_words=("bitbucket",),
        public_api="https://api.bitbucket.org/2.0",
        api_path="/2.0",
        list_member="values",
        page_size="pagelen",
        git_user="x-token-auth",
        named_git_user="x-bitbucket-api-token-auth",
        owner_parts=("workspace",),
        repo_url_parts=(("workspace", "project", "repo"),),
        browse="/src/{ref}",
        slug_annotation="bitbucket.org/project-slug",
        webhook=Webhook(
            "x-hub-signature",
            is_signed=True,
            prefix="sha256=",
            deliveries=("x-request-uuid", "x-request-id"),
            event="x-event-key",
            pushes=frozenset({"repo:push"}),
            ping="diagnostics:ping",
        ),
    ),
    # Bitbucket Data Center.
    Forge(
        "bitbucket-server",
        api_path="/rest/api/1.0",
        list_member="values",
        page_size="limit",
        git_user="x-token-auth",
        owner_parts=("project",),
        remote_path=r"(?:.+/)?scm/(?P<owner>[^/]+)/(?P<repo>[^/]+?)(?:\.git)?/?",
        repo_url_parts=(("project", "repo"),),
        change_ref="refs/pull-requests/{number}/from",
    ),
    # Azure DevOps.
    Forge(
        "azure",
        host="dev.azure.com",
        host_words=("dev.azure.com",),
        api_path="/",
        auth_word="Basic",
        api_query={"api-version": "6.0"},
        list_member="value",
        page_size="$top",
        owner_parts=("organization", "project"),
        remote_path=r"(?P<owner>[^/]+/[^/]+)/_git/(?P<repo>[^/]+?)/?",
        repo_url_parts=(("project", "repo"),),
        change_ref="refs/pull/{number}/merge",
        slug_annotation="dev.azure.com/project-slug",
    ),
    Forge(
        "gerrit",
        api_path="/a",
        auth_word="Basic",
        json_prefix=")]}'",
        owner_parts=(),
        has_nested_names=True,
    ),
)
#: The rows by type.
FORGES: Mapping[str, Forge] = {forge.type: forge for forge in _ROWS}
#: The defaults for a forge of unknown type.
UNKNOWN = Forge("")
#: The public servers of all types.
PUBLIC_HOSTS = tuple(host for forge in _ROWS for host in forge.hosts)
#: Every form of ``change_ref``, once.
CHANGE_REFS = tuple(dict.fromkeys(forge.change_ref for forge in _ROWS if forge.change_ref))
