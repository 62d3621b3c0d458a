"""Permissions: who may do what, asked at every door.

::

    permissions (every one) -> rules (what conditions are made of) -> conditions (trees of rules)
    conditions -> policy (allow, deny, or on a condition) -> access (of the caller)
    access -> gatekeeper (before every route)
    conditions -> files (policies in files)
    policy -> files
    policy -> authorize (decisions for frontends) -> api
    schemas -> api
"""
