"""The declarations of all settings: name, type, default and meaning.

The fields of ``Config`` are the declarations. The table of settings and the page
``docs/operators/configuration.md`` are made from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields
from pathlib import Path

from portal.config.declaring import Setting
from portal.config.declaring import setting
from portal.config.derived import MIN_TOKEN
from portal.config.protection import Protection
from portal.config.signing_in import BACKSTAGE_ISSUERS
from portal.config.signing_in import IDENTITY_PROXIES
from portal.config.signing_in import OIDC_PROVIDERS
from portal.config.signing_in import BackstageIssuer
from portal.config.signing_in import IdentityProxy
from portal.config.signing_in import OidcProvider
from portal.config.sources import HOST_TOKENS
from portal.config.sources import INTEGRATIONS
from portal.config.sources import LABELS
from portal.config.sources import PROVIDERS
from portal.config.sources import PROXIES
from portal.config.sources import SOURCES
from portal.config.sources import WEBHOOK_SECRETS
from portal.config.sources import Integration
from portal.config.sources import Provider
from portal.config.sources import Proxy
from portal.config.sources import Source
from portal.config.values import FOLDER
from portal.config.values import PUBLIC_ADDRESS
from portal.config.values import SWITCH
from portal.config.values import TEXT
from portal.config.values import TEXTS
from portal.config.values import USER_REF
from portal.config.values import matching
from portal.config.values import number
from portal.config.values import one_of
from portal.config.values import optional
from portal.config.values import whole_number
from portal.forges import PUBLIC_HOSTS

#: The minimal length of the key for the secrets of tasks, in characters.
MIN_TASK_KEY = 32
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Config(Protection):
    """The settings in force, in the order ``portal.yaml`` is best written in."""

    host: str = setting(
        "127.0.0.1",
        TEXT,
        "Address to listen on. Anything but loopback needs a `service_token`, or people who "
        "[sign in](signing-in.md).",
    )
    port: int = setting(
        7007,
        whole_number(0, 65_535),
        "Port to listen on; 0 takes a free one.",
    )
    data_dir: Path = setting(
        Path(".portal"),
        FOLDER,
        "Folder for the database, the git mirrors and the search index. The default lies "
        "beside the configuration file; any other path is relative to the folder the portal "
        "is started in.",
    )
    database_url: str = setting(
        "",
        TEXT,
        "SQLAlchemy URL, such as `postgresql+psycopg://user@host/db`; empty keeps a SQLite "
        "file in `data_dir`.",
        secret=True,
    )
    sources: tuple[Source, ...] = setting(
        (),
        SOURCES,
        "Git repositories to read, see [below](#a-source). Empty means the checkout the "
        "portal runs from, else the glossary bundled with it.",
    )
    sync_interval: float = setting(
        60.0,
        number(1, _DAY),
        "Seconds between two looks at each source.",
    )
    sources_at_once: int = setting(
        8,
        whole_number(1, 64),
        "Sources that are asked at the same time; only one is written at a time.",
    )
    jobs: str = setting(
        "threads",
        one_of("threads", "procrastinate"),
        "Who hands out work: the `threads` of each worker, or `procrastinate`, an engine on "
        "PostgreSQL, among [workers of many machines](cluster.md).",
    )
    worker_labels: tuple[str, ...] = setting(
        (),
        LABELS,
        "What sources that are [pinned to workers](cluster.md#pinned-sources) name this machine's "
        "workers by, one or more.",
    )
    providers: tuple[Provider, ...] = setting(
        (),
        PROVIDERS,
        "Organisations, groups or users of a forge whose repositories are sources, see "
        "[Discovery](discovery.md).",
    )
    discovery_interval: float = setting(
        300.0,
        number(1, _DAY),
        "Seconds between two looks at each provider's list of repositories.",
    )
    webhook_secrets: Mapping[str, str] = setting(
        {},
        WEBHOOK_SECRETS,
        "Forge to the name of the variable that holds the secret its [webhooks](webhooks.md) "
        "are signed with.",
    )
    git_timeout: float = setting(
        120.0,
        number(1, 3_600),
        "Seconds one git command may take before it is ended.",
    )
    removal_share: float = setting(
        0.2,
        number(0, 1),
        "A commit that would remove a larger share of a source's entities is held until it is "
        "confirmed; a single removal never is. 1 holds nothing.",
    )
    web_processes: int = setting(
        0,
        whole_number(0, 64),
        "Processes that answer requests; 0 starts one for each processor, four at most.",
    )
    threads: int = setting(
        4,
        whole_number(1, 256),
        "Requests answered at the same time by one process: so many that read, and as many that "
        "write or ask others ([limits](running.md#many-clients)).",
    )
    request_timeout: float = setting(
        30.0,
        number(1, 3_600),
        "Seconds within which a whole request has to arrive; then its connection is closed.",
    )
    streams_at_once: int = setting(
        64,
        whole_number(1, 1_000),
        "Clients that may wait for [events of tasks](running.md#tasks) at one process at the same "
        "time; they take no threads from other requests.",
    )
    tasks_at_once: int = setting(
        4,
        whole_number(0, 64),
        "Tasks a worker runs at the same time; 0 runs none.",
    )
    task_timeout: float = setting(
        86_400.0,
        number(1, 30 * _DAY),
        "Seconds a task may take before it is ended.",
    )
    task_key: str = setting(
        "",
        optional(
            matching(rf"(?s).{{{MIN_TASK_KEY},}}", f"{MIN_TASK_KEY} or more random characters")
        ),
        "What the [secrets of tasks](running.md#tasks) are encrypted with while these run; "
        "empty keeps a key in `data_dir`. Best set in the environment.",
        secret=True,
    )
    cache_bytes: int = setting(
        16 * 1024 * 1024,
        whole_number(0, 2**34),
        "Memory for answers of the current generation; 0 keeps none.",
    )
    read_model_bytes: int = setting(
        96 * 1024 * 1024,
        whole_number(0, 2**40),
        "Memory of one web process for what filters, orders and facets look at; what does not "
        "fit is read from the database each time it is asked for.",
    )
    search_engine: str = setting(
        "whoosh",
        one_of("whoosh", "sqlite", "postgresql"),
        "What the search index is made of ([which one "
        "when](../search-quality.md#which-engine)). After a change the index is built anew at "
        "the start.",
    )
    search_analyzer: str = setting(
        "suffixes",
        one_of("suffixes", "mecab"),
        "How Korean words lose their particles and endings: `suffixes`, by a list, or "
        "`mecab`, by a dictionary, which has to be installed ([what it "
        "gains](../search-quality.md#korean-with-a-dictionary)). After a change the index is "
        "built anew at the start.",
    )
    techdocs_folder: str = setting(
        "",
        TEXT,
        "Folder of documentation that was [built elsewhere](documentation.md#built-elsewhere), as "
        "`techdocs-cli` publishes it; such a site is shown instead of the pages of its entity.",
    )
    metadata_bytes: int = setting(
        65_536,
        whole_number(1_000, 2**24),
        "Bytes an annotation may have, or any other text in an entity's `metadata` but its "
        "description; an entity with a larger one is refused.",
    )
    metadata_members: int = setting(
        1_000,
        whole_number(100, 100_000),
        "Tags an entity may have; likewise labels, annotations and links. An entity with more "
        "is refused.",
    )
    listed_description: int = setting(
        2_000,
        whole_number(0, 2**24),
        "Characters of a description that lists of entities show; the rest is where the entity "
        "is asked for by its name. 0 shows all.",
    )
    ai_model: bool = setting(
        True,
        SWITCH,
        "Know the kind `AiResource`, and APIs of type `mcp-server` ([what they "
        "are](../users/linking-services.md#skills-rules-and-mcp-servers)), as Backstage does "
        "with its ai-model module.",
    )
    location_hosts: tuple[str, ...] = setting(
        PUBLIC_HOSTS,
        TEXTS,
        "Hosts, with `:port` where it matters, that [registered "
        "locations](sources.md#registered-locations) may be read from.",
    )
    reading_allow: tuple[str, ...] = setting(
        (),
        TEXTS,
        "Plain web servers, with `:port` where it matters, without git, that single files "
        "[may be registered from](sources.md#registered-locations), and placeholders such as "
        "`$text` may read.",
    )
    location_kinds: tuple[str, ...] = setting(
        ("Component", "API", "Location"),
        TEXTS,
        "Kinds that registered locations may define; empty allows all.",
    )
    evidence: bool = setting(
        True,
        SWITCH,
        "Look into the repositories of services for [evidence of concepts](evidence.md).",
    )
    evidence_hosts: tuple[str, ...] = setting(
        (),
        TEXTS,
        "Hosts, with `:port` where it matters, of which repositories are [mirrored for their "
        "evidence](evidence.md) that are no sources; their tokens are those of `host_tokens`.",
    )
    evidence_interval: float = setting(
        300.0,
        number(1, _DAY),
        "Seconds between two looks at such a repository.",
    )
    evidence_timeout: float = setting(
        300.0,
        number(1, 3_600),
        "Seconds one scan of a service may take; what is not read then is told.",
    )
    host_tokens: Mapping[str, str] = setting(
        {},
        HOST_TOKENS,
        "For registered locations: host to the name of the variable that holds the token for "
        "reading from it; also for [publishing](publishing.md#with-whose-rights), where no "
        "integration has one.",
    )
    publish_hosts: tuple[str, ...] = setting(
        PUBLIC_HOSTS,
        TEXTS,
        "Hosts, with `:port` where it matters, that templates may [publish to](publishing.md).",
    )
    integrations: tuple[Integration, ...] = setting(
        (),
        INTEGRATIONS,
        "Forges beside the known ones, their tokens, and [what these are for]"
        "(publishing.md#whom-your-tokens-are-lent-to): `host`, `type`, `api`, `token_env`, `user`, "
        "`templates`, `targets` and `user_token`, see [Publishing](publishing.md#forges).",
    )
    proxies: tuple[Proxy, ...] = setting(
        (),
        PROXIES,
        "Servers that templates may send requests to: `name`, `target`, `methods`, `token_env`, "
        "`token_header` and `templates`, see [Publishing](publishing.md#requests-of-templates).",
    )
    readonly: bool = setting(
        False,
        SWITCH,
        "Refuse to register, change or remove locations.",
    )
    cors_origins: tuple[str, ...] = setting(
        (),
        TEXTS,
        "Origins of browser apps that may call the API, as globs: `https://*.example.org`.",
    )
    allowed_hosts: tuple[str, ...] = setting(
        (),
        TEXTS,
        "Names that requests may call the portal by, in `Host`, beside those of this machine and "
        "of `base_url`; globs without ports: `*.example.org`.",
    )
    base_url: str = setting(
        "",
        optional(PUBLIC_ADDRESS),
        "Address at which clients reach the portal, such as `https://portal.example.org`; "
        "empty means http on `host` and `port`. User tokens are good for this address only "
        "([signing in](signing-in.md)).",
    )
    guest_access: str = setting(
        "auto",
        one_of("auto", "always", "never"),
        "Who may sign in as guest: `auto` lets anybody, but only on loopback, without a "
        "`service_token` and where nobody signs in otherwise; `always`; `never`.",
    )
    guest_user: str = setting(
        "user:development/guest",
        USER_REF,
        "The user that guests are; one of the catalog brings its groups along.",
    )
    oidc_providers: tuple[OidcProvider, ...] = setting(
        (),
        OIDC_PROVIDERS,
        "Providers of OpenID Connect that people [sign in with](signing-in.md#openid-connect).",
    )
    identity_proxies: tuple[IdentityProxy, ...] = setting(
        (),
        IDENTITY_PROXIES,
        "Proxies that sign people in and [say in headers](signing-in.md#a-proxy) who they are.",
    )
    backstage_issuers: tuple[BackstageIssuer, ...] = setting(
        (),
        BACKSTAGE_ISSUERS,
        "Backstages whose [user tokens](signing-in.md#tokens-of-a-backstage) are accepted.",
    )
    identity_sources: tuple[str, ...] = setting(
        (),
        TEXTS,
        "Sources, and providers of sources, whose users and groups [people "
        "are](signing-in.md#users-and-groups); empty means the configured sources. Those of "
        "registered locations never count.",
    )
    inherited_groups: bool = setting(
        False,
        SWITCH,
        "Whether users also own what the parents of their groups own; Backstage counts direct "
        "groups only.",
    )
    unlisted_users: bool = setting(
        False,
        SWITCH,
        "Whether people may sign in whom the catalog has no user for; they have no groups.",
    )
    session_lifetime: float = setting(
        43_200.0,
        number(300, 30 * _DAY),
        "Seconds after which people have to sign in again.",
    )
    service_token: str = setting(
        "",
        optional(matching(rf"(?s).{{{MIN_TOKEN},}}", f"{MIN_TOKEN} or more characters")),
        "Token callers must show. Best set in the environment.",
        secret=True,
    )


_OF_PARTS = {one.name for one in fields(Protection)}
#: Every setting by its name, made from the fields of ``Config``; its own come first.
SETTINGS = {
    one.name: Setting(one.name, **one.metadata)
    for one in sorted(fields(Config), key=lambda one: one.name in _OF_PARTS)
}
