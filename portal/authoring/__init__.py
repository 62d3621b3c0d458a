"""Templates on a terminal: rendered, proved, and made into projects.

Nothing here serves anybody; it stands on the scaffolder, whose runner and whose
rules are the server's.

::

    folder -> offline (rendered by the server's runner), former (as a commit has it)
    finding, offline -> rules -> proof -> terminal -> commands -> new_command
    former, differences -> proof
    new_command -> update_command
"""
