"""A template is tested: its cases are rendered and compared, its projects' tests are run.

::

    cases -> goldens
    cases -> renderings (what an update merges) -> merged (what comes out)
    merged, options, project_tests -> updates
    goldens, updates -> proof
"""
