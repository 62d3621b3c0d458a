"""Programs and their named tokens.

::

    tokens (what a token is made of) -> store (which there are)
"""
