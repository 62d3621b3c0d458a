"""The scaffolder: a template entity becomes files.

    template entity ─► parameters ─► steps ─► actions ─► file tree
       template        parameters    runner   actions/   tree

What stands between ``${{`` and ``}}`` is the matter of ``expressions`` alone.
"""
