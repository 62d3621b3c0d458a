"""Access to forges: hosts, tokens, addresses, APIs; their constants are in ``portal.forges``.

::

    tokens, lending (whether a template gets one) -> hosts (which forge, which token)
    hosts -> pages, repo_urls
    addresses -> pages
    hosts -> clients (their APIs)
    ref_names
"""
