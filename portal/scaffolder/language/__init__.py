"""Backstage's extensions of the templating language, and rendering of values with them.

::

    extensions -> extension_documents, rendering
    jsonata -> jsonata_process (another language, evaluated in a process of its own)
"""
