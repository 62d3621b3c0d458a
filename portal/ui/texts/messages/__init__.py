"""Messages and hints about content, which the catalog keeps in English, in Korean.

::

    descriptors, content, yaml_syntax -> korean
"""
