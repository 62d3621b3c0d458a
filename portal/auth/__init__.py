"""Who is asking, how they prove it, and what they may do.

::

    identity (a principal) -> policy (may they?)
    tables -> keys (made, kept, rotated) -> tokens (signed, verified)
    -> service -> gate (every request passes) -> schemas, permissions -> api
"""
