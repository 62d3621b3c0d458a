"""Templates on a terminal: questions, progress, results; and a portal asked over HTTP.

::

    questions -> interview
    remote, texts -> watch
"""
