"""Who people are: what vouches for them, and which user of the catalog they are.

::

    resolvers (claims to a user of the catalog)
    provider_http (what Authlib sends with), remote_keys (public keys of others) -> oidc
    resolvers -> oidc (a provider of OpenID Connect)
    remote_keys -> issuers (tokens of others)
    issuers, resolvers -> proxies (headers of a proxy)
    cookies (names and attributes), resolvers -> pending (on the way back from a provider)
    pending -> sessions (signed in until)
    sessions, proxies, issuers, remote_keys, resolvers -> people
"""
