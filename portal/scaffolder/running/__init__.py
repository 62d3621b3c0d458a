"""Running the steps of a template.

::

    environment, redaction -> action -> template_files
    action, journal -> step_run -> runner
"""
