"""Rules a template is held to, before and after it is rendered.

::

    references -> skeletons
    snapshot -> tree_rules
    form_rules, skeletons, snapshot -> template_rules
"""
