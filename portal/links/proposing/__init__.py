"""A concept that is suggested becomes a claim of the service: a change of its descriptor.

::

    descriptor_change (text to text) -> service
"""
