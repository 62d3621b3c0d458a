"""The catalog's REST API.

::

    schemas -> entities, explanations
    schemas, location_schemas -> locations
"""
