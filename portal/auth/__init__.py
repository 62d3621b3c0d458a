"""Authentication: who calls.

::

    tables -> keys (made, kept, rotated) -> tokens (signed, verified)
    verified_tokens (what was verified) -> tokens, people
    tables, keys, identity (a principal) -> people (who vouches for whom)
    tables, keys, identity -> programs (named tokens)
    identity, keys, people, programs, tokens -> service
    service, people, identity -> gate (every request passes)
    people, service, gate, identity -> signing_in (with a provider)
    gate, schemas, signing_in, service, tokens -> api
    people, programs, service, signing_in -> composition (of the settings)
"""
