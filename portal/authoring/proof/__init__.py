"""A template is tested: its cases are rendered and compared, its projects' tests are run.

::

    cases -> goldens
    goldens, project_tests -> proof
"""
