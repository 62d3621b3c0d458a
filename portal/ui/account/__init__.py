"""Signing in and out, who one is, and the pages of those who administer the portal.

::

    frame -> pages (signing in and out, who one is), tokens (of programs), audit (who did what)
"""
