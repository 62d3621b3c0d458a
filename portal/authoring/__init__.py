"""Templates on a terminal: rendered, proved, and made into projects.

Nothing here serves anybody; it stands on the scaffolder, whose runner and whose
rules are the server's.

::

    folder -> offline (rendered by the server's runner)
    finding, offline -> rules -> proof -> terminal -> commands -> new_command
    new_command -> update_command
"""
