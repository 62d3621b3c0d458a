"""Templates on a terminal: rendered, proved, and made into projects.

Nothing here serves anybody; it stands on the scaffolder, whose runner and whose
rules are the server's.
"""
