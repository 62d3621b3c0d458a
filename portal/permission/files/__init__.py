"""Policies in files, in the form operators of Red Hat Developer Hub know.

::

    lines (one line of a policy, and what is wrong with one)
    lines -> csv_lines (permissions and members of roles), yaml_conditions
    csv_lines, yaml_conditions -> shipped (the policies that come with the portal)
    lines -> role_policy (decides by them)
    shipped, role_policy -> loading (read, and read again when a file changes)
"""
