"""Registering of locations, and validation of entities without storing them.

::

    validation -> service
"""
